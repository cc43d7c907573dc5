//! Grants of each kind: inside their window, before it, after it, for another principal, and
//! revoked.

use domain::{
    grant::{Deployment, PolicyDocument, Principal},
    value::Window,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    case::{ACCOUNT, Case, Decision, allow},
    evaluator::{all_as_expected, decisions},
    sessions::session,
    template::{REGION, STACK, Template},
};

pub(crate) const BEFORE: &str = "2026-05-04T09:59:59Z";
pub(crate) const FIRST: &str = "2026-05-04T10:00:00Z";
pub(crate) const LAST: &str = "2026-05-04T10:59:59Z";
pub(crate) const AFTER: &str = "2026-05-04T11:00:00Z";
const ANN: &str = "AIDAEXAMPLEEXAMPLEANN";
const DEPLOY: &str = "AROAEXAMPLEEXAMPLEDEP";
pub(crate) const OBJECT: &str = "arn:aws:s3:::orders/1";

pub(crate) fn window() -> Window {
    Window::opening(FIRST.parse::<Timestamp>().unwrap(), "1h".parse().unwrap())
}

pub(crate) fn deployment() -> Deployment {
    Deployment::of_stack(REGION, STACK)
}

pub(crate) fn read(statements: &str) -> PolicyDocument {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    PolicyDocument::from_json(&text).unwrap()
}

