//! The audit record: copies of entries, added and never changed.

use std::collections::{HashMap, VecDeque};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata as _, operation::put_item::PutItemError,
    types::ReturnValuesOnConditionCheckFailure,
};
use domain::{history::RawEntry, value::Digest};
use jiff::{SignedDuration, Timestamp, civil::Date};
use service::{
    Fault,
    ports::{Appended, Arrivals, Arrived, Aside, Committed, Copied, Copies, Ledger},
};

use super::{
    row::{
        Row, SHARDS, arriving, audit_row, day_shard, history_key, hour, key, name_of, number, seq,
        string, text, whole_number,
    },
    table::Table,
    transaction::Transaction,
};

/// The table of the audit record.
#[derive(Debug, Clone)]
pub struct AuditTable {
    table: Table,
}

impl AuditTable {
    /// The table of this name.
    pub fn new(sdk: &SdkConfig, table: String) -> Self {
        Self { table: Table::new(sdk, table) }
    }

    /// The lines of one day (UTC), each as it was written. The entries of one
    /// request come in their order: time never runs backwards in a history.
    pub async fn lines_of(&self, day: Date) -> Result<Vec<String>, Fault> {
        // The first shard has the publications of rules. It is read last, so that no request in an
        // export is younger than the rules it rests on.
        let mut parts = VecDeque::new();
        for shard in (0..SHARDS).rev() {
            let rows = self.table.index("day", "day", &day_shard(&day.to_string(), shard));
            let rows = rows.all().await?;
            let lines = rows.iter().map(|row| string(row, "body").map(str::to_owned));
            let lines = lines.collect::<Result<Vec<_>, _>>()?;
            parts.push_front(lines);
        }
        Ok(parts.into_iter().flatten().collect())
    }
}

impl AuditTable {
    /// Puts a row, or returns the one that is in its place. The refusal contains that row, so that
    /// no permission to read is needed.
    async fn put(&self, row: Row) -> Result<Option<Row>, Fault> {
        let name = name_of(&row);
        let put = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(None) };
        if let Some(PutItemError::ConditionalCheckFailedException(refused)) =
            error.as_service_error()
        {
            return Ok(Some(refused.item().cloned().unwrap_or_default()));
        }
        let never = error.code() == Some("ValidationException");
        let fault = Fault::new("append to the audit record", error).on(name);
        Err(if never { fault.unreadable() } else { fault })
    }
}

/// Whether a row holds this line, byte for byte.
fn is(row: &Row, line: &RawEntry) -> bool {
    string(row, "body").is_ok_and(|body| body == line.as_str())
}

/// The row of a line whose place is taken. Its key also has the hash of the line.
fn beside(line: &RawEntry) -> Row {
    let mut row = audit_row(line);
    for name in ["sk", "place"] {
        let own = string(&row, name).map(|own| format!("{own}#{}", line.hash)).unwrap_or_default();
        row.insert(name.to_owned(), text(own));
    }
    row
}

/// The partition of rows that could not be put on record.
const ASIDE: &str = "ASIDE";

impl Ledger for AuditTable {
    async fn append_together(
        &self,
        lines: &[RawEntry],
        now: Timestamp,
    ) -> Result<Committed, Fault> {
        let mut writes = Transaction::on(&self.table.name);
        for line in lines {
            writes = writes.put_new(arriving(audit_row(line), now))?;
        }
        writes.commit(&self.table.client).await
    }

    async fn set_aside(&self, aside: &Aside, now: Timestamp) -> Result<(), Fault> {
        // A key may be longer than a sort key, so its digest stands for it.
        let mut row = key(ASIDE, Digest::plain(aside.row.as_bytes()).to_string());
        row.insert("row".to_owned(), text(&aside.row));
        row.insert("cause".to_owned(), text(&aside.cause));
        row.insert("at".to_owned(), text(now.to_string()));
        self.put(row).await.map(|_| ())
    }

    async fn append(&self, line: &RawEntry, now: Timestamp) -> Result<Appended, Fault> {
        match self.put(arriving(audit_row(line), now)).await? {
            None => Ok(Appended::New),
            Some(there) if is(&there, line) => Ok(Appended::There),
            Some(_) => {
                // A second copy beside has the same key, so it changes nothing.
                _ = self.put(arriving(beside(line), now)).await?;
                Ok(Appended::Beside)
            }
        }
    }
}

