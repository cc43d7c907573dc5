//! The published rules: each set under its digest, the row that names the set in force, and the
//! history of publications.

use std::{
    io::{Read, Write},
    sync::{Arc, Mutex, PoisonError},
};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use domain::{
    history::{Chain, Publication},
    value::{Digest, canonical_text},
};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use futures_util::future::try_join;
use rules::source::{RuleSet, Sources};
use service::{
    Fault,
    ports::{Committed, InForce, Proposal, Publications, Rulebook},
};

use super::{
    row::{
        IN_FORCE, PROPOSED, RULES, Row, body, number, parsed, publication_row, row, text,
        whole_number,
    },
    table::{Query, Table},
    transaction::Transaction,
};

/// Most bytes of a packed set. DynamoDB takes rows of up to 400 KB, and our other attributes need
/// some of that.
const MAX_STORED: usize = 390_000;

/// Most bytes of an unpacked set. The bound protects the memory: a usual set fills its row long
/// before.
const MAX_READ: u64 = 16 * 1024 * 1024;

/// The rules in the requests table. The last set that was read is kept in memory.
#[derive(Debug)]
pub struct PublishedRules {
    table: Table,
    kept: Mutex<Option<(Digest, Arc<RuleSet>)>>,
}

impl PublishedRules {
    /// The rules in the table of this name.
    pub fn new(sdk: &SdkConfig, table: String) -> Self {
        Self { table: Table::new(sdk, table), kept: Mutex::new(None) }
    }

    /// The history of the rules, oldest publication first.
    pub async fn log(&self) -> Result<Vec<Publication>, Fault> {
        self.history().all().await?.iter().map(publication).collect()
    }

    fn history(&self) -> Query {
        self.table.partition(RULES).beginning_with("EVENT#")
    }

    /// The last publication, as the history itself shows it.
    async fn last_publication(&self) -> Result<Option<Publication>, Fault> {
        let last = self.history().backwards().page(1, None).await?;
        last.rows.first().map(publication).transpose()
    }

    async fn read(&self, sk: &str) -> Result<Option<Row>, Fault> {
        self.table.get(RULES, sk).await
    }

    fn kept(&self, digest: Digest) -> Option<Arc<RuleSet>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(kept, _)| *kept == digest).map(|(_, rules)| Arc::clone(rules))
    }
}

impl Publications for PublishedRules {
    async fn publish(
        &self,
        sources: &Sources,
        publication: &Publication,
        read: Option<InForce>,
    ) -> Result<Committed, Fault> {
        let packed = packed(&sources.to_published())?;
        let set = row([
            ("pk", text(RULES)),
            ("sk", text(set_sk(publication.rules))),
            ("packed", AttributeValue::B(Blob::new(packed))),
        ]);
        let current = row([
            ("pk", text(RULES)),
            ("sk", text(IN_FORCE)),
            ("digest", text(publication.rules.to_string())),
            ("version", number(publication.seq)),
            ("head", text(publication.hash.to_string())),
            ("published_at", text(publication.at.to_string())),
        ]);
        let writes =
            Transaction::on(&self.table.name).put(set)?.put_new(publication_row(publication))?;
        let writes = match read {
            Some(InForce { chain, .. }) => writes.put_if_version(current, chain.seq)?,
            None => writes.put_new(current)?,
        };
        writes.commit(&self.table.client).await
    }

    async fn latest(&self) -> Result<Option<InForce>, Fault> {
        let Some(row) = self.read(IN_FORCE).await? else { return Ok(None) };
        let seq = u64::try_from(whole_number(&row, "version")?)
            .map_err(|error| Fault::new("read the rules", error))?;
        let chain = Chain { seq, head: parsed(&row, "head")? };
        let at = parsed(&row, "published_at")?;
        Ok(Some(InForce { rules: parsed(&row, "digest")?, chain, at }))
    }

    async fn sources(&self, digest: Digest) -> Result<Option<Sources>, Fault> {
        let row = self.read(&set_sk(digest)).await?.unwrap_or_default();
        let Some(AttributeValue::B(packed)) = row.get("packed") else { return Ok(None) };
        let sources = unpacked(packed.as_ref()).and_then(|bytes| {
            Sources::from_published(&bytes).map_err(|error| Fault::new("read the rules", error))
        });
        Ok(sources.ok().filter(|sources| sources.digest() == digest))
    }

    async fn proposal(&self) -> Result<Option<Proposal>, Fault> {
        let row = self.read(PROPOSED).await?;
        row.map(|row| body(&row, "read proposal of rules")).transpose()
    }

    async fn propose(&self, proposal: &Proposal) -> Result<(), Fault> {
        let row = row([
            ("pk", text(RULES)),
            ("sk", text(PROPOSED)),
            ("body", text(canonical_text(proposal))),
        ]);
        let put = self.table.client.put_item().table_name(&self.table.name).set_item(Some(row));
        put.send().await.map_err(|error| Fault::new("propose rules", error))?;
        Ok(())
    }
}

impl Rulebook for PublishedRules {
    async fn in_force(&self) -> Result<Option<Digest>, Fault> {
        Ok(self.latest().await?.map(|latest| latest.rules))
    }

    /// Each read checks the set again, so that a damaged one decides nothing. The last publication
    /// on record must name it: the row that names the set in force is not enough.
    async fn rule_set(&self, digest: Digest) -> Result<Arc<RuleSet>, Fault> {
        if let Some(rules) = self.kept(digest) {
            return Ok(rules);
        }
        let damaged = || Fault::new("read rules", "they are not what was published").on(digest);
        let (sources, last) =
            Box::pin(try_join(self.sources(digest), self.last_publication())).await?;
        if last.as_ref().map(|last| last.rules) != Some(digest) {
            let says = "the last publication on record does not name them";
            return Err(Fault::new("read rules", says).on(digest));
        }
        let checked = sources.ok_or_else(damaged)?.check_published();
        let rules = Arc::new(checked.map_err(|error| Fault::new("read rules", error).on(digest))?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((digest, Arc::clone(&rules)));
        Ok(rules)
    }
}

fn publication(row: &Row) -> Result<Publication, Fault> {
    body(row, "read publication")
}

fn set_sk(digest: Digest) -> String {
    format!("SET#{digest}")
}

fn packed(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    let packed = packed.map_err(|error| Fault::new("pack the rules", error))?;
    if packed.len() > MAX_STORED || bytes.len() as u64 > MAX_READ {
        let size = format!("the set has {} bytes packed; at most {MAX_STORED} fit", packed.len());
        return Err(Fault::new("publish the rules", size));
    }
    Ok(packed)
}

fn unpacked(packed: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = GzDecoder::new(packed).take(MAX_READ).read_to_end(&mut bytes);
    read.map_err(|error| Fault::new("unpack the rules", error))?;
    Ok(bytes)
}
