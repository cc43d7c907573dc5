//! A person, named by mail address.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::id::written_as_text;

/// The reason why a text is not a person's address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a person is named by a plain mail address such as `ann@example.com`")]
pub struct PersonError;

/// One human being, named by their mail address in lower case.
///
/// People are compared, counted and kept from approving their own requests by this name alone,
/// never by the ARN or the link that they come with.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Person(String);

impl Person {
    /// The mail address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address as the `SourceIdentity` of a session, which AWS writes into its own record of
    /// each call. `None` for the few addresses that do not fit into one.
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
    pub fn source_identity(&self) -> Option<&str> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        (self.0.len() <= 64 && self.0.chars().all(fits)).then_some(&self.0)
    }
}

impl FromStr for Person {
    type Err = PersonError;

    /// Accepts the dot-atom form of RFC 5322, ASCII only, so that no mail header, log or page can
    /// read more than an address into it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.to_ascii_lowercase();
        let (local, domain) = text.split_once('@').ok_or(PersonError)?;
        let atom = |part: &str, extra: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
        };
        let fits = text.len() <= 254
            && local.len() <= 64
            && local.split('.').all(|part| atom(part, "!#$%&'*+-/=?^_`{|}~"))
            && domain.contains('.')
            && domain.split('.').all(|label| atom(label, "-"));
        if fits { Ok(Self(text)) } else { Err(PersonError) }
    }
}

written_as_text!(Person: PersonError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_is_one_name_however_it_is_typed() {
        assert_eq!("Ann@Example.COM".parse::<Person>(), "ann@example.com".parse());
    }

    #[test]
    fn an_address_cannot_smuggle_a_header_or_a_second_address() {
        for wrong in [
            "",
            "ann",
            "ann@",
            "@example.com",
            "ann@example",
            "ann@example.com\r\nBcc: eve@example.com",
            "ann@example.com, eve@example.com",
            "Ann <ann@example.com>",
            "a@b@example.com",
            "ann..x@example.com",
            "änn@example.com",
        ] {
            assert_eq!(wrong.parse::<Person>(), Err(PersonError), "{wrong}");
        }
    }
}
