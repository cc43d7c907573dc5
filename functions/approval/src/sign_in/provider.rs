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
mod tests {
    use domain::value::RequestId;
    use openidconnect::{
        Audience, AuthUrl, EmptyAdditionalClaims, EmptyAdditionalProviderMetadata, EndUserEmail,
        JsonWebKeyId, JsonWebKeySetUrl, PrivateSigningKey, ResponseTypes, StandardClaims,
        SubjectIdentifier,
        core::{
            CoreEdDsaPrivateSigningKey, CoreIdTokenClaims, CoreJsonWebKeySet,
            CoreJwsSigningAlgorithm, CoreResponseType, CoreSubjectIdentifierType,
        },
    };
    use service::LinkToken;

    use super::*;

    const ISSUER: &str = "https://login.example.com";

    /// Keys that open nothing.
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n\
        -----END PRIVATE KEY-----\n";
    const OTHER_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA\n\
        -----END PRIVATE KEY-----\n";

    fn key(pem: &str) -> CoreEdDsaPrivateSigningKey {
        let id = JsonWebKeyId::new("one".to_owned());
        CoreEdDsaPrivateSigningKey::from_ed25519_pem(pem, Some(id)).unwrap()
    }

    fn now() -> Timestamp {
        "2026-05-04T10:00:00Z".parse().unwrap()
    }

    fn attempt(secret: u8) -> Attempt {
        let token = LinkToken::from_random(RequestId::from_random([1; 10]), [0xee; 32]);
        Attempt { token, secret: [secret; 32] }
    }

    /// A provider whose metadata is known already.
    fn provider() -> Provider {
        let settings = Settings {
            issuer: ISSUER.to_owned(),
            client: "portcullis".to_owned(),
            secret: None,
            aws_endpoint: Some("http://127.0.0.1:9".to_owned()),
        };
        let provider =
            Provider::new(settings, "https://pc.example.com/sign-in".to_owned()).unwrap();
        let keys = CoreJsonWebKeySet::new(vec![key(KEY).as_verification_key()]);
        let metadata = CoreProviderMetadata::new(
            IssuerUrl::new(ISSUER.to_owned()).unwrap(),
            AuthUrl::new(format!("{ISSUER}/authorize")).unwrap(),
            JsonWebKeySetUrl::new(format!("{ISSUER}/keys")).unwrap(),
            vec![ResponseTypes::new(vec![CoreResponseType::Code])],
            vec![CoreSubjectIdentifierType::Public],
            vec![CoreJwsSigningAlgorithm::EdDsa],
            EmptyAdditionalProviderMetadata {},
        );
        *provider.known.lock().unwrap() = Some(metadata.set_jwks(keys));
        provider
    }

    /// The parts of a token that a test may make wrong.
    struct Said {
        issuer: &'static str,
        audience: &'static str,
        nonce: String,
        ago: Option<i64>,
        expires_in: i64,
        pem: &'static str,
    }

    fn honest() -> Said {
        let nonce = attempt(7).nonce();
        let (issuer, audience) = (ISSUER, "portcullis");
        Said { issuer, audience, nonce, ago: Some(60), expires_in: 600, pem: KEY }
    }

    async fn proves(said: Said) -> Result<String, SignInProblem> {
        let later = |seconds| in_chrono(now() + SignedDuration::from_secs(seconds));
        let claims = CoreIdTokenClaims::new(
            IssuerUrl::new(said.issuer.to_owned()).unwrap(),
            vec![Audience::new(said.audience.to_owned())],
            later(said.expires_in),
            later(-60),
            StandardClaims::new(SubjectIdentifier::new("1".to_owned()))
                .set_email(Some(EndUserEmail::new("bob@example.com".to_owned())))
                .set_email_verified(Some(true)),
            EmptyAdditionalClaims {},
        )
        .set_nonce(Some(Nonce::new(said.nonce)))
        .set_auth_time(said.ago.map(|ago| later(-ago)));
        let algorithm = CoreJwsSigningAlgorithm::EdDsa;
        let id_token = CoreIdToken::new(claims, &key(said.pem), algorithm, None, None).unwrap();
        let within = (SignedDuration::from_mins(5), now());
        let proved = provider().verify(&id_token.to_string(), &attempt(7), within).await;
        // An unknown key makes the provider be called, and nobody answers here.
        proved.unwrap_or(Err(SignInProblem::Wrong)).map(|token| token.claims["email"].clone())
    }

