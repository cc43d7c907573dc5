//! The template as the local AWS takes it.

use std::fs;

use anyhow::{Context, Result};

use crate::workspace;

/// Conditions that allow a call only if it names its rows, or the algorithm of its signature. The
/// local AWS never tells either, so their lines are left out.
const LEFT_OUT: [&str; 2] =
    [r#""Null": { "dynamodb:LeadingKeys": "false""#, r#""kms:SigningAlgorithm""#];

/// A condition that no call meets.
const NEVER: &str = r#"StringEquals: { "aws:PrincipalArn": "nobody" }"#;

/// The texts that are replaced: the local AWS has no TLS, does not tell whether a write may replace a
/// file, and takes a session of a role for a principal of its own.
const REPLACED: [(&str, &str); 3] = [
    (r#"Bool: { "aws:SecureTransport": "false" }"#, NEVER),
    (r#""Null": { "s3:if-none-match": "true" }"#, NEVER),
    (
        "iam::${AWS::AccountId}:role/portcullis/${AWS::StackName}/*-CheckpointRole-*",
        "sts::${AWS::AccountId}:assumed-role/*-CheckpointRole-*",
    ),
];

/// The template, with the zips of the functions in this bucket instead of their packages, as `sam
/// package` does; and without conditions on what the local AWS does not know of a call.
pub(crate) fn for_the_local_aws(bucket: &str) -> Result<String> {
    let path = workspace::root().join("infra/template.yaml");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let kept = text.lines().filter(|line| !LEFT_OUT.iter().any(|left_out| line.contains(left_out)));
    let lines = kept.map(|line| match line.split_once("CodeUri: ../functions/") {
        Some((indent, name)) => format!("{indent}CodeUri: s3://{bucket}/{name}.zip\n"),
        None => {
            REPLACED.iter().fold(line.to_owned(), |line, (from, to)| line.replace(from, to)) + "\n"
        }
    });
    Ok(lines.collect())
}