/// A row of the audit table, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its key.
    pub name: String,
    /// The line in it. Empty if there is none.
    pub line: String,
    /// Whether it is under the key, and in the place of the index, that its line has.
    pub is_in_place: bool,
    /// The time at which it says that it arrived. `None` for a row of an older version.
    pub arrived_at: Option<Timestamp>,
}

impl AuditTable {
    /// All rows of entries, never from a stale copy. Rows that were set aside are left out.
    pub async fn all_rows(&self) -> Result<Vec<AuditRow>, Fault> {
        let (mut rows, mut after) = (Vec::new(), None);
        loop {
            let page = self.table.scanned(None, after).await?;
            rows.extend(page.rows.iter().filter(|row| !is_aside(row)).map(audit_row_of));
            after = page.next;
            if after.is_none() {
                return Ok(rows);
            }
        }
    }
}

fn is_aside(row: &Row) -> bool {
    string(row, "pk").is_ok_and(|pk| pk == ASIDE)
}

fn audit_row_of(row: &Row) -> AuditRow {
    let at = whole_number(row, "arrived_at").ok();
    let line: Option<RawEntry> = string(row, "body").ok().and_then(|body| body.parse().ok());
    let own = line.map(|line| audit_row(&line));
    let same = |own: Row| own.iter().all(|(name, value)| row.get(name) == Some(value));
    AuditRow {
        name: name_of(row),
        is_in_place: own.is_some_and(same),
        line: string(row, "body").map(str::to_owned).unwrap_or_default(),
        arrived_at: at.and_then(|at| Timestamp::from_millisecond(at).ok()),
    }
}

/// Most rows that are read in one call.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
const READ_TOGETHER: usize = 100;

impl Copies for AuditTable {
    async fn copies(&self, lines: &[RawEntry]) -> Result<Vec<Copied>, Fault> {
        let mut found = HashMap::new();
        for lines in lines.chunks(READ_TOGETHER) {
            let keys = lines.iter().map(|line| {
                let (pk, sk) = place_of(line);
                key(pk, sk)
            });
            for row in self.table.read_all(keys.collect()).await? {
                let place = (string(&row, "pk")?.to_owned(), string(&row, "sk")?.to_owned());
                found.insert(place, row);
            }
        }
        let copy = |line: &RawEntry| match found.get(&place_of(line)) {
            None => Copied::Missing,
            Some(row) if is(row, line) => Copied::Same,
            Some(_) => Copied::Different,
        };
        Ok(lines.iter().map(copy).collect())
    }
}

/// The key of the row of an entry.
fn place_of(line: &RawEntry) -> (String, String) {
    (history_key(&line.history), seq(line.seq))
}

impl Arrivals for AuditTable {
    async fn arrived(
        &self,
        after: Option<Timestamp>,
        through: Timestamp,
    ) -> Result<Vec<Arrived>, Fault> {
        let rows = match after {
            Some(after) => self.rows_between(after, through).await?,
            None => self.table.whole_index("arrived").await?,
        };
        let within = |arrived: &Arrived| {
            after.is_none_or(|after| arrived.at > after) && arrived.at <= through
        };
        let mut found: Vec<_> = rows.iter().filter_map(arrival).filter(within).collect();
        found.sort_by_key(|arrived| arrived.at);
        Ok(found)
    }
}

impl AuditTable {
    /// The rows of all hours that these times are in.
    async fn rows_between(&self, after: Timestamp, through: Timestamp) -> Result<Vec<Row>, Fault> {
        let mut rows = Vec::new();
        let (mut at, last) = (after, hour(through));
        loop {
            let hour = hour(at);
            let query = self.table.index("arrived", "arrived", &hour);
            let query = query.until("arrived_at", number(through.as_millisecond()));
            rows.extend(query.all().await?);
            if hour >= last {
                return Ok(rows);
            }
            at = at.checked_add(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MAX);
        }
    }
}

/// An entry with its arrival. A row that is no entry was not written by us: it is logged, and no
/// checkpoint covers it.
fn arrival(row: &Row) -> Option<Arrived> {
    let line: Result<RawEntry, _> = string(row, "body").ok()?.parse();
    let line = line.inspect_err(|flaw| {
        tracing::error!(row = name_of(row), %flaw, "a row of the audit record is no entry");
    });
    let line = line.ok()?;
    let at = Timestamp::from_millisecond(whole_number(row, "arrived_at").ok()?).ok()?;
    Some(Arrived { at, line })
}
