//! Calls to the identity provider.

use std::{future::Future, pin::Pin, time::Duration};

use lambda_http::http::{Request, Response};
use openidconnect::AsyncHttpClient;
use service::Fault;

/// Time that the provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A client that follows no redirect: only the provider itself may answer.
pub(super) struct Http {
    client: reqwest::Client,
    aws_endpoint: Option<reqwest::Url>,
}

impl Http {
    pub(super) fn new(aws_endpoint: Option<&str>) -> Result<Self, Fault> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|error| Fault::new("prepare to call the identity provider", error))?;
        let aws_endpoint = aws_endpoint
            .map(str::parse)
            .transpose()
            .map_err(|error| Fault::new("read where AWS is", format!("{error}")))?;
        Ok(Self { client, aws_endpoint })
    }

    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, reqwest::Error> {
        let mut request: reqwest::Request = request.try_into()?;
        if let Some(endpoint) = &self.aws_endpoint
            && request.url().host_str().is_some_and(|host| host.ends_with(".amazonaws.com"))
        {
            let (path, mut url) = (request.url().path().to_owned(), endpoint.clone());
            url.set_path(&path);
            *request.url_mut() = url;
        }
        let answer = self.client.execute(request).await?;
        let mut response = Response::new(Vec::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        *response.body_mut() = answer.bytes().await?.into();
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = reqwest::Error;
    type Future =
        Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, reqwest::Error>> + Send + 'c>>;

    fn call(&'c self, request: Request<Vec<u8>>) -> Self::Future {
        Box::pin(self.send(request))
    }
}
