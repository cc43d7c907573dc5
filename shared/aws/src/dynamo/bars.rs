//! The bars on roles: one row for each role that ever had a bar.

use domain::{
    grant::{Bars, Principal},
    value::canonical_text,
};
use service::{
    Fault,
    ports::{BarsLog, Committed},
};

use super::{
    RequestsTable,
    row::{BARS, number, row, string, text},
    transaction::Transaction,
};

impl BarsLog for RequestsTable {
    async fn bars(&self, role: &Principal) -> Result<Option<Bars>, Fault> {
        let failed = |fault: Fault| fault.on(role);
        let Some(row) = self.0.get(BARS, &role.to_string()).await? else {
            return Ok(None);
        };
        let bars = serde_json::from_str::<Bars>(string(&row, "body")?);
        let bars = bars.map_err(|error| failed(Fault::new("read bars of", error)))?;
        if bars.on == *role {
            Ok(Some(bars))
        } else {
            Err(failed(Fault::new("read bars of", "they are those of another role")).unreadable())
        }
    }

    async fn record_bars(&self, bars: &Bars) -> Result<Committed, Fault> {
        let body = canonical_text(bars);
        let row = row([
            ("pk", text(BARS)),
            ("sk", text(bars.on.to_string())),
            ("version", number(bars.version)),
            ("body", text(body)),
        ]);
        let writes = Transaction::on(&self.0.name).put_version(row, bars.version)?;
        writes.commit(&self.0.client).await
    }
}
