//! The sign-in before an answer, for the entries of the catalogue that want one.
//!
//! # Theory of operation
//!
//! ```text
//! page ─▶ GET /approvals/{token}/sign-in ─▶ provider ─▶ GET /sign-in ─▶ page, with its form
//! ```
//!
//! `OpenID` Connect, authorization code with PKCE (RFC 7636). We store nothing, and no GET
//! writes (law 13). One random secret has to be remembered on the way. It stands in a cookie of
//! the browser that began ([`Attempt`]), and the state, the nonce and the PKCE verifier are derived
//! from it. The ID token that comes back is kept in a cookie as well. It is verified each time
//! it is used: signature, issuer, audience, the nonce of this very browser, and that the person
//! signed in minutes ago. Each attempt has cookies of its own, so that two requests in two tabs
//! do not disturb each other.
//!
//! So a forwarded link is worth nothing without the addressee's sign-in, and a sign-in that
//! somebody else began ends in the browser where it began, or nowhere.

mod cookies;
mod http;
mod provider;
mod unproven;

use std::sync::Arc;

use domain::value::Digest;
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::HeaderMap;
use rules::directory::Token;
use service::{Fault, LinkToken};

pub use provider::Settings;
pub(crate) use unproven::SignInProblem;

use crate::sign_in::{cookies::Cookies, provider::Provider};

/// The longest age of a sign-in when the person comes back from the provider.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// The longest age of a sign-in when it is used: the person has this time to read and to answer.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(15);

/// The sign-in of a deployment.
#[derive(Clone)]
pub struct SignIn {
    provider: Arc<Provider>,
}

/// One attempt to sign in: the link it began from, and the secret that its values derive from.
#[derive(Clone)]
pub(crate) struct Attempt {
    token: LinkToken,
    secret: [u8; 32],
}

/// A redirect, with the cookies that the browser has to keep.
pub(crate) struct Onward {
    pub(crate) location: String,
    pub(crate) cookies: Vec<String>,
}

impl SignIn {
    /// Prepares the sign-in with this provider, which sends people back to a path below `base_url`.
    pub fn new(settings: Settings, base_url: &str) -> Result<Self, Fault> {
        Ok(Self { provider: Arc::new(Provider::new(settings, format!("{base_url}/sign-in"))?) })
    }

    /// The path where a sign-in for a link begins.
    pub(crate) fn path(token: &LinkToken) -> String {
        format!("/approvals/{}/sign-in", token.reveal())
    }

    /// Sends the browser to the provider.
    pub(crate) async fn begin(&self, token: LinkToken, secret: [u8; 32]) -> Result<Onward, Fault> {
        let attempt = Attempt { token, secret };
        let location = self.provider.authorization_url(&attempt).await?;
        Ok(Onward { location, cookies: vec![cookies::remember(&attempt)] })
    }

    /// The attempt of this browser that a state belongs to. The cookie may be forged, so the link
    /// in it is checked before the provider is called.
    pub(crate) fn attempt(headers: &HeaderMap, state: &str) -> Option<Attempt> {
        Cookies::of(headers).attempts().find(|attempt| attempt.began(state))
    }

    /// Finishes an attempt with the code that the provider sent the browser back with.
    pub(crate) async fn finish(
        &self,
        headers: &HeaderMap,
        (code, attempt): (&str, Attempt),
        now: Timestamp,
    ) -> Result<Result<Onward, SignInProblem>, Fault> {
        let cookies = Cookies::of(headers);
        let id_token = match self.provider.exchange(code, &attempt).await? {
            Ok(id_token) if id_token.len() > cookies::LONGEST => {
                return Ok(Err(SignInProblem::TooLarge));
            }
            Ok(id_token) => id_token,
            Err(unproven) => return Ok(Err(unproven)),
        };
        let verified = self.provider.verify(&id_token, &attempt, (FRESH, now)).await?;
        // A person who signs in again, perhaps as somebody else, is that person from now on. The
        // tokens of other attempts are dropped, because the gateway may not accept the size of two.
        let kept = cookies::keep(&attempt, &id_token);
        let dropped = cookies.id_tokens_but_of(&attempt).map(cookies::forget);
        Ok(verified.map(|_| Onward {
            location: format!("/approvals/{}", attempt.token.reveal()),
            cookies: [kept].into_iter().chain(dropped).collect(),
        }))
    }

    /// The person who signed in last in this browser, if not too long ago.
    pub(crate) async fn who(
        &self,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Result<Token, SignInProblem>, Fault> {
        let cookies = Cookies::of(headers);
        let mut outcome = Err(SignInProblem::Nobody);
        for attempt in cookies.attempts() {
            let Some(id_token) = cookies.id_token(&attempt) else { continue };
            outcome = self.provider.verify(id_token, &attempt, (GOOD_FOR, now)).await?;
            if outcome.is_ok() {
                break;
            }
        }
        Ok(outcome)
    }
}

impl Attempt {
    /// The link that the attempt began from. It is unproven, because cookies can be forged.
    pub(crate) fn token(&self) -> &LinkToken {
        &self.token
    }

    /// The name that tells the attempts of one browser apart.
    fn name(&self) -> String {
        self.derived("name").chars().take(8).collect()
    }

    fn state(&self) -> String {
        self.derived("state")
    }

    fn nonce(&self) -> String {
        self.derived("nonce")
    }

    fn verifier(&self) -> String {
        self.derived("verifier")
    }

    /// Whether the attempt began with this state. Digests are compared, so the time of the
    /// comparison reveals nothing.
    fn began(&self, state: &str) -> bool {
        let digest =
            |text: &str| Digest::of_bytes("portcullis/sign-in/compare/v1", &[text.as_bytes()]);
        digest(state) == digest(&self.state())
    }

    /// 64 hexadecimal digits that reveal neither each other nor the secret.
    fn derived(&self, what: &str) -> String {
        Digest::of_bytes("portcullis/sign-in/v1", &[what.as_bytes(), &self.secret]).to_string()
    }
}
