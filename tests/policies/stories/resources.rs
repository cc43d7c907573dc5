//! Policies on resources of the template.

use serde_json::{Value, json};

use crate::{
    case::{ACCOUNT, Case, Decision},
    evaluator::all_as_expected,
    template::{REGION, Template},
};

#[test]
fn the_queue_takes_what_our_rules_could_not_deliver_and_nothing_else() {
    let template = Template::with(&[("MailFrom", json!("portcullis@example.com"))]);
    let policy = template.resource("UndeliveredQueuePolicy").unwrap()["PolicyDocument"].clone();
    let queue = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:UndeliveredQueue");
    let send = |rule: &str, expected| {
        Case::new("sqs:SendMessage", &queue, expected)
            .named(rule)
            .by_service("events.amazonaws.com")
            .with("aws:SourceArn", json!(format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}")))
            .resource_policy(policy.clone())
    };
    all_as_expected(&[
        send("portcullis-NotifyTold-1", Decision::Allowed),
        send("portcullis-NotifyMailed-1", Decision::Allowed),
        send("somebody-elses", Decision::Implicit),
        send("portcullis-2-NotifyTold-1", Decision::Implicit),
    ]);
}

#[test]
fn two_deployments_in_one_region_share_no_name() {
    let template = Template::with(&[("MailFrom", json!("portcullis@example.com"))]);
    for function in template.all("AWS::Serverless::Function") {
        let properties = template.resource(function).unwrap();
        let events = properties.get("Events").and_then(Value::as_object).into_iter().flatten();
        for (name, event) in events.filter(|(_, event)| event["Type"] == "ScheduleV2") {
            // By default the transform names the schedule after the function and the event.
            assert_eq!(event["Properties"]["OmitName"], true, "{function} {name}");
        }
    }
}
