//! The identity provider: discovery, the exchange of a code, and the checks of an ID token.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jiff::{SignedDuration, Timestamp};
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, IssuerUrl,
    Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    TokenResponse,
    core::{
        CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreIdToken,
        CoreProviderMetadata,
    },
};
use rules::directory::Token;
use serde_json::Value;
use service::Fault;

use super::{Attempt, http::Http, unproven::SignInProblem};

/// The largest difference between the provider's clock and ours.
const LEEWAY: SignedDuration = SignedDuration::from_mins(1);

/// The provider, and our credentials with it.
#[derive(Clone)]
pub struct Settings {
    /// Its URL, as in the claim `iss`. The rules name it as well, with the claim that identifies a
    /// person.
    pub issuer: String,
    /// Our client id.
    pub client: String,
    /// Our client secret, or `None` if the provider accepts clients without one.
    pub secret: Option<String>,
    /// The URL that replaces the endpoints of AWS, if set, for a provider that is AWS itself.
    pub aws_endpoint: Option<String>,
}

pub(super) struct Provider {
    issuer: IssuerUrl,
    client: ClientId,
    secret: Option<ClientSecret>,
    redirect: RedirectUrl,
    http: Http,
    /// The metadata as it was last read, with the keys.
    known: Mutex<Option<CoreProviderMetadata>>,
}

impl Provider {
    pub(super) fn new(settings: Settings, redirect: String) -> Result<Self, Fault> {
        Ok(Self {
            issuer: IssuerUrl::new(settings.issuer).map_err(wrong)?,
            client: ClientId::new(settings.client),
            secret: settings.secret.map(ClientSecret::new),
            redirect: RedirectUrl::new(redirect).map_err(wrong)?,
            http: Http::new(settings.aws_endpoint.as_deref())?,
            known: Mutex::new(None),
        })
    }

