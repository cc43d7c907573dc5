//! Signed calls over HTTP, where no SDK client stands for the service.

use std::time::SystemTime;

use anyhow::{Context, Result, anyhow};
use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::{
    http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};

/// Sends a request as it is, and gives the status and text of the answer.
pub(crate) async fn send(
    http: &reqwest::Client,
    request: http::Request<Vec<u8>>,
) -> Result<(u16, String)> {
    let answer = http.execute(request.try_into()?).await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

/// Signs requests for one service with SigV4.
#[derive(Debug, Clone)]
pub struct Signer {
    credentials: SharedCredentialsProvider,
    region: String,
    service: &'static str,
}

impl Signer {
    /// Signs with these credentials, for this region and service.
    pub fn new(sdk: &SdkConfig, service: &'static str) -> Result<Self> {
        let credentials = sdk.credentials_provider().ok_or_else(|| {
            anyhow!("there are no AWS credentials; set AWS_PROFILE, or log in with `aws sso login`")
        })?;
        let region = sdk.region().context("there is no AWS region; set AWS_REGION")?.to_string();
        Ok(Self { credentials, region, service })
    }

    /// Signs a request, sends it, and gives the status and text of the answer.
    pub async fn send(
        &self,
        http: &reqwest::Client,
        request: http::Request<Vec<u8>>,
    ) -> Result<(u16, String)> {
        send(http, self.sign(request).await?).await
    }

    async fn sign(&self, mut request: http::Request<Vec<u8>>) -> Result<http::Request<Vec<u8>>> {
        let credentials = self
            .credentials
            .provide_credentials()
            .await
            .context("there are no AWS credentials; set AWS_PROFILE, or log in again")?;
        let identity = credentials.into();
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(SystemTime::from(aws::clock::now()))
            .settings(settings)
            .build()?
            .into();
        let headers = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
        let signable = SignableRequest::new(
            request.method().as_str(),
            request.uri().to_string(),
            headers,
            SignableBody::Bytes(request.body()),
        )?;
        let (instructions, _) = sign(signable, &params)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}
