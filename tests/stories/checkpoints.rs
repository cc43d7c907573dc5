//! Checkpoints: what an auditor takes home proves the record, without AWS and without us.

use std::{collections::HashMap, fs, path::PathBuf, process::Command};

use anyhow::Result;
use aws::s3::Bucket;
use aws_sdk_dynamodb::types::AttributeValue;
use local::workspace;
use portcullis::checkpoints::RecordFiles as _;

use crate::world::Cast;

/// A directory with a copy of the bucket and the public key, as an auditor has it at home.
struct Copy {
    folder: PathBuf,
}

impl Copy {
    async fn of(cast: &Cast, name: &str) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        let bucket = cast.stack.output("CheckpointBucket")?.to_owned();
        let bucket = Bucket::new(&cast.stack.root().await, bucket);
        for name in bucket.names().await? {
            let path = folder.join(&name);
            fs::create_dir_all(path.parent().unwrap())?;
            fs::write(path, bucket.read(&name).await?)?;
        }
        fs::create_dir_all(&folder)?;
        let key = cast.stack.portcullis(None, &["audit", "key"]).await?.worked()?;
        fs::write(folder.join("public.pem"), key)?;
        Ok(Self { folder })
    }

    async fn verified(&self, cast: &Cast) -> (Option<i32>, String) {
        self.verified_with(cast, &[]).await
    }

    async fn verified_with(&self, cast: &Cast, more: &[&str]) -> (Option<i32>, String) {
        let key = self.folder.join("public.pem");
        let folder = self.folder.to_str().unwrap();
        let args = [&["audit", "verify", folder, "--key", key.to_str().unwrap()], more].concat();
        let ran = cast.stack.portcullis(None, &args).await.unwrap();
        (ran.code, ran.out + &ran.err)
    }

    /// The output of the script that `docs/audit.md` gives to auditors, which has to work as it stands.
    fn checked_without_our_software(&self) -> (bool, String) {
        let page = fs::read_to_string(workspace::root().join("docs/audit.md")).unwrap();
        let (_, script) = page.split_once("```python\n").unwrap();
        let (script, _) = script.split_once("```").unwrap();
        let args = [self.folder.clone(), self.folder.join("public.pem")];
        let ran = Command::new("python3").args(["-c", script]).args(args).output().unwrap();
        let said = [ran.stdout, ran.stderr].concat();
        (ran.status.success(), String::from_utf8(said).unwrap())
    }

    /// The files of this kind, in order. None before the first checkpoint.
    fn files(&self, kind: &str) -> Vec<PathBuf> {
        let folder = fs::read_dir(self.folder.join("checkpoints/000000"));
        let files = folder.into_iter().flatten().map(|entry| entry.unwrap().path());
        let of_kind = |path: &PathBuf| path.to_str().is_some_and(|path| path.ends_with(kind));
        let mut files: Vec<_> = files.filter(of_kind).collect();
        files.sort();
        files
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.folder);
    }
}

/// Makes checkpoints until one covers the denial of this request.
async fn covered(cast: &Cast, id: &str) {
    let lines = async || {
        let s3 = Copy::of(cast, id).await?;
        let texts = s3
            .files(".jsonl.gz")
            .into_iter()
            .map(|file| domain::checkpoint::unpacked(&fs::read(file).unwrap()).unwrap());
        Ok::<_, anyhow::Error>(texts.collect::<String>())
    };
    cast.stack
        .eventually("a checkpoint of the denial", async || {
            let made = cast.stack.checkpoint().await?;
            anyhow::ensure!(made.get("made").is_some(), "{made}");
            let lines = lines().await?;
            let denied = |line: &str| line.contains(id) && line.contains("\"type\":\"denied\"");
            Ok(lines.lines().any(denied).then_some(()))
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn what_an_auditor_takes_home_proves_the_record_and_names_what_is_altered_or_missing() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    cast.bob.decides(&id, "deny").await;
    covered(&cast, &id).await;

    let copy = Copy::of(&cast, "auditor").await.unwrap();
    let (code, said) = copy.verified(&cast).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("whole and unaltered"), "{said}");

    let (sound, said) = copy.checked_without_our_software();
    assert!(sound && said.contains("unaltered up to"), "{said}");

    let proof = copy.folder.join("proof.json");
    let (folder, key) = (copy.folder.to_str().unwrap(), copy.folder.join("public.pem"));
    let (key, proof) = (key.to_str().unwrap(), proof.to_str().unwrap());
    let args = ["audit", "prove", &id, folder, "--key", key, "--out", proof];
    cast.stack.portcullis(None, &args).await.unwrap().worked().unwrap();
    let verify = ["audit", "verify", proof, "--key", key];
    let said = cast.stack.portcullis(None, &verify).await.unwrap().worked().unwrap();
    assert!(said.contains(&format!("2 entries of request {id}")), "{said}");
    let forged = fs::read_to_string(proof).unwrap().replace("denied", "approved");
    fs::write(proof, forged).unwrap();
    assert_eq!(cast.stack.portcullis(None, &verify).await.unwrap().code, Some(3));

    let segment = copy.files(".jsonl.gz").remove(0);
    let packed = fs::read(&segment).unwrap();
    let mut altered = packed.clone();
    altered[20] ^= 1;
    fs::write(&segment, altered).unwrap();
    let (code, said) = copy.verified(&cast).await;
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("is not the one that was signed"), "{said}");
    let (sound, said) = copy.checked_without_our_software();
    assert!(!sound && said.contains("the segment of statement"), "{said}");

    fs::remove_file(&segment).unwrap();
    let (code, said) = copy.verified(&cast).await;
    assert_eq!(code, Some(4), "{said}");
    fs::write(&segment, packed).unwrap();
    assert_eq!(copy.verified(&cast).await.0, Some(0));
}