    #[tokio::test]
    async fn a_token_proves_its_person_and_one_that_is_wrong_in_anything_proves_nobody() {
        assert_eq!(proves(honest()).await, Ok("bob@example.com".to_owned()));
        let wrong = Err(SignInProblem::Wrong);
        assert_eq!(proves(Said { issuer: "https://evil.example.com", ..honest() }).await, wrong);
        assert_eq!(proves(Said { audience: "somebody else", ..honest() }).await, wrong);
        assert_eq!(proves(Said { nonce: attempt(8).nonce(), ..honest() }).await, wrong);
        assert_eq!(proves(Said { pem: OTHER_KEY, ..honest() }).await, wrong);
        assert_eq!(proves(Said { expires_in: -1, ..honest() }).await, Err(SignInProblem::Stale));
    }

    /// Answers one call with this.
    fn answering(status: u16, body: String) -> String {
        use std::io::{Read as _, Write as _};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut caller in listener.incoming().flatten().take(1) {
                _ = caller.read(&mut [0; 8_192]);
                let length = body.len();
                _ = write!(
                    caller,
                    "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n\
                     content-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
            }
        });
        endpoint
    }

    #[tokio::test]
    async fn whatever_the_provider_answers_no_token_of_it_is_in_a_fault_or_in_a_log() {
        let marked = "MARKED-SECRET";
        let tokens = |more: &str| {
            format!(
                r#"{{"access_token":"{marked}","token_type":"Bearer","id_token":"{marked}"{more}}}"#
            )
        };
        for (status, body) in [
            (200, tokens("")),
            (200, tokens(r#","expires_in":"MARKED-SECRET""#)),
            (200, tokens(r#","scope":["MARKED-SECRET"]"#)),
            (200, format!(r#"{{"access_token":["{marked}"]}}"#)),
            (200, format!(r#""{marked}""#)),
            (200, format!("{marked} is no JSON")),
            (200, String::new()),
            (400, format!(r#"{{"error":["{marked}"]}}"#)),
            (400, format!(r#"{{"error":"invalid_grant","error_description":"{marked}"}}"#)),
            (500, format!("<html>{marked}</html>")),
            (302, tokens("")),
        ] {
            let mut provider = provider();
            let issuer = "https://cognito-idp.amazonaws.com";
            provider.http = Http::new(Some(&answering(status, body.clone()))).unwrap();
            let known = provider.known.lock().unwrap().take().unwrap();
            let token_url = openidconnect::TokenUrl::new(format!("{issuer}/token")).unwrap();
            *provider.known.lock().unwrap() = Some(known.set_token_endpoint(Some(token_url)));
            let said = match provider.exchange("code", &attempt(7)).await {
                Ok(proved) => format!("{:?}", proved.err()),
                Err(fault) => format!("{} {fault:?}", aws::telemetry::with_causes(&fault)),
            };
            assert!(!said.contains(marked), "{status} {body}: {said}");
        }
    }

    #[tokio::test]
    async fn a_sign_in_proves_somebody_for_a_while_and_only_if_it_says_when_it_was() {
        let proved = async |ago| proves(Said { ago, ..honest() }).await.is_ok();
        for ago in [0, 300, -60] {
            assert!(proved(Some(ago)).await, "{ago} seconds ago");
        }
        for ago in [301, -61] {
            assert!(!proved(Some(ago)).await, "{ago} seconds ago");
        }
        assert_eq!(proves(Said { ago: None, ..honest() }).await, Err(SignInProblem::Timeless));
    }
}
