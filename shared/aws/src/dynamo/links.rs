//! Links, stored by the digest of their secret.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{Client, types::KeysAndAttributes};
use jiff::{Timestamp, tz::TimeZone};
use service::{
    Fault, Link, LinkToken,
    ports::{Links, Snapshot},
};

use super::row::{self, Row, STATE, in_force_key, key, number, request_key, row, snapshot, text};

const UTC: &str = "UTC";

/// The table of links, and the table of the requests they are about.
#[derive(Debug, Clone)]
pub struct LinksTable {
    client: Client,
    links: String,
    requests: String,
}

impl LinksTable {
    /// The tables of these names.
    pub fn new(sdk: &SdkConfig, links: String, requests: String) -> Self {
        Self { client: Client::new(sdk), links, requests }
    }
}

impl Links for LinksTable {
    async fn record(&self, link: &Link) -> Result<(), Fault> {
        self.client
            .put_item()
            .table_name(&self.links)
            .set_item(Some(row([
                ("pk", text(link.digest.to_string())),
                ("request", text(link.request.as_str())),
                ("approver", text(link.approver.as_str())),
                ("zone", text(link.zone.iana_name().unwrap_or(UTC))),
                ("expires_at", number(link.expires_at.as_second())),
            ])))
            .send()
            .await
            .map_err(|error| Fault::new("record a link of request", error).on(&link.request))?;
        Ok(())
    }

    async fn follow(&self, token: &LinkToken) -> Result<Option<(Link, Snapshot)>, Fault> {
        let these = |keys: Vec<Row>| {
            KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true)
                .build()
                .map_err(|error| Fault::new("build a call to DynamoDB", error))
        };
        let link = row([("pk", text(token.digest().to_string()))]);
        let request = key(request_key(token.request()), STATE);
        let answer = self
            .client
            .batch_get_item()
            .request_items(&self.links, these(vec![link])?)
            .request_items(&self.requests, these(vec![request, in_force_key()])?)
            .send()
            .await
            .map_err(|error| Fault::new("follow a link of request", error).on(token.request()))?;
        if answer.unprocessed_keys.is_some_and(|left| !left.is_empty()) {
            return Err(Fault::new("follow a link of request", "the tables are throttled")
                .on(token.request())
                .throttled());
        }
        let mut found = answer.responses.unwrap_or_default();
        let link = found.remove(&self.links).and_then(|mut rows| rows.pop());
        let snapshot = snapshot(found.remove(&self.requests).unwrap_or_default())?;
        match (link, snapshot) {
            (Some(link), Some(snapshot)) => Ok(Some((read(token, &link)?, snapshot))),
            _ => Ok(None),
        }
    }
}

fn read(token: &LinkToken, row: &Row) -> Result<Link, Fault> {
    let seconds = row::whole_number(row, "expires_at")?;
    Ok(Link {
        digest: token.digest(),
        request: row::parsed(row, "request")?,
        approver: row::parsed(row, "approver")?,
        zone: TimeZone::get(row::string(row, "zone")?).unwrap_or(TimeZone::UTC),
        expires_at: Timestamp::from_second(seconds)
            .map_err(|error| Fault::new("read a link of request", error).on(token.request()))?,
    })
}
