//! The quotas of IAM, with as much in the parameters as there may be.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>

use serde_json::json;

use crate::{case::ACCOUNT, functions::logical_ids, template::Template};

/// The most characters of a managed policy, and of all inline policies of a role, without white
/// space.
const OF_A_MANAGED_POLICY: usize = 6_144;
const OF_A_ROLE: usize = 10_240;

/// The number of names in each list, and their length in characters: more than most lists have.
const NAMES: usize = 12;
const LENGTH: usize = 64;

fn names(kind: &str) -> serde_json::Value {
    let name = |number: usize| {
        format!("arn:aws:iam::{ACCOUNT}:{kind}/team/{number:0width$}", width = LENGTH - 5)
    };
    (0..NAMES).map(name).collect()
}

fn size(document: &serde_json::Value) -> usize {
    domain::grant::size_in_iam(&document.to_string())
}

#[test]
fn twelve_long_names_in_each_list_fit_into_the_policies_of_the_template() {
    let template = Template::with(&[
        ("MailFrom", json!("portcullis@example.com")),
        ("Users", json!("engineers/of-the-platform-and-of-everything-beside-it/*")),
        ("Roles", names("role")),
        ("SessionRoles", names("role")),
        ("ManagedPolicies", names("policy")),
        ("PermissionsBoundary", json!(format!("arn:aws:iam::{ACCOUNT}:policy/{}", "b".repeat(64)))),
    ]);
    for power in template.all("AWS::IAM::ManagedPolicy") {
        let size = size(&template.resource(power).unwrap()["PolicyDocument"]);
        assert!(size <= OF_A_MANAGED_POLICY, "{power} has {size} characters");
    }
    for function in logical_ids() {
        let function = function.as_str();
        let role = template.resource(&format!("{function}Role")).unwrap();
        let own: usize = role["Policies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|policy| size(&policy["PolicyDocument"]))
            .sum();
        assert!(own <= OF_A_ROLE, "{function} has {own} characters");
    }
}
