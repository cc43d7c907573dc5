use domain::value::RequestId;
use openidconnect::{
    Audience, AuthUrl, EmptyAdditionalClaims, EmptyAdditionalProviderMetadata, EndUserEmail,
    JsonWebKeyId, JsonWebKeySetUrl, PrivateSigningKey, ResponseTypes, StandardClaims,
    SubjectIdentifier,
    core::{
        CoreEdDsaPrivateSigningKey, CoreIdTokenClaims, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
        CoreResponseType, CoreSubjectIdentifierType,
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
    let provider = Provider::new(settings, "https://pc.example.com/sign-in".to_owned()).unwrap();
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
