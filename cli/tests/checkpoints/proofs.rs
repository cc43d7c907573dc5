//! The proof of one request convinces somebody who may see nothing else, and nothing else does.

use domain::{checkpoint::Statement, history::HistoryId, value::RequestId};
use portcullis::{
    checkpoints::{Proof, prove, verify},
    verify::Finding,
};

use crate::world::{OTHER_KEY, at, impossible, life, public, signed_by, whole};

fn id(number: u8) -> RequestId {
    RequestId::from_random([number; 10])
}

async fn proof_of(number: u8) -> Option<Proof> {
    let files = whole();
    let verified = verify(&files, &public(), at(90)).await.unwrap();
    prove(&files, &verified, &id(number)).await.unwrap()
}

/// The finding about a proof that was tampered with.
async fn found(tamper: impl FnOnce(&mut Proof)) -> (Finding, String) {
    let mut proof = proof_of(1).await.unwrap();
    tamper(&mut proof);
    let broken = proof.verify(&public()).unwrap_err();
    (broken.finding(), broken.to_string())
}

#[tokio::test]
async fn it_has_the_entries_of_its_request_alone_and_verifies_with_the_key() {
    let proof = proof_of(1).await.unwrap();
    let text = serde_json::to_string_pretty(&proof).unwrap();
    assert!(!text.contains(id(2).as_str()), "nothing of the other request is in it");
    assert!(proof.statements.len() == 2, "its entries are in two checkpoints");
    let read = Proof::read(&text).unwrap().unwrap();
    assert_eq!(read.verify(&public()).unwrap().events, life(1).len());
    assert_eq!(proof_of(3).await, None, "there is no such request");
    let export = life(1)[0].as_str().replace("incident", "portcullis/proof/v1");
    for export in [export.clone(), format!("{export}\n{export}\n"), String::new()] {
        assert!(Proof::read(&export).is_none(), "an export is no proof, whatever people wrote");
    }
}

#[tokio::test]
async fn whatever_is_changed_in_it_is_found() {
    for index in 0..life(1).len() {
        let (finding, said) = found(|proof| {
            let line = &mut proof.entries[index].line;
            *line = line.replacen('0', "1", 1);
        })
        .await;
        assert_eq!(finding, Finding::Altered);
        assert!(said.contains("path does not lead"), "{said}");
    }
    let (finding, said) = found(|proof| proof.entries[1].index += 1).await;
    assert!(finding == Finding::Altered && said.contains("entry 2: its path"), "{said}");
    let (finding, said) = found(|proof| _ = proof.entries.remove(1)).await;
    assert!(finding == Finding::Missing && said.contains("entry 2 should"), "{said}");
    let (finding, said) = found(|proof| _ = proof.statements.pop_first()).await;
    assert!(finding == Finding::Missing && said.contains("statement 1 is missing"), "{said}");
    let (finding, _) = found(|proof| proof.entries.clear()).await;
    assert_eq!(finding, Finding::Missing);
    let (finding, said) = found(|proof| proof.request = id(2)).await;
    assert!(finding == Finding::Altered && said.contains("another request"), "{said}");
}

#[tokio::test]
async fn a_statement_by_another_key_proves_nothing() {
    let (finding, said) = found(|proof| {
        let statement = whole().statement(1).statement;
        let forged = signed_by(&OTHER_KEY, Statement { lines: 1, ..statement });
        proof.statements.insert(1, forged.to_file());
    })
    .await;
    assert!(finding == Finding::Altered && said.contains("statement 1: its signature"), "{said}");
}

#[tokio::test]
async fn a_life_that_cannot_be_proves_nothing_although_it_is_signed() {
    let (mut files, entry) = (whole(), impossible(77));
    let fourth = files.statement(4);
    files.checkpoint(Some(&fourth), 75, &[&entry]);
    let HistoryId::Request(request) = &entry.history else { panic!("{entry:?}") };
    // The checkpoints as a whole do not verify, so the proof is made from what they were.
    let verified = verify(&whole(), &public(), at(90)).await.unwrap();
    let newest = 5;
    let verified = portcullis::checkpoints::VerifiedCheckpoints { newest, ..verified };
    let proof = prove(&files, &verified, request).await.unwrap().unwrap();
    let broken = proof.verify(&public()).unwrap_err();
    assert_eq!(broken.finding(), Finding::Altered, "{broken}");
}
