//! Copies of checkpoints that somebody has altered, cut or extended: each is named.

use domain::{
    checkpoint::Statement,
    history::{Actor, Chain, Publication, Published, RawEntry},
    value::Digest,
};
use portcullis::verify::Finding;

use crate::world::{Files, KEY, OTHER_KEY, at, checked, impossible, life, signed_by, whole};

#[tokio::test]
async fn a_whole_copy_verifies_also_with_late_entries_and_with_strays() {
    let mut files = whole();
    let verified = checked(&files).await.unwrap();
    assert_eq!((verified.newest, verified.entries.requests), (4, 2));
    assert_eq!(verified.entries.events, life(1).len() + life(2).len());
    let stray = "checkpoints/000000/000000003-0123456789abcdef.jsonl.gz";
    files.0.insert(stray.to_owned(), vec![1]);
    assert_eq!(checked(&files).await.unwrap().strays, [stray]);

    let lines = life(1);
    let mut late = Files::default();
    let first = late.checkpoint(None, 0, &[&lines[0], &lines[2]]);
    let rest: Vec<_> = lines.iter().skip(3).chain([&lines[1]]).collect();
    late.checkpoint(Some(&first), 75, &rest);
    assert_eq!(checked(&late).await.unwrap().entries.events, lines.len());
}

/// Checks that tampering with a whole copy is found, as this, and named with these words.
async fn is_found(what: &str, finding: Finding, named: &str, tamper: impl FnOnce(&mut Files)) {
    let mut files = whole();
    tamper(&mut files);
    match checked(&files).await {
        Err((found, said)) => {
            assert!(found == finding && said.contains(named), "{what}: {found:?}: {said}");
        }
        Ok(verified) => panic!("{what} went unnoticed: {verified:?}"),
    }
}

/// The file of the second statement with one text replaced by another.
fn rewritten(files: &mut Files, from: &str, to: &str) {
    let file = files.0.get_mut(&Statement::name_of(2)).unwrap();
    *file = String::from_utf8(file.clone()).unwrap().replacen(from, to, 1).into();
}