pub(crate) fn reading() -> PolicyDocument {
    read(r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::orders/*"}"#)
}

pub(crate) fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

pub(crate) fn fenced(policy: &PolicyDocument, on: &Principal, id: &str) -> Value {
    json_of(&policy.fenced(window(), (on, &id.parse().unwrap()), deployment().guard()))
}

#[test]
fn an_inline_policy_opens_to_its_holder_inside_its_window_and_to_nobody_else() {
    let ann = Principal::User("ann".parse().unwrap());
    let deploy = Principal::Role("deploy".parse().unwrap());
    let (of_ann, of_deploy) = (fenced(&reading(), &ann, ANN), fenced(&reading(), &deploy, DEPLOY));
    let get = |expected| Case::new("s3:GetObject", OBJECT, expected);
    let mut cases = Vec::new();
    for (time, expected) in [
        (BEFORE, Decision::Implicit),
        (FIRST, Decision::Allowed),
        (LAST, Decision::Allowed),
        (AFTER, Decision::Implicit),
    ] {
        cases.push(get(expected).by_user("ann", ANN).at(time).identity([of_ann.clone()]));
        cases.push(get(expected).by_role("deploy", DEPLOY).at(time).identity([of_deploy.clone()]));
    }
    let other = "AIDAEXAMPLEEXAMPLENEW";
    cases.push(
        get(Decision::Implicit)
            .named("recreated")
            .by_user("ann", other)
            .at(FIRST)
            .identity([of_ann]),
    );
    cases.push(
        get(Decision::Implicit)
            .named("recreated")
            .by_role("deploy", other)
            .at(FIRST)
            .identity([of_deploy]),
    );
    all_as_expected(&cases);
}

/// Calls on parts of Portcullis and on their neighbours: the action, the resource and the decision.
fn parts() -> Vec<(&'static str, String, Decision)> {
    let part = |service: &str, rest: &str| format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}");
    vec![
        (
            "dynamodb:PutItem",
            part("dynamodb", "table/portcullis-RequestsTable-1"),
            Decision::Explicit,
        ),
        (
            "dynamodb:PutResourcePolicy",
            part("dynamodb", "table/portcullis-AuditTable-1"),
            Decision::Explicit,
        ),
        ("dynamodb:PutItem", part("dynamodb", "table/orders"), Decision::Allowed),
        (
            "lambda:UpdateFunctionCode",
            part("lambda", "function:portcullis-Grant-1"),
            Decision::Explicit,
        ),
        ("lambda:InvokeFunction", part("lambda", "function:orders"), Decision::Allowed),
        ("events:PutEvents", part("events", "event-bus/portcullis"), Decision::Explicit),
        (
            "logs:DeleteLogGroup",
            part("logs", "log-group:portcullis-GrantLogs-1"),
            Decision::Explicit,
        ),
        (
            "iam:UpdateAssumeRolePolicy",
            format!("arn:aws:iam::{ACCOUNT}:role/portcullis/portcullis/portcullis-GrantRole-1"),
            Decision::Explicit,
        ),
        (
            "iam:CreatePolicyVersion",
            format!("arn:aws:iam::{ACCOUNT}:policy/portcullis-PowerOverUsers-1"),
            Decision::Explicit,
        ),
        (
            "scheduler:UpdateSchedule",
            part("scheduler", "schedule/default/portcullis-ExpiryEveryMinute-1"),
            Decision::Explicit,
        ),
        (
            "cloudformation:UpdateStack",
            part("cloudformation", "stack/portcullis/0123"),
            Decision::Explicit,
        ),
        // The holder can still call the API to give the access back.
        (
            "execute-api:Invoke",
            part("execute-api", "api/$default/POST/requests"),
            Decision::Allowed,
        ),
    ]
}

#[test]
fn what_is_granted_on_everything_reaches_no_part_of_portcullis() {
    let everything = read(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    let ann = Principal::User("ann".parse().unwrap());
    let granted = fenced(&everything, &ann, ANN);
    let by_session = session(None, &[]);
    let mut cases = Vec::new();
    for (action, resource, expected) in parts() {
        let case = Case::new(action, &resource, expected).at(FIRST);
        cases.push(case.clone().by_user("ann", ANN).identity([granted.clone()]));
        let case = case.named("session").by_role("reader", DEPLOY);
        cases.push(case.identity([allow("*", "*")]).session(&by_session));
    }
    all_as_expected(&cases);
}

#[test]
fn tables_are_written_by_their_functions_and_by_nobody_else_whatever_they_are_allowed() {
    let role =
        |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/portcullis/{STACK}/{STACK}-{name}-X");
    let operator = format!("arn:aws:iam::{ACCOUNT}:role/ops");
    let template = Template::with(&[("Operators", json!([operator]))]);
    let mut cases = Vec::new();
    for (table, writers) in [
        ("RequestsTable", &["IntakeRole", "PublishRole", "GrantRole", "NotifyRole"][..]),
        ("LinksTable", &["NotifyRole"]),
        ("AuditTable", &["AuditRole"]),
    ] {
        let guard = template.resource(table).unwrap()["ResourcePolicy"]["PolicyDocument"].clone();
        let arn = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}");
        let by = |principal: String, action: &str, expected| {
            let case = Case::new(action, &arn, expected).named(&principal);
            let case = case.with("aws:PrincipalArn", json!(principal));
            case.identity([allow("dynamodb:*", "*")]).resource_policy(guard.clone())
        };
        let admin = format!("arn:aws:iam::{ACCOUNT}:role/admin");
        let copy = format!("arn:aws:iam::{ACCOUNT}:role/{STACK}-AuditRole-X");
        for action in ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLInsert"] {
            let action = format!("dynamodb:{action}");
            for name in ["IntakeRole", "PublishRole", "GrantRole", "NotifyRole", "AuditRole"] {
                let writes = writers.contains(&name) || table == "RequestsTable";
                let expected = if writes { Decision::Allowed } else { Decision::Explicit };
                cases.push(by(role(name), &action, expected));
            }
            cases.push(by(admin.clone(), &action, Decision::Explicit));
            cases.push(by(copy.clone(), &action, Decision::Explicit));
            cases.push(by(operator.clone(), &action, Decision::Allowed));
        }
        cases.push(by(admin, "dynamodb:Query", Decision::Allowed));
    }
    all_as_expected(&cases);
}

#[test]
fn a_deny_in_a_grant_forbids_inside_its_window_and_nothing_outside() {
    let policy = read(
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::orders/*"},
           {"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::orders/*"}"#,
    );
    let ann = Principal::User("ann".parse().unwrap());
    let granted = fenced(&policy, &ann, ANN);
    let had = allow("execute-api:Invoke", "*");
    let api = format!("arn:aws:execute-api:eu-central-1:{ACCOUNT}:api/$default/POST/requests");
    let call = |expected, id| {
        Case::new("execute-api:Invoke", &api, expected)
            .by_user("ann", id)
            .identity([granted.clone(), had.clone()])
    };
    all_as_expected(&[
        call(Decision::Allowed, ANN).at(BEFORE),
        call(Decision::Explicit, ANN).at(FIRST),
        call(Decision::Explicit, ANN).at(LAST),
        call(Decision::Allowed, ANN).at(AFTER),
        call(Decision::Allowed, "AIDAEXAMPLEEXAMPLENEW").at(FIRST).named("recreated"),
    ]);
}

/// Numbers that look random and are the same in each run.
struct Draws(u64);

impl Draws {
    fn of<T: Clone>(&mut self, from: &[T]) -> T {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        from[usize::try_from(self.0 >> 33).unwrap() % from.len()].clone()
    }
}

/// A random document of a few statements, with wildcards, opposites and conditions.
fn drawn(draws: &mut Draws) -> PolicyDocument {
    let mut statements = vec![];
    for number in 0..draws.of(&[1, 2, 3, 4]) {
        let effect = if number == 0 { "Allow" } else { draws.of(&["Allow", "Allow", "Deny"]) };
        let action = draws.of(&["Action", "Action", "Action", "NotAction"]);
        let actions = draws.of(&[
            json!("s3:GetObject"),
            json!("s3:*"),
            json!(["s3:Get*", "s3:List*"]),
            json!("*"),
            json!(["s3:PutObject", "dynamodb:GetItem"]),
        ]);
        let resource = draws.of(&["Resource", "Resource", "Resource", "NotResource"]);
        let resources = draws.of(&[
            json!("*"),
            json!("arn:aws:s3:::orders/*"),
            json!(["arn:aws:s3:::orders", "arn:aws:s3:::payroll/?"]),
            json!("arn:aws:s3:::*/1"),
        ]);
        let condition = draws.of(&[
            json!({}),
            json!({}),
            json!({ "StringEquals": { "aws:RequestedRegion": "eu-central-1" } }),
            json!({ "StringNotLike": { "aws:PrincipalTag/team": "o*" } }),
            json!({ "Bool": { "aws:SecureTransport": true } }),
            json!({ "IpAddress": { "aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"] } }),
            json!({ "DateLessThan": { "aws:TokenIssueTime": "2026-05-04T10:30:00Z" } }),
            json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::*:user/a*" },
                    "StringEquals": { "aws:username": "ann" } }),
        ]);
        let mut statement = json!({ "Effect": effect, "Condition": condition });
        statement[action] = actions;
        statement[resource] = resources;
        statements.push(statement.to_string());
    }
    read(&statements.join(","))
}

