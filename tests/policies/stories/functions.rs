//! The rights of each function, with the widest parameters and a boundary.

use local::{FUNCTIONS, logical_id};
use serde_json::{Value, json};

use crate::{
    case::{ACCOUNT, Case, Decision},
    evaluator::all_as_expected,
    template::{REGION, Template},
};

/// The functions by their logical ids in the template.
pub(crate) fn logical_ids() -> [String; 10] {
    FUNCTIONS.map(logical_id)
}

const POWERFUL: [&str; 3] = ["Grant", "Expiry", "Reconcile"];
const MANAGED: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/boundary";

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn user(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{name}")
}

fn table(name: &str) -> String {
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
}

fn bounded() -> Template {
    Template::with(&[
        ("Users", json!("engineers/*")),
        ("Roles", json!([role("team/deploy"), role("team/build")])),
        ("ManagedPolicies", json!([MANAGED])),
        ("SessionRoles", json!([role("orders/reader")])),
        ("PermissionsBoundary", json!(BOUNDARY)),
        ("MailFrom", json!("portcullis@example.com")),
    ])
}

/// One case for each function: only these functions may make the call.
fn only(functions: &[&str], template: &Template, ask: impl Fn(Decision) -> Case) -> Vec<Case> {
    let of_each = logical_ids().into_iter().map(|function| {
        let function = function.as_str();
        let may = functions.contains(&function);
        let case = ask(if may { Decision::Allowed } else { Decision::Implicit });
        case.named(function).identity(template.policies_of(function))
    });
    of_each.collect()
}

fn with_boundary(
    action: &'static str,
    resource: String,
    boundary: Option<&'static str>,
) -> impl Fn(Decision) -> Case {
    move |expected| {
        let case = Case::new(action, &resource, expected);
        match boundary {
            Some(boundary) => case.with("iam:PermissionsBoundary", json!(boundary)),
            None => case,
        }
    }
}

#[test]
fn power_over_iam_is_for_three_functions_and_ends_where_the_parameters_end() {
    let template = bounded();
    let none: [&str; 0] = [];
    let mut cases = Vec::new();
    let ours = || Some(BOUNDARY);
    for (action, inside, outside) in [
        ("iam:PutUserPolicy", user("engineers/ann"), user("admins/root")),
        ("iam:PutRolePolicy", role("team/deploy"), role("admin")),
    ] {
        cases.extend(only(&POWERFUL, &template, with_boundary(action, inside.clone(), ours())));
        cases.extend(only(&none, &template, with_boundary(action, outside, ours())));
        let other = Some("arn:aws:iam::123456789012:policy/other");
        cases.extend(only(&none, &template, with_boundary(action, inside.clone(), other)));
        cases.extend(only(&none, &template, with_boundary(action, inside, None)));
    }
    for (action, inside) in [
        ("iam:AttachUserPolicy", user("engineers/ann")),
        ("iam:AttachRolePolicy", role("team/deploy")),
    ] {
        let attach = |policy: &'static str, boundary| {
            let inside = inside.clone();
            move |expected| {
                with_boundary(action, inside.clone(), boundary)(expected)
                    .with("iam:PolicyARN", json!(policy))
            }
        };
        cases.extend(only(&POWERFUL, &template, attach(MANAGED, ours())));
        cases.extend(only(&none, &template, attach(MANAGED, None)));
        let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
        cases.extend(only(&none, &template, attach(admin, ours())));
    }
    all_as_expected(&cases);
}

