//! The identity provider: discovery, the exchange of a code, and what an ID token
//! must be to prove anybody.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jiff::{SignedDuration, Timestamp};
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, IssuerUrl,
    Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    TokenResponse,
    core::{CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreProviderMetadata},
};
use rules::Token;
use serde_json::Value;
use service::Fault;

use super::{Attempt, http::Http};

/// How long ago somebody may have signed in.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// How much the clocks of the provider and ours may differ.
const LEEWAY: SignedDuration = SignedDuration::from_mins(1);

/// Which provider, and who we are to it.
#[derive(Clone)]
pub struct Settings {
    /// Its URL, as in the claim `iss`. The rules name it as well, with the claim that
    /// says who somebody is.
    pub issuer: String,
    /// Our name there.
    pub client: String,
    /// Our secret there, unless it takes clients without.
    pub secret: Option<String>,
    /// What stands in for the endpoints of AWS, if something does: for a provider that
    /// is AWS itself.
    pub aws_endpoint: Option<String>,
}

pub(super) struct Provider {
    issuer: IssuerUrl,
    client: ClientId,
    secret: Option<ClientSecret>,
    redirect: RedirectUrl,
    http: Http,
    /// As it was read last, with its keys.
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

    /// Where somebody signs in. They have to, whether or not they did before.
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

    /// Turns a code into an ID token, not verified yet. None if the provider does not
    /// know the code.
    pub(super) async fn exchange(
        &self,
        code: &str,
        attempt: &Attempt,
    ) -> Result<Option<String>, Fault> {
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
            Ok(tokens) => Ok(tokens.id_token().map(ToString::to_string)),
            Err(RequestTokenError::ServerResponse(refusal)) => {
                tracing::warn!(error = %refusal.error(), "the provider refused a code");
                Ok(None)
            }
            Err(error) => Err(Fault::new("sign somebody in", error)),
        }
    }

    /// What an ID token says, if it proves a sign-in of this browser minutes ago.
    pub(super) async fn verify(
        &self,
        id_token: &str,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<Option<Token>, Fault> {
        let Ok(parsed) = id_token.parse::<CoreIdToken>() else { return Ok(None) };
        let mut outcome = self.check(&parsed, attempt, now).await?;
        if let Err(ClaimsVerificationError::SignatureVerification(_)) = outcome {
            // It may have new keys.
            self.forget();
            outcome = self.check(&parsed, attempt, now).await?;
        }
        match outcome {
            Ok(()) => Ok(claims_in(id_token).and_then(Token::from_claims)),
            Err(error) => {
                tracing::info!(
                    cause = aws::telemetry::with_causes(&error),
                    "a sign-in proves nothing"
                );
                Ok(None)
            }
        }
    }

    async fn check(
        &self,
        id_token: &CoreIdToken,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<Result<(), ClaimsVerificationError>, Fault> {
        let client = CoreClient::from_provider_metadata(
            self.metadata().await?,
            self.client.clone(),
            self.secret.clone(),
        );
        let verifier = client
            .id_token_verifier()
            .set_time_fn(move || in_chrono(now))
            .set_auth_time_verifier_fn(move |at| signed_in_lately(at, now));
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

/// A sign-in that says when it was, and was not long ago.
fn signed_in_lately(at: Option<DateTime<Utc>>, now: Timestamp) -> Result<(), String> {
    let at = at.and_then(|at| Timestamp::from_second(at.timestamp()).ok());
    let at = at.ok_or("the provider does not say when it was")?;
    let age = at.duration_until(now);
    if (-LEEWAY..=FRESH).contains(&age) { Ok(()) } else { Err(format!("it was {age} ago")) }
}

fn in_chrono(now: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(now.as_second(), 0).unwrap_or_default()
}

/// Every claim of a token whose signature was verified, as text.
fn claims_in(id_token: &str) -> Option<BTreeMap<String, String>> {
    let payload = BASE64_URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1)?).ok()?;
    let claims: BTreeMap<String, Value> = serde_json::from_slice(&payload).ok()?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(claims.iter().map(|(name, value)| (name.clone(), text(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_proves_somebody_for_five_minutes_and_only_if_it_says_when_it_was() {
        let now: Timestamp = "2026-05-04T10:00:00Z".parse().unwrap();
        let lately = |ago: i64| {
            let at = now - SignedDuration::from_secs(ago);
            signed_in_lately(Some(in_chrono(at)), now).is_ok()
        };
        assert!(lately(0) && lately(300) && lately(-60));
        assert!(!lately(301) && !lately(-61));
        assert!(signed_in_lately(None, now).is_err());
    }
}
