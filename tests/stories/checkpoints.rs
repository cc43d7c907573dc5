//! Checkpoints: what an auditor takes home proves the record, without AWS and without us.

use std::{fs, path::PathBuf, process::Command};

use anyhow::Result;
use aws::s3::Bucket;
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
        let key = self.folder.join("public.pem");
        let args =
            ["audit", "verify", self.folder.to_str().unwrap(), "--key", key.to_str().unwrap()];
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

    let segment = copy.files(".jsonl.gz").remove(0);
    let packed = fs::read(&segment).unwrap();
    let mut altered = packed.clone();
    altered[20] ^= 1;
    fs::write(&segment, altered).unwrap();
    let (code, said) = copy.verified(&cast).await;
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("is not the one that was signed"), "{said}");
    let (sound, said) = copy.checked_without_our_software();
    assert!(!sound && said.contains("its segment"), "{said}");

    fs::remove_file(&segment).unwrap();
    let (code, said) = copy.verified(&cast).await;
    assert_eq!(code, Some(4), "{said}");
    fs::write(&segment, packed).unwrap();
    assert_eq!(copy.verified(&cast).await.0, Some(0));
}
