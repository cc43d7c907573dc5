//! The rights of each function, read from the roles that were deployed.

use aws_sdk_iam::types::PolicyEvaluationDecisionType::Allowed;

use local::{FUNCTIONS, logical_id};
use serde_json::{Value, json};

use crate::{company::MANAGED, world::Cast};

/// The name and ARN of the role of a function.
async fn role(cast: &Cast, function: &str) -> (String, String) {
    let iam = aws_sdk_iam::Client::new(&cast.stack.root().await);
    let roles = iam.list_roles().send().await.unwrap();
    let name = format!("portcullis-{function}Role");
    let role = roles.roles().iter().find(|role| role.role_name().starts_with(&name)).unwrap();
    // The local AWS takes all that follows `role/`, with its slashes, for the name.
    let arn = format!("arn:aws:iam::000000000000:role/{}", role.role_name());
    (role.role_name().to_owned(), arn)
}

/// Whether the role of a function allows an action on a resource.
async fn may(cast: &Cast, function: &str, action: &str, resource: &str) -> bool {
    let iam = aws_sdk_iam::Client::new(&cast.stack.root().await);
    let simulated = iam
        .simulate_principal_policy()
        .policy_source_arn(role(cast, function).await.1)
        .action_names(action)
        .resource_arns(resource)
        .send()
        .await
        .unwrap();
    simulated.evaluation_results()[0].eval_decision() == &Allowed
}

fn table(cast: &Cast, output: &str) -> String {
    format!("arn:aws:dynamodb:us-east-1:000000000000:table/{}", cast.stack.output(output).unwrap())
}

#[tokio::test]
async fn only_grant_expiry_and_reconcile_hold_iam_power_and_only_session_assumes_what_it_was_given()
{
    let cast = Cast::new();
    let user = "arn:aws:iam::000000000000:user/ann";
    let role = |name: &str| format!("arn:aws:iam::000000000000:role/{name}");
    for function in FUNCTIONS.map(logical_id) {
        let function = function.as_str();
        let powerful = matches!(function, "Grant" | "Expiry" | "Reconcile");
        for action in ["iam:PutUserPolicy", "iam:DeleteUserPolicy", "iam:AttachUserPolicy"] {
            assert_eq!(may(&cast, function, action, user).await, powerful, "{function}: {action}");
        }
        for action in ["iam:CreateAccessKey", "iam:PutUserPermissionsBoundary", "iam:CreateUser"] {
            assert!(!may(&cast, function, action, user).await, "{function}: {action}");
        }
        for action in ["iam:PutRolePolicy", "iam:AttachRolePolicy"] {
            let team = role("team-1");
            assert_eq!(may(&cast, function, action, &team).await, powerful, "{function}: {action}");
        }
        for action in ["iam:PutRolePolicy", "iam:AttachRolePolicy", "sts:AssumeRole"] {
            let admin = role("admin");
            assert!(!may(&cast, function, action, &admin).await, "{function}: {action}");
        }
        let assumes = may(&cast, function, "sts:AssumeRole", &role("orders-reader")).await;
        assert_eq!(assumes, function == "Session", "{function}: sts:AssumeRole");
    }
}

#[tokio::test]
async fn the_audit_record_can_be_added_to_and_nothing_else() {
    let cast = Cast::new();
    let record = table(&cast, "AuditTable");
    for function in FUNCTIONS.map(logical_id) {
        let function = function.as_str();
        for action in ["dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"] {
            assert!(!may(&cast, function, action, &record).await, "{function}: {action}");
        }
        let adds = may(&cast, function, "dynamodb:PutItem", &record).await;
        assert_eq!(adds, function == "Audit", "{function}: dynamodb:PutItem");
    }
}

#[tokio::test]
async fn no_function_changes_or_deletes_a_row() {
    let cast = Cast::new();
    let requests = table(&cast, "RequestsTable");
    let links = table(&cast, "LinksTable");
    for function in FUNCTIONS.map(logical_id) {
        let function = function.as_str();
        for verb in ["DeleteItem", "UpdateItem", "BatchWriteItem", "DeleteTable", "Scan"] {
            for table in [&requests, &links] {
                let action = format!("dynamodb:{verb}");
                assert!(!may(&cast, function, &action, table).await, "{function}: {action}");
            }
        }
        let writes = may(&cast, function, "dynamodb:PutItem", &requests).await;
        // The rows that `notify` may put are no requests: see the next story.
        let neither = ["Audit", "Checkpoint"].contains(&function);
        assert_eq!(writes, !neither, "{function}: dynamodb:PutItem");
    }
}

