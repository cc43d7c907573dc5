//! Who calls, by the authoriser's word.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use super::arn::SignedCaller;

/// Who calls, as the authoriser of the API vouches for it. Which person that is,
/// the directory says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A call signed with AWS credentials.
    Aws(SignedCaller),
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

    /// Whether the provider vouches for several factors: `mfa` among the `amr` of RFC
    /// 8176. The authoriser hands lists over as `[pwd mfa]`.
    pub fn mfa(&self) -> bool {
        let methods = self.claims.get("amr").map(String::as_str).unwrap_or_default();
        methods.split(|c: char| c.is_whitespace() || "[],\"".contains(c)).any(|word| word == "mfa")
    }
}

/// The address that a call came from, as rules look at it: without its zone (RFC 4007),
/// and an IPv4 address as one, however it is written. What cannot be read is `::`, which
/// is nobody's and in no range of anybody: a rule about addresses is not passed over.
pub fn address(text: &str) -> IpAddr {
    let (address, _zone) = text.split_once('%').unwrap_or((text, ""));
    let address = address.trim().trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |address| address.to_canonical())
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aws(signed) => fmt::Display::fmt(signed, f),
            Self::Token(token) => write!(f, "{} of {}", token.subject, token.issuer),
        }
    }
}
