//! Checking an export of the audit record, offline.

use std::collections::BTreeMap;

use domain::{Chain, Flaw, Line, Subject};
use thiserror::Error;

/// What an export that is as it was written holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many events.
    pub events: usize,
    /// Of how many requests.
    pub requests: usize,
    /// How many of the events are publications of the rules.
    pub publications: usize,
}

/// The first row of an export that is not as it was written.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("row {row}: {flaw}")]
pub struct Broken {
    /// Counted from 1.
    pub row: usize,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// Follows each chain through the export: those of the requests, and that of the
/// rules.
pub fn verify(export: &str) -> Result<Verified, Broken> {
    let mut chains: BTreeMap<Subject, Chain> = BTreeMap::new();
    let (mut events, mut publications) = (0, 0);
    for (index, text) in export.split_terminator('\n').enumerate() {
        let broken = |flaw| Broken { row: index + 1, flaw };
        let line: Line = text.parse().map_err(broken)?;
        let chain = chains.entry(line.subject.clone()).or_insert_with(|| beginning(&line));
        *chain = chain.follow(&line).map_err(broken)?;
        events += 1;
        publications += usize::from(line.subject == Subject::Rules);
    }
    let requests = chains.keys().filter(|subject| matches!(subject, Subject::Request(_))).count();
    Ok(Verified { events, requests, publications })
}

/// Where a chain has to begin. Requests are exported whole; the rules are older
/// than most exports, and begin with the first publication in it.
fn beginning(first: &Line) -> Chain {
    match first.subject {
        Subject::Request(_) | Subject::Drift(_) => Chain::START,
        Subject::Rules => Chain { seq: first.seq.saturating_sub(1), head: first.prev_hash },
    }
}

#[cfg(test)]
mod tests {
    use domain::{Actor, Event, RequestId};

    use super::*;
    use crate::export::Export;

    fn export() -> Vec<String> {
        let (mut ann, mut bob) = (Chain::START, Chain::START);
        let at = "2026-05-04T10:00:00Z".parse().unwrap();
        let line = |chain: &mut Chain, id: u8, event| {
            let entry = chain.next(&RequestId::from_random([id; 10]), at, Actor::System, event);
            *chain = Chain::from(&entry);
            entry.to_line()
        };
        vec![
            line(&mut ann, 1, Event::Expired),
            line(&mut bob, 2, Event::Cancelled),
            line(&mut ann, 1, Event::Ended),
        ]
    }

    #[test]
    fn requests_may_be_interleaved_and_each_keeps_its_own_chain() {
        let whole = export().join("\n") + "\n";
        assert_eq!(verify(&whole), Ok(Verified { events: 3, requests: 2, publications: 0 }));
        assert_eq!(verify(""), Ok(Verified { events: 0, requests: 0, publications: 0 }));
    }

    #[test]
    fn an_export_verifies_after_a_visit_to_windows_and_a_change_is_still_found() {
        let rows = export().join("\r\n") + "\r\n";
        for saved in [rows.clone(), format!("\u{feff}{rows}"), format!("{rows}\r\n")] {
            let read = |text: &str| verify(&Export::of(text.as_bytes()).unwrap().text);
            assert_eq!(read(&saved).map(|sound| sound.events), Ok(3));
            assert_eq!(read(&saved.replace("ended", "activated")).unwrap_err().row, 3);
            assert_eq!(read(&saved.replacen("\r\n", "\r\n\r\n", 1)).unwrap_err().row, 2);
            assert_eq!(read(&saved.replacen("\r\n", " \r\n", 1)).unwrap_err().row, 1);
        }
    }

    #[test]
    fn the_first_bad_row_is_named() {
        let mut rows = export();
        rows[2] = rows[2].replace("ended", "activated");
        let broken = verify(&rows.join("\n")).unwrap_err();
        assert_eq!(
            broken.to_string(),
            "row 3: request 01010101010101010101, entry 2: its content is not what was hashed"
        );
        rows.remove(0);
        assert_eq!(
            verify(&rows.join("\n")).unwrap_err().to_string(),
            "row 2: request 01010101010101010101: entry 1 should stand here, not 2"
        );
        assert_eq!(verify("{}").unwrap_err().row, 1);
        assert_eq!(verify(&format!("\n{}", rows[0])).unwrap_err().row, 1);
    }
}
