//! The link in a mail: its holder may decide for its addressee, once.

use std::{fmt, str::FromStr};

use domain::value::{Digest, Person, RequestId};
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    Fault,
    ports::{Links, Snapshot},
};

/// A link as it is stored: under the digest of its secret, never with the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The digest of the secret.
    pub digest: Digest,
    /// The request it is about.
    pub request: RequestId,
    /// The approver whose decision it carries.
    pub approver: Person,
    /// The time zone in which the approver reads times.
    pub zone: TimeZone,
    /// The end of its life: the first instant at which it is worth nothing.
    pub expires_at: Timestamp,
}

/// The last part of a link's path: `<request>.<64 hexadecimal digits>`.
///
/// It names the request so that its page takes one read. The holder of a token can decide, so we
/// never log or keep it. [`reveal`](Self::reveal) writes it into the mail, the path of the sign-in,
/// the cookie of an attempt to sign in, and the redirect back to the page.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken {
    request: RequestId,
    secret: [u8; 32],
}

impl LinkToken {
    /// Makes a token from 32 random bytes that the caller drew.
    pub fn from_random(request: RequestId, secret: [u8; 32]) -> Self {
        Self { request, secret }
    }

    /// The request the token claims to be about.
    pub fn request(&self) -> &RequestId {
        &self.request
    }

    /// The digest of the secret, which is stored.
    pub fn digest(&self) -> Digest {
        Digest::of_bytes("portcullis/link/v1", &[&self.secret])
    }

    /// The token itself, for the mail.
    pub fn reveal(&self) -> String {
        format!("{}.{}", self.request, hex::encode(self.secret))
    }
}

/// Follows a link to its request. None unless the link is valid.
///
/// Law 14: from outside, a link that was invented, belongs to another request or has expired
/// looks the same.
pub async fn follow(
    links: &impl Links,
    token: &LinkToken,
    now: Timestamp,
) -> Result<Option<(Link, Snapshot)>, Fault> {
    let found = links.follow(token).await?;
    Ok(found.filter(|(link, found)| link.request == *found.request.id() && now < link.expires_at))
}

impl FromStr for LinkToken {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (request, secret) = text.split_once('.')?;
            let mut bytes = [0; 32];
            hex::decode_to_slice(secret, &mut bytes).ok()?;
            Some(Self { request: request.parse().ok()?, secret: bytes })
        };
        read().ok_or("not a link of ours")
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.…", self.request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_the_mail_and_cannot_be_printed() {
        let token = LinkToken::from_random(RequestId::from_random([1; 10]), [0xee; 32]);
        assert_eq!(token.reveal().parse(), Ok(token.clone()));
        assert_eq!(format!("{token:?}"), "01010101010101010101.…");
    }

    #[test]
    fn a_truncated_long_or_invented_token_is_none() {
        let whole = LinkToken::from_random(RequestId::from_random([1; 10]), [0xee; 32]).reveal();
        let cut = &whole[..whole.len() - 1];
        for wrong in ["", ".", "x.y", cut, &format!("{whole}00"), &"e".repeat(1_000_000)] {
            assert!(wrong.parse::<LinkToken>().is_err());
        }
    }
}
