//! The trust policy of a role whose sessions Portcullis gives out.

use domain::grant::{GRANT_TAG, Grant, PERSON_TAG, RoleArn};
use serde_json::{Value, json};

/// The trust policy of the role of a session. Only our session role may start one, under a name of
/// ours. Each session must have the tag of its request, and a source identity for the person.
///
/// Each action has a statement of its own, because condition keys belong to actions. The name of a
/// session and the external id are keys of `sts:AssumeRole` only. In a shared statement they would
/// deny the other two actions.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required>
pub fn policy(grant: &Grant, session_role: &RoleArn) -> Value {
    let allow = |action: &str, condition: Value| {
        json!({
            "Effect": "Allow",
            "Principal": { "AWS": session_role },
            "Action": action,
            "Condition": condition,
        })
    };
    let named = json!({ "sts:RoleSessionName": "pc-*" });
    let assumed = match grant {
        Grant::Session { external_id: Some(id), .. } => {
            json!({ "StringLike": named, "StringEquals": { "sts:ExternalId": id } })
        }
        Grant::Session { external_id: None, .. }
        | Grant::InlinePolicy { .. }
        | Grant::ManagedPolicy { .. } => json!({ "StringLike": named }),
    };
    let tagged = json!({
        "StringLike": { format!("aws:RequestTag/{GRANT_TAG}"): "?*" },
        "ForAllValues:StringEquals": { "aws:TagKeys": [GRANT_TAG, PERSON_TAG] },
    });
    let identified = json!({ "StringLike": { "sts:SourceIdentity": "?*" } });
    json!({
        "Version": "2012-10-17",
        "Statement": [
            allow("sts:AssumeRole", assumed),
            allow("sts:TagSession", tagged),
            allow("sts:SetSourceIdentity", identified),
        ],
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Condition keys of these actions as AWS documents them, as far as they are used.
    const KEYS: [(&str, &[&str]); 3] = [
        ("sts:AssumeRole", &["sts:RoleSessionName", "sts:ExternalId"]),
        ("sts:TagSession", &["aws:RequestTag/portcullis:grant", "aws:TagKeys"]),
        ("sts:SetSourceIdentity", &["sts:SourceIdentity"]),
    ];

    #[test]
    fn each_action_stands_under_conditions_that_it_has() {
        let grant = Grant::Session {
            role: "arn:aws:iam::111111111111:role/reader".parse().unwrap(),
            here: false,
            external_id: Some("portcullis-4711".parse().unwrap()),
            policy: None,
            policies: BTreeSet::new(),
        };
        let ours = "arn:aws:iam::000000000000:role/session".parse().unwrap();
        let trust = policy(&grant, &ours);
        let statements = trust["Statement"].as_array().unwrap();
        assert_eq!(statements.len(), KEYS.len());
        for (statement, (action, keys)) in statements.iter().zip(KEYS) {
            assert_eq!(statement["Action"], action);
            let operators = statement["Condition"].as_object().unwrap().values();
            let used = operators.flat_map(|keys| keys.as_object().unwrap().keys());
            let used: BTreeSet<_> = used.map(String::as_str).collect();
            assert_eq!(used, keys.iter().copied().collect(), "{action}");
        }
    }
}
