//! All entries of the requests table, for a comparison with the audit record.

use service::{
    Fault,
    ports::{Aside, Histories, HistoryPage},
};

use super::{
    RequestsTable,
    row::{Row, key, line_of, string},
};
use crate::{stream::Written, telemetry::with_causes};

/// The separator of the two parts of a key in the place where a page ended. No key of ours has it.
const BETWEEN: char = '\n';

impl Histories for RequestsTable {
    async fn page(&self, after: Option<String>) -> Result<HistoryPage, Fault> {
        let after = after.and_then(|after| {
            let (pk, sk) = after.split_once(BETWEEN)?;
            Some(key(pk, sk))
        });
        let found = self.0.scanned(Some("EVENT#"), after).await?;
        let mut page = HistoryPage::default();
        for row in &found.rows {
            match read(row) {
                Ok(written) => match line_of(&written) {
                    Ok(line) => page.lines.push(line),
                    Err(fault) => page.unread.push(aside(&written.pk, &written.sk, &fault)),
                },
                Err(fault) => page.unread.push(aside("?", "?", &fault)),
            }
        }
        page.next = match &found.next {
            Some(next) => Some(format!("{}{BETWEEN}{}", string(next, "pk")?, string(next, "sk")?)),
            None => None,
        };
        Ok(page)
    }
}

fn read(row: &Row) -> Result<Written, Fault> {
    let text = |name| string(row, name).map(str::to_owned);
    Ok(Written { pk: text("pk")?, sk: text("sk")?, body: text("body")? })
}

fn aside(pk: &str, sk: &str, fault: &Fault) -> Aside {
    Aside { row: format!("{pk} {sk}"), cause: with_causes(fault) }
}
