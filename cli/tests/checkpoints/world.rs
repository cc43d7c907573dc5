//! A bucket of checkpoints in memory, signed with keys of the tests' own.

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

pub(crate) static KEY: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());
pub(crate) static OTHER_KEY: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

pub(crate) fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-05-04T10:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

pub(crate) fn public() -> PublicKey {
    let der: PublicKeyX509Der<'_> = KEY.public_key().as_der().unwrap();
    PublicKey::from_pem(&pem_of(der.as_ref())).unwrap()
}

pub(crate) fn signed_by(key: &KeyPair, statement: Statement) -> SignedStatement {
    let mut signature = vec![0; key.public_modulus_len()];
    let text = statement.text();
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    SignedStatement::new(statement, signature)
}

/// The files of a bucket.
#[derive(Clone, Default)]
pub(crate) struct Files(pub(crate) BTreeMap<String, Vec<u8>>);

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
    pub(crate) fn checkpoint(
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

    pub(crate) fn put(&mut self, signed: &SignedStatement) {
        let name = Statement::name_of(signed.statement.number);
        self.0.insert(name, signed.to_file().into_bytes());
    }

    pub(crate) fn statement(&self, number: u64) -> SignedStatement {
        SignedStatement::read(&self.0[&Statement::name_of(number)]).unwrap()
    }

    pub(crate) fn segment(&self, number: u64) -> String {
        self.statement(number).statement.segment_name().unwrap()
    }
}

/// The life of a request of this number: asked, approved, and so on to its end.
pub(crate) fn life(number: u8) -> Vec<RawEntry> {
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
pub(crate) fn impossible(number: u8) -> RawEntry {
    let id = RequestId::from_random([number; 10]);
    Entry::next(Chain::START, &id, at(74), Actor::System, Event::Expired).to_line().parse().unwrap()
}

/// Two lives in four checkpoints, the third without entries.
pub(crate) fn whole() -> Files {
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

pub(crate) async fn checked(files: &Files) -> Result<VerifiedCheckpoints, (Finding, String)> {
    let verified = verify(files, &public(), at(90)).await;
    verified.map_err(|broken| (broken.finding(), broken.to_string()))
}
