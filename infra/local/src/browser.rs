//! A browser that follows a link and answers on its page.

use anyhow::{Context, Result};
use portcullis::api;

/// A page that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedPage {
    /// The HTTP status.
    pub status: u16,
    /// The HTML.
    pub html: String,
}

/// The browser of a person.
#[derive(Debug, Clone)]
pub struct Browser {
    http: reqwest::Client,
}

impl Browser {
    /// A browser for pages of the API at this URL.
    pub fn new(api_url: &str) -> Result<Self> {
        Ok(Self { http: api::client(api_url)? })
    }

    /// Follows a link.
    pub async fn open(&self, link: &str) -> Result<OpenedPage> {
        page(self.http.get(link).send().await?).await
    }

    /// Fills in the form of a page and sends it from there.
    pub async fn answer(
        &self,
        link: &str,
        on: &OpenedPage,
        verdict: &str,
        reason: &str,
    ) -> Result<OpenedPage> {
        let (digest, version) = (on.hidden("digest")?, on.hidden("version")?);
        let fields =
            [("verdict", verdict), ("reason", reason), ("digest", digest), ("version", version)];
        self.post(link, &fields, "same-origin").await
    }

    /// Sends any form. `site` is what a browser says about the page that the form was sent from:
    /// `same-origin` or `cross-site`. The older header is `null`, as where referrers are forbidden.
    pub async fn post(
        &self,
        link: &str,
        fields: &[(&str, &str)],
        site: &str,
    ) -> Result<OpenedPage> {
        let url = reqwest::Url::parse_with_params("http://form", fields)?;
        let request = self
            .http
            .post(link)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", site)
            .header("origin", "null")
            .body(url.query().unwrap_or_default().to_owned());
        page(request.send().await?).await
    }
}

impl OpenedPage {
    /// The value of a hidden field.
    pub fn hidden(&self, name: &str) -> Result<&str> {
        let start = format!("name=\"{name}\" value=\"");
        let rest = self.html.split_once(&start).with_context(|| format!("no field `{name}`"))?.1;
        Ok(rest.split('"').next().unwrap_or_default())
    }

    /// Whether the page has a form to answer.
    pub fn has_form(&self) -> bool {
        self.html.contains("<form")
    }
}

async fn page(response: reqwest::Response) -> Result<OpenedPage> {
    Ok(OpenedPage { status: response.status().as_u16(), html: response.text().await? })
}
