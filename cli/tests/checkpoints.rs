//! Copies of checkpoints that somebody has altered, cut or extended: each is named.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use anyhow::{Context, Result};
use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use domain::{
    checkpoint::{Segment, SignedStatement, Statement},
    history::{Actor, Chain, RawEntry},
    request::{Entry, Event},
    value::RequestId,
};
use jiff::{SignedDuration, Timestamp};
use portcullis::{
    checkpoints::{PublicKey, RecordFiles, VerifiedCheckpoints, pem_of, verify},
    verify::Finding,
};

static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());
static OTHER_KEY: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-05-04T10:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

fn public() -> PublicKey {
    let der: PublicKeyX509Der<'_> = KEY.public_key().as_der().unwrap();
    PublicKey::from_pem(&pem_of(der.as_ref())).unwrap()
}

fn signed_by(key: &KeyPair, statement: Statement) -> SignedStatement {
    let mut signature = vec![0; key.public_modulus_len()];
    let text = statement.text();
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    SignedStatement::new(statement, signature)
}

/// The files of a bucket.
#[derive(Clone, Default)]
struct Files(BTreeMap<String, Vec<u8>>);

impl RecordFiles for Files {
    async fn names(&self) -> Result<BTreeSet<String>> {
        Ok(self.0.keys().cloned().collect())
    }

    async fn read(&self, name: &str) -> Result<Vec<u8>> {
        self.0.get(name).cloned().context("there is no such file")
    }
}

impl Files {
    /// Puts a checkpoint with these lines behind the one before.
    fn checkpoint(
        &mut self,
        before: Option<&SignedStatement>,
        minutes: i64,
        lines: &[&RawEntry],
    ) -> SignedStatement {
        let segment = Segment::of(lines.iter().copied().cloned().collect());
        let packed = segment.packed();
        let statement = Statement::after(before, "1:eu:p", "key", at(minutes));
        let signed = signed_by(&KEY, statement.covering(&segment, &packed, at(minutes)));
        if let Some(name) = signed.statement.segment_name() {
            self.0.insert(name, packed);
        }
        self.put(&signed);
        signed
    }

    fn put(&mut self, signed: &SignedStatement) {
        let name = Statement::name_of(signed.statement.number);
        self.0.insert(name, signed.to_file().into_bytes());
    }

    fn statement(&self, number: u64) -> SignedStatement {
        SignedStatement::read(&self.0[&Statement::name_of(number)]).unwrap()
    }

    fn segment(&self, number: u64) -> String {
        self.statement(number).statement.segment_name().unwrap()
    }
}

/// The life of a request of this number: asked, approved, and so on to its end.
fn life(number: u8) -> Vec<RawEntry> {
    let golden = testing::golden_lives().into_iter().find(|life| life.history.len() > 3).unwrap();
    let id = RequestId::from_random([number; 10]);
    let mut chain = Chain::START;
    let lines = golden.history.into_iter().map(|entry| {
        let entry = Entry::next(chain, &id, entry.at, entry.actor, entry.event);
        chain = Chain { seq: entry.seq, head: entry.hash };
        entry.to_line().parse().unwrap()
    });
    lines.collect()
}

/// An entry that can be the first of no life.
fn impossible(number: u8) -> RawEntry {
    let id = RequestId::from_random([number; 10]);
    Entry::next(Chain::START, &id, at(74), Actor::System, Event::Expired).to_line().parse().unwrap()
}

/// Two lives in four checkpoints, the third without entries.
fn whole() -> Files {
    let (one, other) = (life(1), life(2));
    let mut files = Files::default();
    let (begin, end) = one.split_at(2);
    let first = files.checkpoint(None, 0, &begin.iter().collect::<Vec<_>>());
    let second: Vec<_> = other.iter().collect();
    let second = files.checkpoint(Some(&first), 5, &second);
    let third = files.checkpoint(Some(&second), 65, &[]);
    files.checkpoint(Some(&third), 70, &end.iter().collect::<Vec<_>>());
    files
}

async fn checked(files: &Files) -> Result<VerifiedCheckpoints, (Finding, String)> {
    let verified = verify(files, &public(), at(90)).await;
    verified.map_err(|broken| (broken.finding(), broken.to_string()))
}

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
    is_found("an hour", Finding::Missing, "between statements 1 and 2", |files| {
        let (first, name) = (files.statement(1), files.segment(1));
        let segment = files.0[&name].clone();
        *files = Files::default();
        files.put(&first);
        files.0.insert(name, segment);
        files.checkpoint(Some(&first), 77, &[]);
    })
    .await;
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