#[test]
fn five_hundred_fenced_documents_are_their_originals_inside_and_nothing_outside() {
    let ann = Principal::User("ann".parse().unwrap());
    let draws = &mut Draws(4711);
    let had = allow("*", "*");
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for number in 0..500 {
        let document = drawn(draws);
        let original = json_of(&document.to_json());
        let granted = fenced(&document, &ann, ANN);
        for (action, resource) in [
            ("s3:GetObject", "arn:aws:s3:::orders/1"),
            ("s3:PutObject", "arn:aws:s3:::payroll/1"),
            ("s3:ListBucket", "arn:aws:s3:::orders"),
        ] {
            let call = |time: &str, expected| {
                Case::new(action, resource, expected)
                    .named(&number.to_string())
                    .by_user("ann", ANN)
                    .at(time)
                    .with("aws:username", json!("ann"))
                    .with("aws:RequestedRegion", json!("eu-central-1"))
                    .with("aws:SecureTransport", json!("true"))
                    .with("aws:SourceIp", json!("192.0.2.7"))
                    .with("aws:TokenIssueTime", json!("2026-05-04T09:00:00Z"))
                    .with("aws:PrincipalTag/team", json!("orders"))
            };
            for time in [FIRST, LAST] {
                let plain = call(time, Decision::Allowed).identity([original.clone()]);
                let fenced = call(time, Decision::Allowed).identity([granted.clone()]);
                inside.extend([plain, fenced]);
            }
            for time in [BEFORE, AFTER] {
                outside.push(call(time, Decision::Implicit).identity([granted.clone()]));
                let both = [granted.clone(), had.clone()];
                outside.push(call(time, Decision::Allowed).identity(both));
            }
        }
    }
    let answers = decisions(&inside);
    for (pair, case) in answers.chunks(2).zip(inside.chunks(2)) {
        assert_eq!(pair[0], pair[1], "{}", case[0].name());
    }
    let differ = ["Allowed", "ImplicitlyDenied", "ExplicitlyDenied"]
        .iter()
        .all(|decision| answers.iter().any(|answer| answer == decision));
    assert!(differ, "these documents say too little");
    all_as_expected(&outside);
}