type Row = HashMap<String, AttributeValue>;

/// The rows of a request in the audit table, in their order.
async fn rows_of(cast: &Cast, id: &str) -> Vec<Row> {
    let dynamo = aws_sdk_dynamodb::Client::new(&cast.stack.root().await);
    let query = dynamo.query().table_name(cast.stack.output("AuditTable").unwrap());
    let query = query.key_condition_expression("pk = :pk");
    let answer = query.expression_attribute_values(":pk", AttributeValue::S(format!("REQ#{id}")));
    answer.send().await.unwrap().items.unwrap()
}

/// The stories share one table, and others read all of it. So no history has a gap at any moment, and
/// one tale is told after the other.
#[tokio::test]
async fn a_table_that_somebody_writes_to_is_not_what_the_checkpoints_say() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    cast.bob.decides(&id, "deny").await;
    covered(&cast, &id).await;
    let rows = rows_of(&cast, &id).await;
    assert_eq!(rows.len(), 2);
    a_row_that_is_put_behind_our_back_is_named(&cast, &id, &rows[1]).await;
    rows_that_are_deleted_are_missed_and_copied_again(&cast, &id, rows).await;
}

async fn a_row_that_is_put_behind_our_back_is_named(cast: &Cast, id: &str, own: &Row) {
    let dynamo = aws_sdk_dynamodb::Client::new(&cast.stack.root().await);
    let table = cast.stack.output("AuditTable").unwrap();
    let mut forged = own.clone();
    let (pk, sk) = (format!("REQ#{id}"), AttributeValue::S("00000003".to_owned()));
    forged.insert("sk".to_owned(), sk.clone());
    for name in ["arrived", "arrived_at", "day", "place"] {
        forged.remove(name);
    }
    let body = own["body"].as_s().unwrap().replace("denied", "approved");
    forged.insert("body".to_owned(), AttributeValue::S(body));
    dynamo.put_item().table_name(table).set_item(Some(forged)).send().await.unwrap();
    let copy = Copy::of(cast, "forged").await.unwrap();
    let (code, said) = copy.verified_with(cast, &["--table", table]).await;
    let delete = dynamo.delete_item().table_name(table);
    delete.key("pk", AttributeValue::S(pk.clone())).key("sk", sk).send().await.unwrap();
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains(&format!("{pk} 00000003")), "{said}");
}

async fn rows_that_are_deleted_are_missed_and_copied_again(cast: &Cast, id: &str, rows: Vec<Row>) {
    let dynamo = aws_sdk_dynamodb::Client::new(&cast.stack.root().await);
    let table = cast.stack.output("AuditTable").unwrap();
    for row in rows.iter().rev() {
        let key = ["pk", "sk"].map(|name| (name.to_owned(), row[name].clone()));
        let delete = dynamo.delete_item().table_name(table).set_key(Some(key.into()));
        delete.send().await.unwrap();
    }
    let copy = Copy::of(cast, "deleted").await.unwrap();
    let (code, said) = copy.verified(cast).await;
    assert_eq!(code, Some(0), "the files need no table: {said}");
    let (code, said) = copy.verified_with(cast, &["--table", table]).await;
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("lacks") && said.contains("backfill"), "{said}");

    let dry = cast.stack.portcullis(None, &["audit", "backfill", "--dry-run"]).await.unwrap();
    assert!(dry.ok && dry.out.contains(&format!("missing: request {id}, entry 2")), "{dry:?}");
    assert!(rows_of(cast, id).await.is_empty(), "it only compared");
    let copied = cast.stack.portcullis(None, &["audit", "backfill"]).await.unwrap();
    assert!(copied.ok && copied.out.contains("entries copied"), "{copied:?}");
    let bodies =
        |rows: Vec<Row>| rows.into_iter().map(|row| row["body"].clone()).collect::<Vec<_>>();
    assert_eq!(bodies(rows_of(cast, id).await), bodies(rows), "byte for byte");
}
