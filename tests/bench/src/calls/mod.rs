//! The calls to AWS for one inline grant, from the request to the last audit row; and a thousand
//! grants that end at once.

mod crowd;
mod life;
mod proxy;

use std::{collections::BTreeMap, fmt::Write as _};

use anyhow::Result;
use local::{Stack, ministack::free_port, narrator::Narrator};

use self::proxy::{Call, Record};

/// Other requests in the table when the life is counted again.
const OTHERS: usize = 100_000;

/// Grants that end at once.
const ENDING: usize = 1_000;

/// Measures all of it, and returns a table.
pub(crate) async fn measure() -> Result<String> {
    let port = free_port()?;
    let (front, record) = proxy::before(port).await?;
    let narrator = Narrator::silent();
    let stack = Stack::start_behind(life::sources(), &narrator, port, Some(&front)).await?;
    life::prepare(&stack).await?;
    // The first life is not counted, because the first call of each function also reads the rules.
    life::lived(&stack, &record).await?;
    let alone = life::lived(&stack, &record).await?;
    crowd::fill(&stack, OTHERS).await?;
    let among = life::lived(&stack, &record).await?;
    let mut table = String::new();
    _ = writeln!(table, "calls of one life, from asking to the last audit row\n");
    for (what, calls) in [("alone", &alone), ("among 100,000 others", &among)] {
        _ = writeln!(table, "{what}:\n{}", counted(calls));
    }
    table += &crowd::ended(&stack, &record, ENDING).await?;
    Ok(table)
}

/// The calls by program. Calls that belong to no life and calls for mails are counted apart.
fn counted(calls: &[Call]) -> String {
    let mut by_program: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let (mut mails, mut looks, mut retries) = (0, 0, 0);
    for call in calls {
        retries += usize::from(call.attempt > 1);
        if is_a_look(call) {
            looks += 1;
        } else if is_mail(call) {
            mails += 1;
        } else {
            by_program.entry(&call.program).or_default().push(&call.operation);
        }
    }
    let mut text = String::new();
    for (program, operations) in &by_program {
        _ = writeln!(text, "  {program:<10} {:>2}  {}", operations.len(), operations.join(" "));
    }
    let count = |program: &str| by_program.get(program).map_or(0, Vec::len);
    let total: usize = by_program.values().map(Vec::len).sum();
    let closing = count("grant") + count("expiry");
    _ = writeln!(
        text,
        "  all        {total:>2}  of them {closing} by grant and expiry; {retries} retries"
    );
    _ = writeln!(text, "  beside it  {mails} for mails, {looks} to see what is due");
    text
}

/// Whether the call is a query for what is due, or for what a checkpoint has to cover. Each run makes
/// these calls, however many lives there are.
fn is_a_look(call: &Call) -> bool {
    call.program == "expiry" && call.operation == "Query" || call.program == "checkpoint"
}

/// Whether the call is for mails: all calls of `notify`, except those for links.
fn is_mail(call: &Call) -> bool {
    let link = call.operation == "PutItem" && call.body.contains("\"approver\"");
    call.program == "notify" && !link
}

/// Whether all calls of a life are made: this many rows are in the audit record, and announced.
fn audited(calls: &[Call], rows: usize) -> bool {
    let rows_of = |call: &Call| match call.operation.as_str() {
        "PutItem" => 1,
        // Several entries of one delivery are put together.
        "TransactWriteItems" => call.body.matches("\"Put\":").count(),
        _ => 0,
    };
    let put: usize = calls.iter().filter(|call| call.program == "audit").map(rows_of).sum();
    let last = calls.iter().rfind(|call| call.program == "audit");
    put >= rows && last.is_some_and(|call| call.operation == "PutEvents")
}

/// Waits until this many rows are in the audit record, and returns all calls until then.
async fn until_audited(stack: &Stack, record: &Record, rows: usize) -> Result<Vec<Call>> {
    let mut calls = Vec::new();
    let begun = std::time::Instant::now();
    while !audited(&calls, rows) {
        anyhow::ensure!(
            begun.elapsed() < local::stack::PATIENCE * 3,
            "no end: {}",
            stack.endpoint()
        );
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        calls.extend(record.take());
    }
    Ok(calls)
}
