//! The ids of requests, which are opaque, and of entitlements, which are readable.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The reason why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdError {
    /// Not 20 hexadecimal digits.
    #[error("a request id is 20 lower-case hexadecimal digits")]
    Request,
    /// Not a lower-case name.
    #[error(
        "an entitlement id is 1 to 64 lower-case letters, digits and hyphens, \
         and starts with a letter"
    )]
    Entitlement,
}

/// The id of one request: 80 random bits as 20 lower-case hexadecimal digits.
///
/// It is short enough for an IAM policy name and a role session name (64 characters), and long
/// enough that nobody guesses one. The store catches a collision.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestId(String);

impl RequestId {
    /// Makes an id from random bytes that the caller drew.
    pub fn from_random(bytes: [u8; 10]) -> Self {
        Self(hex::encode(bytes))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RequestId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() == 20 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if fits { Ok(Self(text.to_owned())) } else { Err(IdError::Request) }
    }
}

/// The id of one entry of the catalogue, such as `orders-read`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntitlementId(String);

impl EntitlementId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EntitlementId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=64).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if fits { Ok(Self(text.to_owned())) } else { Err(IdError::Entitlement) }
    }
}

/// Writes a type of checked text as its text, and checks it again when it is read.
macro_rules! written_as_text {
    ($($name:ident: $error:ty),* $(,)?) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    )*};
}

written_as_text!(RequestId: IdError, EntitlementId: IdError);
pub(crate) use written_as_text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_with_a_path_in_it_is_not_an_id() {
        let id = RequestId::from_random([0xab; 10]);
        assert_eq!(id.as_str(), "abababababababababab");
        assert_eq!(id.as_str().parse(), Ok(id));
        for wrong in ["", "../../etc/passwd", "ABABABABABABABABABAB", "abababababababababab/"] {
            assert_eq!(wrong.parse::<RequestId>(), Err(IdError::Request), "{wrong}");
        }
    }

    #[test]
    fn an_entitlement_is_named_in_plain_lower_case() {
        assert!("orders-read".parse::<EntitlementId>().is_ok());
        let long = "a".repeat(65);
        for wrong in ["", "-x", "9x", "Orders", "orders read", "órders", "a/b", &long] {
            assert_eq!(wrong.parse::<EntitlementId>(), Err(IdError::Entitlement), "{wrong}");
        }
    }
}
