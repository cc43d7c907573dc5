//! A client of the API, which calls it with the credentials of the person at the terminal.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use aws_config::SdkConfig;
use http::Method;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use wire::ProblemDocument;

use crate::signing::{self, Signer};

/// A client of the API.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    proof: Proof,
    http: reqwest::Client,
}

/// The proof of identity that goes with each call.
#[derive(Debug, Clone)]
enum Proof {
    Signature(Signer),
    BearerToken(BearerToken),
}

/// A token of an identity provider. It cannot be printed.
#[derive(Clone)]
pub struct BearerToken(String);

/// An answer of the API to a call that it has carried out.
pub struct Answered<T> {
    /// The answer as it came, with what this version does not know.
    pub raw: Value,
    read: Result<T, serde_json::Error>,
}

impl<T> Answered<T> {
    /// The answer as this version reads it.
    pub fn document(&self) -> Result<&T> {
        let unread = |error: &serde_json::Error| {
            anyhow::anyhow!(
                "the API has carried this out, and its answer is one that this version cannot \
                 read ({error}); --json shows it as it is"
            )
        };
        self.read.as_ref().map_err(unread)
    }

    /// The answer as this version reads it, by value.
    pub fn into_document(self) -> Result<T> {
        self.document()?;
        Ok(self.read?)
    }
}

impl Api {
    /// Calls the API at this URL.
    pub fn new(sdk: &SdkConfig, url: &str) -> Result<Self> {
        Self::proving(Proof::Signature(Signer::for_api(sdk, url)?), url)
    }

    /// Calls the API at this URL with a token, where it takes tokens.
    pub fn with_token(token: BearerToken, url: &str) -> Result<Self> {
        let fits = !token.0.is_empty() && token.0.bytes().all(|b| b.is_ascii_graphic());
        ensure!(fits, "the token is not one: it has blanks or line breaks in it, or nothing");
        Self::proving(Proof::BearerToken(token), url)
    }

    fn proving(proof: Proof, url: &str) -> Result<Self> {
        Ok(Self { base: url.trim_end_matches('/').to_owned(), proof, http: client(url)? })
    }

    /// Reads a document.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Answered<T>> {
        self.call(Method::GET, path, Vec::new(), None).await
    }

    /// Sends a body. With an idempotency key, two calls with the same body are carried out once.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        key: Option<&str>,
    ) -> Result<Answered<T>> {
        self.call(Method::POST, path, serde_json::to_vec(body)?, key).await
    }

    /// Sends bytes as they are, and returns the status and text of the answer, even of a refusal.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        key: Option<&str>,
    ) -> Result<(u16, String)> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let answer = match &self.proof {
            Proof::Signature(signer) => signer.send(&self.http, request.body(body)?).await,
            Proof::BearerToken(BearerToken(token)) => {
                let request = request.header("authorization", format!("Bearer {token}"));
                signing::send(&self.http, request.body(body)?).await
            }
        };
        answer.with_context(|| format!("the API at {} was not reached", self.base))
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        key: Option<&str>,
    ) -> Result<Answered<T>> {
        let (status, text) = self.send(method, path, body, key).await?;
        if (200..300).contains(&status) {
            let raw: Value =
                serde_json::from_str(&text).context("the API did not answer in JSON")?;
            let read = serde_json::from_value(raw.clone());
            return Ok(Answered { raw, read });
        }
        match serde_json::from_str::<ProblemDocument>(&text) {
            Ok(problem) => Err(problem.into()),
            Err(_) => anyhow::bail!("the API answered {status}: {}", printable(&text)),
        }
    }
}

/// The first 500 characters of a text that is not ours, without control characters.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(500).collect()
}

/// A plain HTTP client for one host. It demands TLS, except for this machine, because it sends
/// signatures and tokens. It follows no redirects.
///
/// Names below `localhost` mean this machine (RFC 6761, section 6.3), but not every resolver knows
/// that.
pub fn client(url: &str) -> Result<reqwest::Client> {
    let url: reqwest::Url = url.parse().with_context(|| format!("`{url}` is not a URL"))?;
    ensure!(
        url.scheme() == "https" || (url.scheme() == "http" && is_this_machine(&url)),
        "{url} is not safe to send credentials to; it has to begin with https://"
    );
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30));
    if let Some(host) = url.host_str().filter(|host| host.ends_with(".localhost")) {
        let port = url.port_or_known_default().unwrap_or(80);
        builder = builder.resolve(host, (Ipv4Addr::LOCALHOST, port).into());
    }
    Ok(builder.build()?)
}

/// Whether a URL is one of this machine, by name or by address.
fn is_this_machine(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost"
        || host.ends_with(".localhost")
        || address.is_ok_and(|address| address.is_loopback())
}

/// This conversion never fails: the report of a bad argument would print the token.
impl From<String> for BearerToken {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_in_the_clear_but_to_this_machine() {
        for safe in [
            "https://a1b2c3.execute-api.eu-central-1.amazonaws.com",
            "http://localhost:4566",
            "http://a1b2c3.execute-api.localhost:4566/x",
            "http://127.0.0.1:1",
            "http://[::1]:1",
        ] {
            assert!(client(safe).is_ok(), "{safe}");
        }
        for unsafe_url in [
            "http://a1b2c3.execute-api.eu-central-1.amazonaws.com",
            "http://access.example.com",
            "http://localhost.example.com",
            "http://notlocalhost",
            "http://127.0.0.1.example.com",
            "http://10.0.0.1",
            "ftp://localhost",
            "access.example.com",
        ] {
            assert!(client(unsafe_url).is_err(), "{unsafe_url}");
        }
    }
}