    /// The URL where a person signs in. They have to, even if they are signed in already.
    pub(super) async fn authorization_url(&self, attempt: &Attempt) -> Result<String, Fault> {
        let client =
            CoreClient::from_provider_metadata(self.metadata().await?, self.client.clone(), None)
                .set_redirect_uri(self.redirect.clone());
        let verifier = PkceCodeVerifier::new(attempt.verifier());
        let (state, nonce) = (attempt.state(), attempt.nonce());
        let (url, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(state),
                || Nonce::new(nonce),
            )
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .add_prompt(CoreAuthPrompt::Login)
            .set_max_age(Duration::ZERO)
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url.into())
    }

    /// Turns a code into an ID token, not verified yet.
    pub(super) async fn exchange(
        &self,
        code: &str,
        attempt: &Attempt,
    ) -> Result<Result<String, SignInProblem>, Fault> {
        let client = CoreClient::from_provider_metadata(
            self.metadata().await?,
            self.client.clone(),
            self.secret.clone(),
        )
        .set_redirect_uri(self.redirect.clone());
        let exchanged = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| Fault::new("sign somebody in", error))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier()))
            .request_async(&self.http)
            .await;
        match exchanged {
            Ok(tokens) => {
                Ok(tokens.id_token().map(ToString::to_string).ok_or(SignInProblem::Refused))
            }
            Err(RequestTokenError::ServerResponse(refusal)) => {
                let error = refusal.error();
                let known = !matches!(error, CoreErrorResponseType::Extension(_));
                let error = if known { error.as_ref() } else { "one of its own" };
                tracing::warn!(error, "the provider refused a code");
                Ok(Err(SignInProblem::Refused))
            }
            // An answer may hold tokens even if it is wrong, so it goes into no fault and no log.
            Err(RequestTokenError::Parse(..)) => {
                Err(Fault::new("sign somebody in", "the provider's answer cannot be read"))
            }
            Err(RequestTokenError::Other(_)) => {
                Err(Fault::new("sign somebody in", "the provider's answer is none"))
            }
            Err(RequestTokenError::Request(error)) => Err(Fault::new("sign somebody in", error)),
        }
    }

    /// The claims of an ID token, if it proves a sign-in of this browser whose age is at most
    /// `longest`.
    pub(super) async fn verify(
        &self,
        id_token: &str,
        attempt: &Attempt,
        (longest, now): (SignedDuration, Timestamp),
    ) -> Result<Result<Token, SignInProblem>, Fault> {
        let Ok(parsed) = id_token.parse::<CoreIdToken>() else {
            return Ok(Err(SignInProblem::Wrong));
        };
        let mut outcome = self.check(&parsed, attempt, (longest, now)).await?;
        if let Err(ClaimsVerificationError::SignatureVerification(_)) = outcome {
            // The provider may have new keys.
            self.forget();
            outcome = self.check(&parsed, attempt, (longest, now)).await?;
        }
        let claims = || claims_in(id_token).and_then(Token::from_claims);
        Ok(outcome.map_err(SignInProblem::from).and_then(|()| claims().ok_or(SignInProblem::Wrong)))
    }

    async fn check(
        &self,
        id_token: &CoreIdToken,
        attempt: &Attempt,
        (longest, now): (SignedDuration, Timestamp),
    ) -> Result<Result<(), ClaimsVerificationError>, Fault> {
        let client = CoreClient::from_provider_metadata(
            self.metadata().await?,
            self.client.clone(),
            self.secret.clone(),
        );
        let verifier = client
            .id_token_verifier()
            .set_time_fn(move || in_chrono(now))
            .set_auth_time_verifier_fn(move |at| signed_in_lately(at, longest, now));
        Ok(id_token.claims(&verifier, &Nonce::new(attempt.nonce())).map(|_| ()))
    }

    async fn metadata(&self) -> Result<CoreProviderMetadata, Fault> {
        if let Some(known) = self.known.lock().ok().and_then(|known| known.clone()) {
            return Ok(known);
        }
        let found = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http)
            .await
            .map_err(|error| Fault::new("ask the identity provider who it is", error))?;
        if let Ok(mut known) = self.known.lock() {
            *known = Some(found.clone());
        }
        Ok(found)
    }

    fn forget(&self) {
        if let Ok(mut known) = self.known.lock() {
            *known = None;
        }
    }
}

fn wrong(error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    Fault::new("read the settings of the sign-in", error)
}

/// The error of the time check if the token names no time.
const NO_TIME: &str = "the provider does not say when it was";

/// Checks that a sign-in names its time and is not older than `longest`.
fn signed_in_lately(
    at: Option<DateTime<Utc>>,
    longest: SignedDuration,
    now: Timestamp,
) -> Result<(), String> {
    let at = at.and_then(|at| Timestamp::from_second(at.timestamp()).ok()).ok_or(NO_TIME)?;
    let age = at.duration_until(now);
    if (-LEEWAY..=longest).contains(&age) { Ok(()) } else { Err(format!("it was {age} ago")) }
}

/// Translates the error for the person who tried. The error may quote the token, so it is dropped.
impl From<ClaimsVerificationError> for SignInProblem {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a wildcard may refuse")]
    fn from(error: ClaimsVerificationError) -> Self {
        let unproven = match error {
            ClaimsVerificationError::InvalidAuthTime(said) if said == NO_TIME => Self::Timeless,
            ClaimsVerificationError::InvalidAuthTime(_) | ClaimsVerificationError::Expired(_) => {
                Self::Stale
            }
            _ => Self::Wrong,
        };
        tracing::info!(?unproven, "a sign-in proves nobody");
        unproven
    }
}

fn in_chrono(now: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(now.as_second(), 0).unwrap_or_default()
}

/// The claims of a token as text. Its signature must have been verified.
fn claims_in(id_token: &str) -> Option<BTreeMap<String, String>> {
    let payload = BASE64_URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1)?).ok()?;
    let claims: BTreeMap<String, Value> = serde_json::from_slice(&payload).ok()?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(claims.iter().map(|(name, value)| (name.clone(), text(value))).collect())
}

#[cfg(test)]
mod tests;
