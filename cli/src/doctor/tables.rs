//! The tables: whether each exists, is protected, can be restored, and removes expired rows.

use aws_sdk_dynamodb::{
    Client,
    types::{PointInTimeRecoveryStatus, TableStatus, TimeToLiveStatus},
};

use super::{Checkup, finding::Findings};

/// A table, by the output that names it, and the settings that it must have.
struct ExpectedTable {
    output: &'static str,
    kept: bool,
    streams: bool,
    forgets: bool,
}

const TABLES: [ExpectedTable; 3] = [
    ExpectedTable { output: "RequestsTable", kept: true, streams: true, forgets: true },
    ExpectedTable { output: "LinksTable", kept: false, streams: false, forgets: true },
    ExpectedTable { output: "AuditTable", kept: true, streams: false, forgets: false },
];

const ABOUT: &str = "tables";
const DEPLOY: &str = "deploy the template again, and see who changed it by hand";

impl Checkup<'_> {
    pub(super) async fn tables(&self, findings: &mut Findings) {
        let client = Client::new(self.sdk);
        for expected in TABLES {
            let name = self.deployment.output(expected.output);
            let before = findings.wrongs();
            self.table(&client, (name, &expected), findings).await;
            if findings.wrongs() == before {
                findings.fine(ABOUT, format!("{name} is there and protected"));
            }
        }
    }

    async fn table(
        &self,
        client: &Client,
        (name, expected): (&str, &ExpectedTable),
        findings: &mut Findings,
    ) {
        let described = match client.describe_table().table_name(name).send().await {
            Ok(described) => described.table,
            Err(error) => return findings.could_not_check(ABOUT, &error),
        };
        let Some(table) = described else { return };
        if table.table_status != Some(TableStatus::Active) {
            findings.wrong(ABOUT, format!("{name} is not active"), "wait, and look again");
        }
        let protected = table.deletion_protection_enabled.unwrap_or_default();
        if expected.kept && !protected {
            findings.wrong(ABOUT, format!("{name} can be deleted"), DEPLOY);
        }
        let stream = table.stream_specification.is_some_and(|stream| stream.stream_enabled);
        if expected.streams && !stream {
            findings.wrong(ABOUT, format!("{name} has no stream: nothing is opened"), DEPLOY);
        }
        if expected.kept {
            restorable(client, name, findings).await;
        }
        if expected.forgets {
            forgetful(client, name, findings).await;
        }
    }
}

async fn restorable(client: &Client, name: &str, findings: &mut Findings) {
    let status = match client.describe_continuous_backups().table_name(name).send().await {
        Ok(answer) => answer
            .continuous_backups_description
            .and_then(|backups| backups.point_in_time_recovery_description)
            .and_then(|recovery| recovery.point_in_time_recovery_status),
        Err(error) => return findings.could_not_check(ABOUT, &error),
    };
    if status != Some(PointInTimeRecoveryStatus::Enabled) {
        findings.wrong(ABOUT, format!("{name} cannot be restored to an earlier time"), DEPLOY);
    }
}

async fn forgetful(client: &Client, name: &str, findings: &mut Findings) {
    let status = match client.describe_time_to_live().table_name(name).send().await {
        Ok(answer) => answer.time_to_live_description.and_then(|ttl| ttl.time_to_live_status),
        Err(error) => return findings.could_not_check(ABOUT, &error),
    };
    if status != Some(TimeToLiveStatus::Enabled) {
        findings.look(ABOUT, format!("{name} keeps what it should forget"), DEPLOY);
    }
}