#[test]
fn what_was_opened_can_be_closed_and_marks_are_ours_alone() {
    let template = bounded();
    let none: [&str; 0] = [];
    let mut cases = Vec::new();
    for (action, resource) in [
        ("iam:DeleteUserPolicy", user("engineers/ann")),
        ("iam:DeleteUserPolicy", user("gone-from-users")),
        ("iam:DeleteRolePolicy", role("team/deploy")),
        ("iam:DeleteRolePolicy", role("orders/reader")),
        // IAM knows no path of a role that is gone.
        ("iam:GetRole", role("deploy")),
    ] {
        let functions: &[&str] = if action == "iam:GetRole" {
            &["Intake", "Publish", "Grant", "Expiry", "Reconcile"]
        } else {
            &POWERFUL
        };
        cases.extend(only(functions, &template, |expected| Case::new(action, &resource, expected)));
    }
    for (keys, functions) in
        [(json!(["portcullis:0badcafe:1"]), &POWERFUL[..]), (json!(["team"]), &none[..])]
    {
        for action in ["iam:TagUser", "iam:UntagUser"] {
            cases.extend(only(functions, &template, |expected| {
                Case::new(action, &user("engineers/ann"), expected)
                    .with("aws:TagKeys", keys.clone())
            }));
        }
    }
    for (action, resource) in [
        ("iam:CreateAccessKey", user("engineers/ann")),
        ("iam:CreateUser", user("engineers/eve")),
        ("iam:PutUserPermissionsBoundary", user("engineers/ann")),
        ("iam:DeleteUserPermissionsBoundary", user("engineers/ann")),
        ("iam:UpdateAssumeRolePolicy", role("team/deploy")),
        ("iam:CreatePolicyVersion", "arn:aws:iam::123456789012:policy/boundary".to_owned()),
        ("iam:PassRole", role("team/deploy")),
        ("lambda:UpdateFunctionCode", format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:Grant")),
        ("kms:CreateGrant", format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/k")),
    ] {
        cases.extend(only(&none, &template, |expected| Case::new(action, &resource, expected)));
    }
    let details = |expected| Case::new("iam:GetAccountAuthorizationDetails", "*", expected);
    cases.extend(only(&["Reconcile"], &template, details));
    all_as_expected(&cases);
}

#[test]
fn bars_need_no_boundary_so_that_every_session_can_be_ended_early() {
    let template = bounded();
    let put = |expected| Case::new("iam:PutRolePolicy", &role("orders/reader"), expected);
    all_as_expected(&only(&POWERFUL, &template, put));
}

#[test]
fn sessions_are_started_by_one_function_of_named_roles_only() {
    let template = bounded();
    let none: [&str; 0] = [];
    let mut cases = Vec::new();
    for action in ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] {
        for (resource, functions) in [
            (role("orders/reader"), &["Session"][..]),
            (role("team/deploy"), &none[..]),
            (role("admin"), &none[..]),
        ] {
            cases.extend(only(functions, &template, |expected| {
                Case::new(action, &resource, expected)
            }));
        }
    }
    let real = role("aws-reserved/sso.amazonaws.com/AWSReservedSSO_dev_0123456789abcdef");
    let looks = ["Intake", "Session", "Publish", "Grant", "Expiry", "Reconcile"];
    cases.extend(only(&looks, &template, |expected| Case::new("iam:GetRole", &real, expected)));
    all_as_expected(&cases);
}

#[test]
fn rows_are_put_by_whom_they_belong_to_and_never_without_naming_their_keys() {
    let template = bounded();
    let none: [&str; 0] = [];
    let writers = ["Intake", "Approval", "Session", "Grant", "Expiry"];
    let requests = table("RequestsTable");
    let of_a_request = json!(["pk", "sk", "body", "version", "status", "due", "due_at"]);
    let put = |keys: Option<Value>, attributes: Option<Value>| {
        let requests = requests.clone();
        move |expected| {
            let mut case = Case::new("dynamodb:PutItem", &requests, expected);
            if let Some(keys) = &keys {
                case = case.with("dynamodb:LeadingKeys", keys.clone());
            }
            if let Some(attributes) = &attributes {
                case = case.with("dynamodb:Attributes", attributes.clone());
            }
            case
        }
    };
    let mut cases = Vec::new();
    let (state, forgotten) = (of_a_request, json!(["pk", "sk", "body", "expires_at"]));
    let (event, plain) = (json!(["pk", "sk", "type", "body"]), json!(["pk", "sk", "body"]));
    let into_the_index = json!(["pk", "sk", "body", "due", "due_at"]);
    for (keys, attributes, functions) in [
        (json!(["REQ#1"]), &state, &writers[..]),
        (json!(["REQ#1"]), &event, &writers[..]),
        // A function that may set an expiry on a row could make DynamoDB delete it.
        (json!(["REQ#1"]), &forgotten, &none[..]),
        (json!(["ASKS#ann"]), &plain, &["Intake"][..]),
        (json!(["IDEM#1"]), &forgotten, &["Intake"][..]),
        (json!(["IDEM#1"]), &into_the_index, &none[..]),
        (json!(["HOLD"]), &into_the_index, &POWERFUL[..]),
        (json!(["BARS"]), &plain, &POWERFUL[..]),
        (json!(["BARS"]), &forgotten, &none[..]),
        (json!(["DRIFT#1"]), &event, &["Expiry", "Reconcile"][..]),
        (json!(["DRIFT#1"]), &into_the_index, &none[..]),
        (json!(["MAIL#1"]), &plain, &["Notify"][..]),
        // The index accepts any row that has its attributes.
        (json!(["MAIL#1"]), &into_the_index, &none[..]),
        (json!(["MAIL#1"]), &forgotten, &none[..]),
        (json!(["RULES"]), &plain, &["Publish"][..]),
        (json!(["RULES"]), &event, &["Publish"][..]),
        (json!(["RULES"]), &into_the_index, &none[..]),
        (json!(["RULES"]), &forgotten, &none[..]),
        (json!(["REQ#1", "RULES"]), &state, &none[..]),
    ] {
        let put = put(Some(keys), Some(attributes.clone()));
        cases.extend(only(functions, &template, put));
    }
    cases.extend(only(&none, &template, put(None, Some(plain))));
    cases.extend(only(&none, &template, put(Some(json!(["REQ#1"])), None)));
    let copy = |expected| Case::new("dynamodb:PutItem", &table("AuditTable"), expected);
    cases.extend(only(&["Audit"], &template, copy));
    let link = |expected| Case::new("dynamodb:PutItem", &table("LinksTable"), expected);
    cases.extend(only(&["Notify"], &template, link));
    all_as_expected(&cases);
}

#[test]
fn no_row_is_changed_or_deleted_and_every_reader_of_the_rules_reads_their_history() {
    let template = bounded();
    let none: [&str; 0] = [];
    let mut cases = Vec::new();
    for action in
        ["UpdateItem", "DeleteItem", "BatchWriteItem", "DeleteTable", "Scan", "PartiQLInsert"]
    {
        for name in ["RequestsTable", "LinksTable", "AuditTable"] {
            let action = format!("dynamodb:{action}");
            cases.extend(only(&none, &template, |expected| {
                Case::new(&action, &table(name), expected)
                    .with("dynamodb:LeadingKeys", json!(["REQ#1"]))
            }));
        }
    }
    let all = logical_ids();
    let readers: Vec<_> = all
        .iter()
        .map(String::as_str)
        .filter(|name| !["Audit", "Checkpoint"].contains(name))
        .collect();
    for (keys, functions) in [(json!(["RULES"]), &readers[..]), (json!(["LINK#1"]), &["Intake"])] {
        cases.extend(only(functions, &template, |expected| {
            Case::new("dynamodb:Query", &table("RequestsTable"), expected)
                .with("dynamodb:LeadingKeys", keys.clone())
        }));
    }
    all_as_expected(&cases);
}

#[test]
fn without_roles_policies_and_sessions_nothing_of_that_is_allowed() {
    let template = Template::with(&[("MailFrom", json!("portcullis@example.com"))]);
    let none: [&str; 0] = [];
    let mut cases = Vec::new();
    for action in ["iam:PutRolePolicy", "iam:DeleteRolePolicy", "sts:AssumeRole"] {
        cases.extend(only(&none, &template, |expected| Case::new(action, &role("x"), expected)));
    }
    cases.extend(only(&none, &template, |expected| {
        Case::new("iam:AttachUserPolicy", &user("ann"), expected)
            .with("iam:PolicyARN", json!(MANAGED))
    }));
    cases.extend(only(&POWERFUL, &template, |expected| {
        Case::new("iam:PutUserPolicy", &user("ann"), expected)
    }));
    all_as_expected(&cases);
}

#[test]
fn mail_is_sent_from_our_address_by_one_function() {
    let template = bounded();
    let none: [&str; 0] = [];
    let identity = format!("arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com");
    let send = |from: &'static str| {
        let identity = identity.clone();
        move |expected| {
            Case::new("ses:SendEmail", &identity, expected).with("ses:FromAddress", json!(from))
        }
    };
    let mut cases = only(&["Notify"], &template, send("portcullis@example.com"));
    cases.extend(only(&none, &template, send("ceo@example.com")));
    all_as_expected(&cases);
}
