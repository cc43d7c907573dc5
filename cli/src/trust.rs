//! What a role has to say so that Portcullis can give out sessions of it.

use domain::{Grant, RoleArn};
use serde_json::{Value, json};

/// The trust policy of the role of a session: whom it lets in, under which name, and
/// that the session says whose it is.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required>
pub fn policy(grant: &Grant, session_role: &RoleArn) -> Value {
    let mut condition = json!({ "StringLike": { "sts:RoleSessionName": "pc-*" } });
    if let Grant::Session { external_id: Some(id), .. } = grant
        && let Some(condition) = condition.as_object_mut()
    {
        condition.insert("StringEquals".to_owned(), json!({ "sts:ExternalId": id }));
    }
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": session_role },
            "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
            "Condition": condition,
        }],
    })
}