#[tokio::test]
async fn a_file_that_is_altered_or_unreadable_is_named() {
    is_found("a bit of a segment", Finding::Altered, "statement 2: its segment", |files| {
        let name = files.segment(2);
        files.0.get_mut(&name).unwrap()[30] ^= 1;
    })
    .await;
    is_found("a bit of a signature", Finding::Altered, "statement 2: its signature", |files| {
        let mut signed = files.statement(2);
        signed.signature[7] ^= 1;
        files.put(&signed);
    })
    .await;
    is_found("a count", Finding::Altered, "statement 2: its signature", |files| {
        rewritten(files, "\"lines\":", "\"lines\":1");
    })
    .await;
    is_found("another key", Finding::Altered, "statement 2: its signature", |files| {
        let signed = signed_by(&OTHER_KEY, files.statement(2).statement);
        files.put(&signed);
    })
    .await;
    is_found("another form", Finding::Unreadable, "statement 2: its first line", |files| {
        rewritten(files, ":", ": ");
    })
    .await;
    is_found("no text", Finding::Unreadable, "statement 2: it is not", |files| {
        files.0.insert(Statement::name_of(2), vec![0xff]);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_missing_is_named() {
    is_found("a segment", Finding::Missing, "statement 2: its segment", |files| {
        let name = files.segment(2);
        files.0.remove(&name);
    })
    .await;
    for number in [1, 2, 3] {
        let named = format!("statement {number} is missing");
        is_found("a statement", Finding::Missing, &named, |files| {
            files.0.remove(&Statement::name_of(number));
        })
        .await;
    }
    is_found("the last statements", Finding::Missing, "statement 2 of", |files| {
        files.0.remove(&Statement::name_of(3));
        files.0.remove(&Statement::name_of(4));
    })
    .await;
    is_found("everything", Finding::Missing, "there is no statement", |files| files.0.clear())
        .await;
}

#[tokio::test]
async fn an_hour_without_a_statement_is_named_and_hides_nothing_else() {
    let mut files = Files::default();
    let first = files.checkpoint(None, 0, &life(1).iter().collect::<Vec<_>>());
    let second = files.checkpoint(Some(&first), 77, &life(2).iter().collect::<Vec<_>>());
    assert_eq!(checked(&files).await.unwrap().gaps, [(1, at(0), at(77))]);
    files.checkpoint(Some(&second), 80, &[&impossible(77)]);
    let (finding, said) = checked(&files).await.unwrap_err();
    assert!(finding == Finding::Altered && said.contains("checkpoint 3, line 1"), "{said}");
}

#[tokio::test]
async fn rules_whose_first_publication_was_never_covered_are_missed() {
    let rules = |seq: u64, chain: Chain| {
        let (set, by) = (Digest::plain(b"set"), Actor::System);
        let event = Published { previous: None, changes: Vec::new(), proposed_by: None };
        let publication = Publication::next(chain, set, at(0), by, event);
        assert_eq!(publication.seq, seq);
        publication.to_line().parse::<RawEntry>().unwrap()
    };
    let first = rules(1, Chain::START);
    let second = rules(2, Chain { seq: 1, head: first.hash });
    let mut files = Files::default();
    files.checkpoint(None, 75, &[&second]);
    let (finding, said) = checked(&files).await.unwrap_err();
    assert!(finding == Finding::Missing && said.contains("the rules: entry 1"), "{said}");
}

#[tokio::test]
async fn a_statement_that_is_not_the_next_of_its_chain_is_named() {
    is_found("an old one as the newest", Finding::Altered, "the file of statement 5", |files| {
        let old = files.0[&Statement::name_of(4)].clone();
        files.0.insert(Statement::name_of(5), old);
    })
    .await;
    is_found("two that are swapped", Finding::Altered, "the file of statement 1", |files| {
        let (one, other) = (Statement::name_of(1), Statement::name_of(2));
        let first = files.0[&one].clone();
        let second = files.0.insert(other, first).unwrap();
        files.0.insert(one, second);
    })
    .await;
    is_found("a fork by our key", Finding::Altered, "statement 3 does not follow", |files| {
        let first = files.statement(1);
        files.checkpoint(Some(&first), 6, &[]);
    })
    .await;
    let next =
        |files: &Files, log: &str| Statement::after(Some(&files.statement(4)), log, "key", at(75));
    is_found("another log", Finding::Altered, "statement 5 is about another", |files| {
        let next = next(files, "2:eu:p");
        files.put(&signed_by(&KEY, next));
    })
    .await;
    is_found("a wrong count", Finding::Altered, "statement 5: its times and counts", |files| {
        let next = Statement { total: 1, ..next(files, "1:eu:p") };
        files.put(&signed_by(&KEY, next));
    })
    .await;
    is_found("time that runs backwards", Finding::Altered, "statement 5: its times", |files| {
        let next = Statement { at: at(1), ..next(files, "1:eu:p") };
        files.put(&signed_by(&KEY, next));
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_was_covered_again_is_named_and_proves_nothing_else_wrong() {
    let mut files = whole();
    let fourth = files.statement(4);
    files.checkpoint(Some(&fourth), 75, &[&life(1)[0]]);
    let verified = checked(&files).await.unwrap();
    assert_eq!(verified.again, [(5, 1, 1)]);
    assert_eq!(verified.entries.events, life(1).len() + life(2).len(), "it counts once");
}

#[tokio::test]
async fn an_entry_that_is_missing_or_forged_is_named() {
    is_found("one that is missing", Finding::Missing, "entry 2 should stand here", |files| {
        let lines = life(1);
        *files = Files::default();
        files.checkpoint(None, 75, &[&lines[0], &lines[2]]);
    })
    .await;
    let adds = |files: &mut Files, line: &RawEntry| {
        let fourth = files.statement(4);
        files.checkpoint(Some(&fourth), 75, &[line]);
    };
    is_found("another in its place", Finding::Altered, "should stand here, not 1", |files| {
        adds(files, &impossible(1));
    })
    .await;
    is_found("one that cannot be", Finding::Altered, "checkpoint 5, line 1", |files| {
        adds(files, &impossible(77));
    })
    .await;
}

#[tokio::test]
async fn no_change_of_any_byte_of_a_statement_goes_unnoticed() {
    let files = whole();
    let name = Statement::name_of(2);
    let length = files.0[&name].len();
    for at in 0..length {
        let mut altered = files.clone();
        altered.0.get_mut(&name).unwrap()[at] ^= 0x01;
        assert!(checked(&altered).await.is_err(), "byte {at}");
    }
}
