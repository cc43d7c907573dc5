//! Signed calls over HTTP, to services without an SDK client.

use std::time::SystemTime;

use anyhow::{Context, Result, anyhow};
use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::{
    http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};

/// Sends a request as it is, and returns the status and text of the answer.
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
        let region = sdk.region().context("there is no AWS region; set AWS_REGION")?.to_string();
        Self::in_region(sdk, service, region)
    }

    /// Signs for an API, in the region that its host name states. The region of the shell may be
    /// another one, and is used only if the name states none.
    pub fn for_api(sdk: &SdkConfig, url: &str) -> Result<Self> {
        let service = "execute-api";
        match region_in(url) {
            Some(region) => Self::in_region(sdk, service, region),
            None => Self::new(sdk, service),
        }
    }

    fn in_region(sdk: &SdkConfig, service: &'static str, region: String) -> Result<Self> {
        let credentials = sdk.credentials_provider().ok_or_else(|| {
            anyhow!("there are no AWS credentials; set AWS_PROFILE, or log in with `aws sso login`")
        })?;
        Ok(Self { credentials, region, service })
    }

    /// Signs a request, sends it, and returns the status and text of the answer.
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

/// Ends of the host names of APIs, in all partitions of AWS.
/// <https://docs.aws.amazon.com/general/latest/gr/apigateway.html>
const PARTITIONS: [&str; 7] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "api.aws",
    "api.amazonwebservices.com.cn",
    "vpce.amazonaws.com",
    "vpce.amazonaws.com.cn",
];

/// The region in `<id>.execute-api.<region>.amazonaws.com`. None for a custom domain name.
fn region_in(url: &str) -> Option<String> {
    let url: reqwest::Url = url.parse().ok()?;
    let host = url.host_str()?.trim_end_matches('.');
    let (_, place) = host.split_once(".execute-api.")?;
    let (region, partition) = place.split_once('.')?;
    PARTITIONS.contains(&partition).then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::Credentials;

    use super::*;

    #[test]
    fn an_api_is_called_where_its_name_says_it_is() {
        let sdk = |region: Option<&'static str>| {
            let credentials = Credentials::new("AKIDEXAMPLE", "none", None, None, "a story");
            SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .region(region.map(Region::new))
                .build()
        };
        let (nowhere, at_home) = (sdk(None), sdk(Some("us-east-1")));
        for (host, region) in [
            ("a1b2c3.execute-api.eu-central-1.amazonaws.com", "eu-central-1"),
            ("a1b2c3.execute-api.cn-north-1.amazonaws.com.cn/", "cn-north-1"),
            ("A1B2C3.Execute-API.us-gov-west-1.amazonaws.com:443/prod", "us-gov-west-1"),
            ("a1b2c3.execute-api.eu-west-1.api.aws", "eu-west-1"),
            ("a1b2c3-vpce-1.execute-api.eu-west-2.vpce.amazonaws.com", "eu-west-2"),
        ] {
            for sdk in [&nowhere, &at_home] {
                let signer = Signer::for_api(sdk, &format!("https://{host}")).unwrap();
                assert_eq!(signer.region, region, "{host}");
            }
        }
        for elsewhere in [
            "access.example.com",
            "a1b2c3.execute-api.localhost:4566",
            "a1b2c3.execute-api.eu-central-1.amazonaws.com.example.com",
            "execute-api.eu-central-1.amazonaws.com",
            "a1b2c3.s3.eu-central-1.amazonaws.com",
        ] {
            let url = format!("https://{elsewhere}");
            assert_eq!(Signer::for_api(&at_home, &url).unwrap().region, "us-east-1", "{elsewhere}");
            let said = Signer::for_api(&nowhere, &url).unwrap_err().to_string();
            assert!(said.contains("set AWS_REGION"), "{said}");
        }
    }
}
