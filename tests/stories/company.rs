//! The rules that all stories share: a cast for each story, and a crowd.

use std::fmt::Write as _;

use rules::source::Sources;
use serde_json::json;

/// The largest number of stories.
pub(crate) const CASTS: usize = 90;

/// The people who may decide requests for [`BY_MANY`].
pub(crate) const CROWD: usize = 50;

/// The account of the rules, and the sessions in it that are named after people.
const ACCOUNT: &str = "account = \"000000000000\"\n\
    trusted_sessions = [\"arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_*\"]\n";

/// An entitlement that each Ann may ask for, and that two of many people have to approve.
pub(crate) const BY_MANY: &str = "orders-by-many";

/// The mail address of one of the many.
pub(crate) fn one_of_many(one: usize) -> String {
    format!("crowd-{one}@example.com")
}

/// The rules, with some people for each cast and entitlements of their own.
pub(crate) fn sources() -> Sources {
    let (mut people, mut entitlements) = (ACCOUNT.to_owned(), BY_MANY_ENTRY.to_owned());
    for cast in 0..CASTS {
        people += &people_of(cast);
        entitlements += &entitlements_of(cast);
    }
    for one in 0..CROWD {
        people += &person(&one_of_many(one), "one of many", "groups = [\"crowd\"]");
    }
    let mut sources = Sources::default();
    sources.set("people.toml", people);
    sources.set("policies/large.json", large_policy());
    sources.set("entitlements.toml", entitlements);
    sources.set("limits.cedar", CEDAR);
    for table in local::stack::PROTECTED {
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": "dynamodb:GetItem",
                "Resource": format!("arn:aws:dynamodb:*:*:table/{table}"),
            }],
        });
        sources.set(format!("policies/{table}.json"), policy.to_string());
    }
    sources
}

/// A policy about as large as IAM accepts on one user, beside the policy that lets them call the
/// API.
fn large_policy() -> String {
    let tables = (0..32).map(|n| format!("arn:aws:dynamodb:*:*:table/orders-of-{n:02}-\u{e9}"));
    let statement = json!({
        "Effect": "Allow",
        "Action": "dynamodb:GetItem",
        "Resource": tables.chain(["arn:aws:dynamodb:*:*:table/orders".to_owned()]).collect::<Vec<_>>(),
    });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

/// The people of a cast. Ann asks. Bob and Carol approve. Eve has no part. Zoe's address is outside
/// of the domain that our mails go to.
fn people_of(cast: usize) -> String {
    let with_keys = |(name, groups): (&str, &str)| {
        let user = format!("{name}-{cast}");
        let arns = format!("arns = [\"arn:aws:iam::000000000000:user/{user}\"]\n{groups}");
        person(&format!("{user}@example.com"), name, &arns)
    };
    [("ann", "groups = [\"askers\"]"), ("bob", ""), ("carol", ""), ("eve", "")]
        .map(with_keys)
        .concat()
        + &person(&format!("zoe-{cast}@elsewhere.test"), "zoe", "")
}

fn person(mail: &str, name: &str, more: &str) -> String {
    format!("[[person]]\nmail = \"{mail}\"\nname = \"{name}\"\n{more}\n")
}

fn entitlements_of(cast: usize) -> String {
    let to = format!("[\"eve-{cast}@example.com\", \"zoe-{cast}@elsewhere.test\"]");
    let nobody_answers = format!("remind_at = 1\nescalate = {{ to = {to}, at = 2 }}");
    let mut entitlements = String::new();
    for (name, table, quorum, decide_within, more) in [
        ("orders-read", "orders", 1, "1h", ""),
        ("payroll-read", "payroll", 1, "1h", ""),
        ("orders-by-two", "orders", 2, "1h", ""),
        ("orders-in-a-hurry", "orders", 1, "8s", ""),
        ("orders-signed-in", "orders", 1, "1h", "sign_in = true"),
        ("orders-of-nobody", "orders", 1, "30s", &nobody_answers),
    ] {
        _ = write!(
            entitlements,
            "[[entitlement]]\nid = \"{name}-{cast}\"\ntitle = \"Read {table}\"\n\
             requesters = [\"ann-{cast}@example.com\"]\n\
             approvers = [\"bob-{cast}@example.com\", \"carol-{cast}@example.com\"]\n\
             quorum = {quorum}\nmax_duration = \"1h\"\n\
             decide_within = \"{decide_within}\"\n{more}\n\
             break_glass = {{ review_within = \"1h\" }}\n\
             grant = {{ kind = \"inline_policy\", policy = \"policies/{table}.json\" }}\n"
        );
    }
    for (name, grant) in [
        ("orders-managed", format!("kind = \"managed_policy\", policy = \"{MANAGED}\"")),
        ("orders-by-session", session("000000000000:role/orders-reader", "")),
        ("orders-elsewhere", session("111111111111:role/orders-reader", ELSEWHERE)),
        ("orders-untagged", session("000000000000:role/orders-untagged", "")),
        ("orders-by-role", format!("{FOR_ALL}, role = \"team-{cast}\"")),
        ("orders-for-nobody", format!("{FOR_ALL}, role = \"nobody-{cast}\"")),
        ("orders-out-of-reach", format!("{FOR_ALL}, role = \"beyond-{cast}\"")),
    ] {
        _ = write!(
            entitlements,
            "[[entitlement]]\nid = \"{name}-{cast}\"\ntitle = \"Read orders\"\n\
             requesters = [\"ann-{cast}@example.com\", \"carol-{cast}@example.com\"]\n\
             approvers = [\"bob-{cast}@example.com\", \"carol-{cast}@example.com\"]\n\
             max_duration = \"1h\"\ndecide_within = \"1h\"\ngrant = {{ {grant} }}\n"
        );
    }
    entitlements
}

/// The managed policy to read orders. The grants below read orders in other ways than by an inline
/// policy on the requester's user.
pub(crate) const MANAGED: &str = "arn:aws:iam::000000000000:policy/read-orders";
const FOR_ALL: &str = "kind = \"inline_policy\", policy = \"policies/orders.json\"";
const ELSEWHERE: &str = ", external_id = \"portcullis-4711\"";

fn session(role: &str, more: &str) -> String {
    let policy = "policy = \"policies/orders.json\"";
    format!("kind = \"session\", role = \"arn:aws:iam::{role}\", {policy}{more}")
}

const BY_MANY_ENTRY: &str = r#"
timezone = "Europe/Berlin"
[[entitlement]]
id = "orders-by-many"
title = "Read orders"
requesters = ["group:askers"]
approvers = ["group:crowd"]
quorum = 2
max_duration = "1h"
decide_within = "1h"
grant = { kind = "inline_policy", policy = "policies/large.json" }
"#;

/// A person who may ask may also break glass, and short access needs no approval.
const CEDAR: &str = r#"
@id("break-glass")
permit (principal, action == Action::"breakGlass", resource)
when { resource.requesters.people.contains(principal) };

@id("short-is-free")
permit (principal, action == Action::"autoApprove", resource)
when { context.duration <= 5 };

@id("not-for-fun")
@reason("fun is no reason")
@advice("ask when there is work to do")
forbid (principal, action in [Action::"request", Action::"breakGlass"], resource)
when { context has ticket && context.ticket like "FUN-*" };
"#;
