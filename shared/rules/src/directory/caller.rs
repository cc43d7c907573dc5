//! Callers, as the authoriser of the API reports them.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use super::arn::SignedCaller;

/// The identity in a call, as the authoriser of the API vouches for it. The directory says which
/// person it is.
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
    /// The issuer: the claim `iss`.
    pub issuer: String,
    /// The subject: the claim `sub`.
    pub subject: String,
    /// All claims, as text.
    pub claims: BTreeMap<String, String>,
}

impl Token {
    /// Reads the claims that the authoriser passes on. `None` if `iss` or `sub` is missing.
    pub fn from_claims(claims: BTreeMap<String, String>) -> Option<Self> {
        let [issuer, subject] = ["iss", "sub"].map(|claim| claims.get(claim).cloned());
        Some(Self { issuer: issuer?, subject: subject?, claims })
    }

    /// Whether the provider vouches for several factors: the claim `amr` (RFC 8176) contains `mfa`.
    /// The authoriser passes a list on as the text `[pwd mfa]`.
    pub fn mfa(&self) -> bool {
        let methods = self.claims.get("amr").map(String::as_str).unwrap_or_default();
        methods.split(|c: char| c.is_whitespace() || "[],\"".contains(c)).any(|word| word == "mfa")
    }
}

/// The source address of a call, as rules look at it: without its zone (RFC 4007), and an
/// IPv4-mapped address as IPv4. A text that is not an address becomes `::`, which is nobody's
/// address, so that a rule about addresses still applies to the call.
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
