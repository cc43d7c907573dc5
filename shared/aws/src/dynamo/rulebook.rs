//! The published rules: a set under its digest, and which one is in force.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use domain::{Digest, canonical};
use jiff::Timestamp;
use rules::RuleSet;
use service::{Fault, ports::Rulebook};

use super::{
    row::{Row, key, parsed, row, string, text},
    transaction::Transaction,
};

const PARTITION: &str = "RULES";
const CURRENT: &str = "CURRENT";

/// DynamoDB takes rows of up to 400 KB; some of that is ours.
const MAX_BYTES: usize = 390_000;

/// The rules in the requests table, kept once they were read.
#[derive(Debug)]
pub struct PublishedRules {
    client: Client,
    table: String,
    kept: Mutex<Option<(Digest, Arc<RuleSet>)>>,
}

impl PublishedRules {
    /// The rules in the table of this name.
    pub fn new(sdk: &SdkConfig, table: String) -> Self {
        Self { client: Client::new(sdk), table, kept: Mutex::new(None) }
    }

    /// Puts a set into force, in one step: nobody ever sees half of it.
    pub async fn publish(&self, rules: &RuleSet, now: Timestamp) -> Result<Digest, Fault> {
        let digest = rules.digest();
        let body = String::from_utf8_lossy(&canonical(rules)).into_owned();
        if body.len() > MAX_BYTES {
            let size = format!("the set has {} bytes; at most {MAX_BYTES} fit", body.len());
            return Err(Fault::new("publish the rules", size));
        }
        let set =
            row([("pk", text(PARTITION)), ("sk", text(set_sk(digest))), ("body", text(body))]);
        let current = row([
            ("pk", text(PARTITION)),
            ("sk", text(CURRENT)),
            ("digest", text(digest.to_string())),
            ("published_at", text(now.to_string())),
        ]);
        let refused =
            Transaction::on(&self.table).put(set)?.put(current)?.send(&self.client).await?;
        if refused.any() {
            return Err(Fault::new("publish the rules", "others are publishing too; try again"));
        }
        Ok(digest)
    }

    async fn read(&self, sk: &str) -> Result<Row, Fault> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(PARTITION, sk)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| Fault::new("read the rules", error))?;
        answer.item.ok_or_else(|| Fault::new("read the rules", "none are published"))
    }

    fn kept(&self, digest: Digest) -> Option<Arc<RuleSet>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(kept, _)| *kept == digest).map(|(_, rules)| Arc::clone(rules))
    }
}

impl Rulebook for PublishedRules {
    async fn current(&self) -> Result<Arc<RuleSet>, Fault> {
        let digest: Digest = parsed(&self.read(CURRENT).await?, "digest")?;
        if let Some(rules) = self.kept(digest) {
            return Ok(rules);
        }
        let row = self.read(&set_sk(digest)).await?;
        let body = string(&row, "body")?;
        if RuleSet::digest_of(body.as_bytes()) != digest {
            return Err(Fault::new("read the rules", "they are not what was published"));
        }
        let rules: RuleSet =
            serde_json::from_str(body).map_err(|error| Fault::new("read the rules", error))?;
        let rules = Arc::new(rules);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((digest, Arc::clone(&rules)));
        Ok(rules)
    }
}

fn set_sk(digest: Digest) -> String {
    format!("SET#{digest}")
}
