//! Who calls, by the authoriser's word.

use std::{collections::BTreeMap, fmt};

use crate::PrincipalArn;

/// Who calls, as the authoriser of the API vouches for it. Which person that is,
/// the directory says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A call signed with AWS credentials.
    Aws(PrincipalArn),
    /// A call with a token of an identity provider (JWT).
    Token(Token),
}

/// A token whose signature, issuer and audience the authoriser has checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Who issued it: the claim `iss`.
    pub issuer: String,
    /// For whom: the claim `sub`.
    pub subject: String,
    /// Every claim, as text.
    pub claims: BTreeMap<String, String>,
}

impl Token {
    /// Reads the claims the authoriser hands over. None without issuer and subject.
    pub fn from_claims(claims: BTreeMap<String, String>) -> Option<Self> {
        let [issuer, subject] = ["iss", "sub"].map(|claim| claims.get(claim).cloned());
        Some(Self { issuer: issuer?, subject: subject?, claims })
    }

    /// Whether the provider vouches for a second factor: `amr` of RFC 8176.
    pub fn mfa(&self) -> bool {
        let words =
            self.claims.get("amr").map(|amr| amr.split(|c: char| !c.is_ascii_alphanumeric()));
        words.is_some_and(|mut words| words.any(|word| matches!(word, "mfa" | "otp" | "hwk")))
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aws(arn) => fmt::Display::fmt(arn, f),
            Self::Token(token) => write!(f, "{} of {}", token.subject, token.issuer),
        }
    }
}
