//! Copying to the audit record what its stream has lost.

use domain::history::RawEntry;
use jiff::Timestamp;

use crate::{
    Fault,
    ports::{Appended, Aside, Copied, Copies, Histories, Ledger},
};

/// The difference between the histories and the audit record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gaps {
    /// The number of entries that were compared.
    pub compared: usize,
    /// Entries that are not on record.
    pub missing: Vec<RawEntry>,
    /// Entries in whose place another one is on record.
    pub different: Vec<RawEntry>,
    /// Rows in the places of entries that are none.
    pub unread: Vec<Aside>,
}

/// Compares all histories with the audit record. `progress` gets the number of entries that were
/// compared so far. An entry of the last moments may be missing because its copy is under way.
pub async fn find_gaps(
    histories: &impl Histories,
    record: &impl Copies,
    progress: impl Fn(usize),
) -> Result<Gaps, Fault> {
    let (mut gaps, mut after) = (Gaps::default(), None);
    loop {
        let page = histories.page(after).await?;
        let copies = record.copies(&page.lines).await?;
        gaps.compared += page.lines.len();
        gaps.unread.extend(page.unread);
        for (line, copy) in page.lines.into_iter().zip(copies) {
            match copy {
                Copied::Same => {}
                Copied::Missing => gaps.missing.push(line),
                Copied::Different => gaps.different.push(line),
            }
        }
        progress(gaps.compared);
        after = page.next;
        if after.is_none() {
            // In the order of their histories, so that no history has a gap while it is filled.
            gaps.missing.sort_by_key(|line| (line.history.clone(), line.seq));
            return Ok(gaps);
        }
    }
}

/// Copies entries that are missing. One that was copied meanwhile stays as it is, so this can be
/// stopped and begun again at any time. Each arrives at the time of its own copying, because a
/// checkpoint looks for young arrivals only. Returns the number of entries that were new.
pub async fn fill(
    record: &impl Ledger,
    missing: &[RawEntry],
    clock: impl Fn() -> Timestamp,
) -> Result<usize, Fault> {
    let mut new = 0;
    for line in missing {
        match record.append(line, clock()).await? {
            Appended::New => new += 1,
            Appended::There | Appended::Beside => {}
        }
    }
    Ok(new)
}
