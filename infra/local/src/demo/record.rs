//! The last step of the demo: the record is exported, verified, signed and proved.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Story, at};

impl Story<'_> {
    pub(super) async fn proved(&self, id: &str) -> Result<()> {
        self.narrator.chapter("11  It can be proved");
        // The day when the request was made, because the day may have changed since.
        let request = self.request(id).await?;
        let first = request.timeline.iter().flatten().next().context("no timeline")?;
        let today = &first.at().strftime("%Y-%m-%d").to_string();
        self.stack
            .eventually("the last event in the audit record", async || {
                let lines = self
                    .stack
                    .portcullis(None, &["audit", "export", "--from", today])
                    .await?
                    .worked()?;
                let ended = |line: &str| line.contains(id) && line.contains("\"type\":\"ended\"");
                Ok(lines.lines().any(ended).then_some(()))
            })
            .await?;
        let folder = self.stack.folder();
        let (whole, forged) = (folder.join("audit.jsonl"), folder.join("forged.jsonl"));
        let (whole, forged) = (whole.to_string_lossy(), forged.to_string_lossy());
        self.types(None, &["audit", "export", "--from", today, "--out", &whole]).await?;
        let text = std::fs::read_to_string(&*whole)?;
        for line in text.lines() {
            let entry: Value = serde_json::from_str(line)?;
            let mut actors = ["/actor/person", "/actor/caller"].iter();
            let actor = actors.find_map(|at| entry.pointer(at).and_then(Value::as_str));
            self.narrator.quote(&format!(
                "{} {:<10} {:<16} {}…",
                entry.pointer("/seq").unwrap_or(&Value::Null),
                at(&entry, "/event/type"),
                actor.unwrap_or("portcullis"),
                at(&entry, "/hash").get(..16).unwrap_or_default(),
            ));
        }
        let about = text.lines().filter(|line| line.contains(id)).count();
        ensure!(about == 5 && text.contains("published"), "the record is not whole:\n{text}");
        self.types(None, &["audit", "verify", &whole]).await?;
        std::fs::write(&*forged, text.replacen("go ahead", "go bhead", 1))?;
        self.narrator.say("one byte of Bob's reason is changed:");
        let refused = self.stack.portcullis(None, &["audit", "verify", &forged]).await?;
        ensure!(
            !refused.ok && refused.err.contains(&format!("request {id}, entry 2")),
            "the forgery was not found: {refused:?}"
        );
        self.narrator.quote(&refused.err);
        self.checkpoint(id).await
    }

    /// Signs the record, and proves it with the public key alone.
    async fn checkpoint(&self, id: &str) -> Result<()> {
        self.narrator.say("the next checkpoint signs all of it, and locks it into the bucket:");
        self.stack.checkpoint().await?;
        let folder = self.stack.folder();
        let [key, proof] = ["public.pem", "proof.json"].map(|name| folder.join(name));
        let (key, proof) = (key.to_string_lossy(), proof.to_string_lossy());
        std::fs::write(&*key, self.stack.portcullis(None, &["audit", "key"]).await?.worked()?)?;
        let bucket = format!("s3://{}", self.stack.output("CheckpointBucket")?);
        self.types(None, &["audit", "verify", &bucket, "--key", &key]).await?;
        let prove = ["audit", "prove", id, &bucket, "--key", &key, "--out", &proof];
        self.types(None, &prove).await?;
        self.types(None, &["audit", "verify", &proof, "--key", &key]).await?;
        Ok(())
    }
}
