//! Many other requests: some that are open, and some that end at once.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use domain::{
    grant::{Grant, PolicyDocument, PolicyName, Principal},
    request::{Approval, Command, Outstanding, Request, Terms},
    value::{Basis, CallContext, Digest, RequestId},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use local::Stack;
use service::ports::{Created, Store};

use super::Record;

/// Rows that DynamoDB accepts in one batch.
const AT_ONCE: usize = 25;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

/// Time until the first of the requests that end at once is over, so that all can be made before;
/// and the number of them that are over with each second after it.
const UNTIL_DUE: SignedDuration = SignedDuration::from_secs(90);
const A_SECOND: usize = 50;

/// IAM users that the requests that end at once are spread over.
const USERS: usize = 20;

/// Puts live requests into the table that are not due yet. Nobody reads them, so they hold no more
/// than their place in the index.
pub(super) async fn fill(stack: &Stack, others: usize) -> Result<()> {
    let dynamo = &aws_sdk_dynamodb::Client::new(&stack.root().await);
    let table = stack.output("RequestsTable")?;
    let due_at = aws::clock::now() + SignedDuration::from_hours(24);
    let text = |value: String| AttributeValue::S(value);
    let row = |number: usize| {
        let put = PutRequest::builder()
            .item("pk", text(format!("REQ#{number:020x}")))
            .item("sk", text("STATE".to_owned()))
            .item("body", text("{}".to_owned()))
            .item("status", text("active".to_owned()))
            .item("due", text(format!("CLOSE#{}", number % 4)))
            .item("due_at", AttributeValue::N(due_at.as_millisecond().to_string()));
        Ok::<_, anyhow::Error>(WriteRequest::builder().put_request(put.build()?).build())
    };
    let batches = (0..others).step_by(AT_ONCE).map(|first| {
        let rows: Result<Vec<_>> = (first..others.min(first + AT_ONCE)).map(row).collect();
        async move {
            dynamo.batch_write_item().request_items(table, rows?).send().await?;
            Ok::<_, anyhow::Error>(())
        }
    });
    stream::iter(batches).buffer_unordered(8).try_collect::<()>().await
}

/// Makes this many grants end in one sweep, each with its policy in IAM, and describes the result.
pub(super) async fn ended(stack: &Stack, record: &Record, ending: usize) -> Result<String> {
    let root = &stack.root().await;
    let iam = &aws_sdk_iam::Client::new(root);
    // The schedules are deleted, so that the minute job does not interfere.
    let scheduler = aws_sdk_scheduler::Client::new(root);
    for schedule in scheduler.list_schedules().send().await?.schedules {
        let name = schedule.name.context("a schedule without a name")?;
        scheduler.delete_schedule().name(name).send().await?;
    }
    for user in 0..USERS {
        iam.create_user().user_name(format!("many-{user}")).send().await?;
    }
    let store = &aws::dynamo::RequestsTable::new(root, stack.output("RequestsTable")?.to_owned());
    let now = aws::clock::now();
    let opened = (0..ending).map(|number| async move {
        let (request, policy) = open(store, number, now).await?;
        let put = iam.put_user_policy().user_name(user_of(number)).policy_name(policy);
        put.policy_document(POLICY).send().await?;
        Ok::<_, anyhow::Error>(request)
    });
    let opened: Vec<_> = stream::iter(opened).buffered(8).try_collect().await?;
    let last = now + UNTIL_DUE + SignedDuration::from_secs(i64::try_from(ending / A_SECOND)?);
    ensure!(aws::clock::now() < now + UNTIL_DUE, "it took too long to make so many");
    let wait = aws::clock::now().duration_until(last).unsigned_abs();
    tokio::time::sleep(wait).await;
    record.take();
    let begun = Instant::now();
    let swept = stack.sweep().await?;
    let took = begun.elapsed();
    let settled = swept.get("settled").and_then(serde_json::Value::as_u64);
    ensure!(settled == Some(ending as u64), "not all of it was closed: {swept}");
    let mut left = 0;
    for user in 0..USERS {
        let listed = iam.list_user_policies().user_name(format!("many-{user}")).send().await?;
        left += listed.policy_names.len();
    }
    let calls = record.take();
    let closed: Vec<usize> = calls
        .iter()
        .filter(|call| call.program == "expiry" && call.operation == "DeleteUserPolicy")
        .filter_map(|call| opened.iter().position(|id| call.body.contains(id.as_str())))
        .collect();
    let out_of_turn = closed.iter().enumerate().map(|(turn, number)| turn.abs_diff(*number)).max();
    let looks = calls.iter().filter(|call| super::is_a_look(call)).count();
    Ok(format!(
        "{ending} due at once: {} closed in one sweep of {took:.1?}, {left} policies left;\n  \
         oldest first, none more than {} places out of its turn; {looks} queries, {} other calls\n",
        closed.len(),
        out_of_turn.unwrap_or_default(),
        calls.iter().filter(|call| call.program == "expiry").count() - looks,
    ))
}

fn user_of(number: usize) -> String {
    format!("many-{}", number % USERS)
}

/// Stores a request that is open and will be over soon. Those with small numbers are over first.
async fn open(store: &impl Store, number: usize, now: Timestamp) -> Result<(RequestId, String)> {
    let id: RequestId = format!("eeee{number:016x}").parse()?;
    let ends_at = now + UNTIL_DUE + SignedDuration::from_secs(i64::try_from(number / A_SECOND)?);
    let asked_at = ends_at - SignedDuration::from_mins(30);
    let call = CallContext { at: asked_at, source_ip: None, mfa: false };
    let terms = Terms {
        entitlement: "orders-read".parse()?,
        title: "Read orders".to_owned(),
        tags: [].into(),
        requester: "ann@example.com".parse()?,
        reason: "incident 4711".parse()?,
        ticket: None,
        duration: "30m".parse()?,
        starts_at: None,
        extends: None,
        approval: Approval::Rule,
        sign_in: false,
        lasting: None,
        grant: Grant::InlinePolicy {
            on: Principal::User(user_of(number).parse()?),
            policy: PolicyDocument::from_json(POLICY)?,
        },
        unique_id: None,
        call,
        basis: Basis { rule_set: Digest::ZERO, rule_ids: [].into() },
    };
    let (request, entries) = Request::open(&id, terms, asked_at)?;
    let (active, more) = request.after(Command::Opened, asked_at)?;
    let entries = [entries, more].concat();
    // Each counts for another person, because of the bound on requests of one person.
    let nobody = format!("nobody-{number}@example.com").parse()?;
    let outstanding = Outstanding::nothing(nobody).with(&id, active.terms(), asked_at)?;
    let created = store.create(&active, &entries, None, &outstanding).await?;
    ensure!(created == Created::New, "it is there already");
    let window = active.window().context("nothing is open")?;
    let name = PolicyName::new(&local::deploy::deployment(), &id, window).as_str().to_owned();
    Ok((id, name))
}