/// The simulator does not know the key of a row, so this reads the policies.
#[tokio::test]
async fn one_function_puts_rules_and_nothing_else_and_notify_puts_no_request() {
    let cast = Cast::new();
    let requests = table(&cast, "RequestsTable");
    let iam = aws_sdk_iam::Client::new(&cast.stack.root().await);
    for (function, rows) in [
        ("Intake", &["REQ#*", "ASKS#*", "IDEM#*"][..]),
        ("Approval", &["REQ#*"]),
        ("Session", &["REQ#*"]),
        ("Publish", &["RULES"]),
        ("Grant", &["REQ#*", "HOLD", "BARS"]),
        ("Expiry", &["REQ#*", "HOLD", "BARS", "DRIFT#*"]),
        ("Reconcile", &["HOLD", "BARS", "DRIFT#*"]),
        ("Notify", &["MAIL#*"]),
    ] {
        let (role, _) = role(&cast, function).await;
        let get = iam.get_role_policy().role_name(role).policy_name(function.to_lowercase());
        let document = get.send().await.unwrap().policy_document;
        let policy: Value = serde_json::from_str(&decoded(&document)).unwrap();
        let puts: Vec<_> = policy["Statement"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|statement| statement["Action"].to_string().contains("dynamodb:PutItem"))
            .filter(|statement| statement["Resource"] == requests)
            .collect();
        let mut keys = Vec::new();
        for put in puts {
            let condition = &put["Condition"];
            let of = &condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
            keys.extend(of.as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned()));
            let attributes =
                condition["ForAllValues:StringEquals"]["dynamodb:Attributes"].to_string();
            let forgets = attributes.contains("expires_at");
            assert_eq!(forgets, *of == json!(["IDEM#*"]) || *of == json!(["HOLD"]), "{of}");
        }
        assert_eq!(keys, rows, "{function}");
    }
}

/// The local AWS knows neither the policy that is attached nor the tag that is put, so this reads
/// the policies.
#[tokio::test]
async fn what_is_attached_and_how_it_is_marked_is_bounded_whatever_the_rules_say() {
    let cast = Cast::new();
    let iam = aws_sdk_iam::Client::new(&cast.stack.root().await);
    let (role, _) = role(&cast, "Grant").await;
    let attached = iam.list_attached_role_policies().role_name(role).send().await.unwrap();
    let mut statements = Vec::new();
    for power in attached.attached_policies() {
        let arn = power.policy_arn().unwrap();
        let policy = iam.get_policy().policy_arn(arn).send().await.unwrap().policy.unwrap();
        let version = policy.default_version_id.unwrap();
        let get = iam.get_policy_version().policy_arn(arn).version_id(version);
        let version = get.send().await.unwrap().policy_version.unwrap();
        let document: Value = serde_json::from_str(&decoded(&version.document.unwrap())).unwrap();
        statements.extend(document["Statement"].as_array().unwrap().clone());
    }
    let (mut attaching, mut marking) = (0, 0);
    for statement in &statements {
        let (said, condition) = (statement["Action"].to_string(), &statement["Condition"]);
        if said.contains("iam:Attach") || said.contains("iam:Detach") {
            attaching += 1;
            assert_eq!(condition["ArnEqualsIfExists"]["iam:PolicyARN"], json!([MANAGED]), "{said}");
        }
        if said.contains("iam:Tag") || said.contains("iam:Untag") {
            marking += 1;
            let keys = &condition["ForAllValues:StringLike"]["aws:TagKeys"];
            assert_eq!(*keys, json!(["portcullis:*"]), "{said}");
        }
    }
    assert_eq!((attaching, marking), (4, 3), "{statements:#?}");
}

/// IAM hands out policy documents percent-encoded.
fn decoded(document: &str) -> String {
    let url = reqwest::Url::parse(&format!("http://policy/?document={document}")).unwrap();
    url.query_pairs().next().unwrap().1.into_owned()
}
