//! The record proves what happened, and holds nothing that must not be written.

use portcullis::verify::verify;
use serde_json::Value;

use crate::world::Cast;

#[tokio::test]
async fn every_event_reaches_the_audit_record_as_it_was_written() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    cast.bob.decides(&id, "approve").await;
    let active = cast.becomes(&id, "active").await;
    let lines = cast
        .stack
        .eventually("four events on record", async || {
            let export = export(&cast).await?;
            let of_ann = |line: &&str| line.contains(&id);
            let lines: Vec<_> = export.lines().filter(of_ann).map(str::to_owned).collect();
            Ok((lines.len() == 4).then_some(lines))
        })
        .await
        .unwrap();

    let exported: Vec<Value> = lines.iter().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(&exported, active["timeline"].as_array().unwrap(), "a copy, and nothing else");
    assert_eq!(verify(&lines.join("\n")).unwrap().events, 4);

    let forged = lines.join("\n").replacen("seen and thought", "seen amd thought", 1);
    assert_eq!(verify(&forged).unwrap_err().row, 2);
    let missing = [&lines[0], &lines[2], &lines[3]].map(String::as_str).join("\n");
    assert_eq!(verify(&missing).unwrap_err().row, 2);
}

#[tokio::test]
async fn the_record_of_all_stories_together_verifies() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    cast.bob.decides(&id, "deny").await;
    let export = cast
        .stack
        .eventually("the denial on record", async || {
            let export = export(&cast).await?;
            let on_record = |l: &str| l.contains(&id) && l.contains("\"type\":\"denied\"");
            Ok(export.lines().any(on_record).then_some(export))
        })
        .await
        .unwrap();
    assert!(verify(&export).unwrap().events >= 2);
}

/// Reads a CSV file as an auditor's own program does, and prints the rows of one request as JSON.
const READER: &str = "
import csv, json, sys
rows = list(csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8')))
print(json.dumps([row for row in rows if row['request_id'] == sys.argv[2]]))
";

#[tokio::test]
async fn the_population_is_read_by_the_programs_of_others_and_its_totals_add_up() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    cast.bob.decides(&id, "deny").await;
    let out = std::env::temp_dir().join(format!("population-{}.csv", std::process::id()));
    let out = out.to_str().unwrap();
    let yesterday = aws::clock::now() - jiff::SignedDuration::from_hours(24);
    let from = yesterday.strftime("%Y-%m-%d").to_string();
    let args = ["audit", "export", "--view", "requests", "--format", "csv", "--from", &from];
    let args = [&args[..], &["--out", out]].concat();
    let row = cast
        .stack
        .eventually("the denial among the requests", async || {
            cast.stack.portcullis(None, &args).await?.worked()?;
            let python = std::process::Command::new("python3");
            let ran = { python }.args(["-c", READER, out, &id]).output()?;
            let rows: Vec<Value> = serde_json::from_slice(&ran.stdout)?;
            Ok(rows.into_iter().find(|row| row["status"] == "denied"))
        })
        .await
        .unwrap();
    assert_eq!(row["requester"], cast.ann.someone.mail.as_str());
    assert!(row["entitlement"].as_str().unwrap().starts_with("orders-read"), "{row}");
    assert_eq!(row["kind"], "inline_policy");
    assert!(row["decisions"].as_str().unwrap().starts_with("deny by "), "{row}");
    assert_eq!((&row["effective_at"], &row["sessions"]), (&"".into(), &"0".into()));

    let text = std::fs::read(out).unwrap();
    let manifest = std::fs::read(format!("{out}.manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["sha256"], domain::value::Digest::plain(&text).to_string());
    let of_each = manifest["rows_by_status"].as_object().unwrap().values();
    let sum: u64 = of_each.map(|of_one| of_one.as_u64().unwrap()).sum();
    assert_eq!(manifest["rows"], sum);
    for file in [out, &format!("{out}.manifest.json")] {
        std::fs::remove_file(file).unwrap();
    }
}

#[tokio::test]
async fn no_token_and_no_word_of_a_person_reaches_a_log() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    let link = cast.bob.link(&id).await;
    let secret = link.rsplit_once('.').unwrap().1.to_owned();
    cast.answers_by_mail(&cast.bob, &id, "approve").await;
    cast.becomes(&id, "active").await;
    let logs = cast
        .stack
        .eventually("the opening in the logs", async || {
            let logs = cast.stack.function_logs().await?;
            Ok(logs.contains(&id).then_some(logs))
        })
        .await
        .unwrap();
    assert!(!logs.contains(&secret), "the token of a link is in the logs");
    for words in ["incident 4711", "seen and thought about", "secret_access_key"] {
        assert!(!logs.contains(words), "`{words}` is in the logs");
    }
}

#[tokio::test]
async fn a_link_is_stored_by_its_digest_and_nowhere_as_it_is() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    let link = cast.bob.link(&id).await;
    let secret = link.rsplit_once('.').unwrap().1;
    let dynamo = aws_sdk_dynamodb::Client::new(&cast.stack.root().await);
    for table in ["RequestsTable", "LinksTable", "AuditTable"] {
        let table = cast.stack.output(table).unwrap();
        let pages = dynamo.scan().table_name(table).into_paginator().items().send();
        let rows = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
        assert!(!rows.is_empty());
        assert!(!format!("{rows:?}").contains(secret), "{table} holds the token of a link");
    }
}

/// Exports the whole record from yesterday on, because the day may change while stories run.
async fn export(cast: &Cast) -> anyhow::Result<String> {
    let yesterday = aws::clock::now() - jiff::SignedDuration::from_hours(24);
    let from = yesterday.strftime("%Y-%m-%d").to_string();
    cast.stack.portcullis(None, &["audit", "export", "--from", &from]).await?.worked()
}
