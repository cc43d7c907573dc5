//! The key and the bucket of the checkpoints: one function signs and puts, and nobody else does,
//! whatever they are allowed elsewhere.

use serde_json::{Value, json};

use crate::{
    case::{ACCOUNT, Case, Decision, allow},
    evaluator::all_as_expected,
    functions::logical_ids,
    template::{STACK, Template},
};

const ALGORITHM: &str = "RSASSA_PKCS1_V1_5_SHA_256";

/// The role of a function, as the deployment names it.
fn role_of(function: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/portcullis/{STACK}/{STACK}-{function}Role-X")
}

/// The key and the bucket, with their policies, and a file in the bucket.
struct Parts {
    template: Template,
    key: (String, Value),
    bucket: (String, Value),
    file: String,
}

impl Parts {
    fn new() -> Self {
        let template = Template::with(&[("MailFrom", json!("portcullis@example.com"))]);
        let key_policy = template.resource("CheckpointKey").unwrap()["KeyPolicy"].clone();
        let bucket_policy = template.resource("CheckpointBucketPolicy").unwrap();
        let key = (template.attribute("CheckpointKey.Arn"), key_policy);
        let bucket = template.attribute("CheckpointBucket.Arn");
        let file = format!("{bucket}/checkpoints/000000/000000001.statement");
        Self { key, bucket: (bucket, bucket_policy["PolicyDocument"].clone()), file, template }
    }

    /// A call by a principal with these rights, over TLS, of a write that replaces nothing.
    fn call(&self, by: &str, action: &str, rights: Vec<Value>, expected: Decision) -> Case {
        let (resource, policy) = match action.split_once(':').unwrap() {
            ("kms", _) => (&self.key.0, &self.key.1),
            (_, "ListBucket" | "PutBucketPolicy") => (&self.bucket.0, &self.bucket.1),
            _ => (&self.file, &self.bucket.1),
        };
        Case::new(action, resource, expected)
            .named(by)
            .with("aws:PrincipalArn", json!(by))
            .with("aws:SecureTransport", json!("true"))
            .with("s3:if-none-match", json!("*"))
            .with("kms:SigningAlgorithm", json!(ALGORITHM))
            .identity(rights)
            .resource_policy(policy.clone())
    }
}

#[test]
fn one_function_signs_and_puts_and_does_nothing_else() {
    let parts = Parts::new();
    let mut cases = Vec::new();
    for function in logical_ids() {
        let own = function == "Checkpoint";
        let role = role_of(&function);
        for (action, own_right, others) in [
            ("kms:Sign", Decision::Allowed, Decision::Explicit),
            ("s3:PutObject", Decision::Allowed, Decision::Explicit),
            ("s3:GetObject", Decision::Allowed, Decision::Implicit),
            ("s3:ListBucket", Decision::Allowed, Decision::Implicit),
            ("s3:DeleteObject", Decision::Explicit, Decision::Explicit),
            ("s3:DeleteObjectVersion", Decision::Implicit, Decision::Implicit),
            ("s3:BypassGovernanceRetention", Decision::Explicit, Decision::Explicit),
            ("s3:PutBucketPolicy", Decision::Implicit, Decision::Implicit),
            ("kms:PutKeyPolicy", Decision::Implicit, Decision::Implicit),
            ("kms:ScheduleKeyDeletion", Decision::Implicit, Decision::Implicit),
        ] {
            let expected = if own { own_right } else { others };
            let rights = parts.template.policies_of(&function);
            cases.push(parts.call(&role, action, rights, expected));
        }
    }
    let rights = || parts.template.policies_of("Checkpoint");
    let signs = parts.call(&role_of("Checkpoint"), "kms:Sign", rights(), Decision::Implicit);
    cases.push(signs.with("kms:SigningAlgorithm", json!("RSASSA_PSS_SHA_256")));
    all_as_expected(&cases);
}

#[test]
fn an_auditor_reads_the_record_and_nothing_else() {
    let template = Template::with(&[
        ("MailFrom", json!("portcullis@example.com")),
        ("Auditors", json!([format!("arn:aws:iam::{ACCOUNT}:role/audit")])),
    ]);
    let rights = || template.policies_of("Auditor");
    let parts = Parts::new();
    let who = role_of("Auditor");
    let mut cases = Vec::new();
    for (action, expected) in [
        ("kms:GetPublicKey", Decision::Allowed),
        ("kms:Sign", Decision::Explicit),
        ("s3:GetObject", Decision::Allowed),
        ("s3:ListBucket", Decision::Allowed),
        ("s3:PutObject", Decision::Explicit),
        ("s3:DeleteObjectVersion", Decision::Implicit),
    ] {
        cases.push(parts.call(&who, action, rights(), expected));
    }
    for (action, table, expected) in [
        ("Query", "AuditTable", Decision::Allowed),
        ("Scan", "AuditTable", Decision::Allowed),
        ("PutItem", "AuditTable", Decision::Implicit),
        ("DeleteItem", "AuditTable", Decision::Implicit),
        ("GetItem", "RequestsTable", Decision::Implicit),
        ("Query", "LinksTable", Decision::Implicit),
    ] {
        let table = template.attribute(&format!("{table}.Arn"));
        let case = Case::new(&format!("dynamodb:{action}"), &table, expected);
        cases.push(case.identity(rights()));
    }
    all_as_expected(&cases);
}

#[test]
fn no_administrator_signs_or_puts_or_deletes_and_no_write_replaces_a_file_or_goes_without_tls() {
    let parts = Parts::new();
    let admin = format!("arn:aws:iam::{ACCOUNT}:role/admin");
    let copy = format!("arn:aws:iam::{ACCOUNT}:role/{STACK}-CheckpointRole-X");
    let all = || vec![allow("*", "*")];
    let mut cases = Vec::new();
    for who in [&admin, &copy] {
        for action in [
            "kms:Sign",
            "s3:PutObject",
            "s3:DeleteObject",
            "s3:PutObjectRetention",
            "s3:BypassGovernanceRetention",
        ] {
            cases.push(parts.call(who, action, all(), Decision::Explicit));
        }
        for action in ["s3:GetObject", "kms:GetPublicKey"] {
            cases.push(parts.call(who, action, all(), Decision::Allowed));
        }
    }
    let own = role_of("Checkpoint");
    let plain = parts.call(&own, "s3:GetObject", all(), Decision::Explicit);
    cases.push(plain.with("aws:SecureTransport", json!("false")));
    let replaces = parts.call(&own, "s3:PutObject", all(), Decision::Explicit);
    cases.push(replaces.without("s3:if-none-match"));
    all_as_expected(&cases);
}
