//! The audit record by arrival, the bucket of its checkpoints, and a key.

use domain::{history::RawEntry, value::Digest};
use jiff::Timestamp;
use service::{
    Fault,
    ports::{
        Arrivals, Arrived, Checkpoints, Committed, Copied, Copies, Histories, HistoryPage, Signer,
    },
};

use crate::World;

impl World {
    /// Lets an entry arrive in the audit record, also one that arrived earlier and is seen late.
    pub fn arrives(&self, arrived: Arrived) {
        self.lock().arrived.push(arrived);
    }

    /// The files in the bucket of checkpoints, by name.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        self.lock().files.clone().into_iter().collect()
    }
}

impl Arrivals for World {
    async fn arrived(
        &self,
        after: Option<Timestamp>,
        through: Timestamp,
    ) -> Result<Vec<Arrived>, Fault> {
        let within = |arrived: &&Arrived| {
            after.is_none_or(|after| arrived.at > after) && arrived.at <= through
        };
        let mut found: Vec<_> =
            self.step(|inner| inner.arrived.iter().filter(within).cloned().collect())?;
        found.sort_by_key(|arrived: &Arrived| arrived.at);
        Ok(found)
    }
}

impl Checkpoints for World {
    async fn newest(&self) -> Result<Option<u64>, Fault> {
        let number = |name: &String| {
            name.strip_suffix(".statement")?.rsplit_once('/')?.1.parse::<u64>().ok()
        };
        self.step(|inner| inner.files.keys().filter_map(number).max())
    }

    async fn file(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.step(|inner| inner.files.get(name).cloned())
    }

    async fn put(&self, name: &str, file: Vec<u8>) -> Result<Committed, Fault> {
        self.step(|inner| {
            if inner.files.contains_key(name) {
                return Committed::Lost;
            }
            inner.files.insert(name.to_owned(), file);
            Committed::Done
        })
    }
}

/// Signs with a digest, which is enough to tell texts apart.
impl Signer for World {
    fn key(&self) -> &'static str {
        "key"
    }

    async fn sign(&self, text: &str) -> Result<Vec<u8>, Fault> {
        self.step(|_| Digest::plain(text.as_bytes()).as_bytes().to_vec())
    }
}

impl Histories for World {
    async fn page(&self, _: Option<String>) -> Result<HistoryPage, Fault> {
        let lines = self.step(|inner| {
            let entries = inner.requests.values().flat_map(|(_, history)| history);
            entries.filter_map(|entry| entry.to_line().parse().ok()).collect()
        })?;
        Ok(HistoryPage { lines, ..HistoryPage::default() })
    }
}

impl Copies for World {
    async fn copies(&self, lines: &[RawEntry]) -> Result<Vec<Copied>, Fault> {
        self.step(|inner| {
            let copy = |line: &RawEntry| match inner.ledger.get(&(line.history.clone(), line.seq)) {
                None => Copied::Missing,
                Some(there) if there == line => Copied::Same,
                Some(_) => Copied::Different,
            };
            lines.iter().map(copy).collect()
        })
    }
}
