//! `checkpoint`: signs all that is new in the audit record, every five minutes.
//!
//! It reads the audit table, reads and adds files in one bucket, and signs with one key. Apart from
//! its log, it may do nothing else. A checkpoint that fails is made five minutes later, with all that has arrived until then.

use aws::metrics::JobReport;
use jiff::Timestamp;
use serde_json::json;
use service::{
    Checkpointed, Checkpointer, Fault,
    ports::{Arrivals, Checkpoints, Signer},
};

/// Most checkpoints of one invocation. If more is left, the next one goes on.
const MOST: usize = 20;

/// Makes checkpoints until nothing new is left.
pub async fn handle(
    checkpointer: &Checkpointer<'_, impl Arrivals, impl Checkpoints, impl Signer>,
    now: Timestamp,
) -> Result<JobReport, Fault> {
    let (mut made, mut covered, mut newest) = (0_u64, 0, None);
    for _ in 0..MOST {
        let done = checkpointer.checkpoint(now).await?;
        let Checkpointed::Made { number, lines } = done else { break };
        (made, covered, newest) = (made + 1, covered + lines, Some(number));
        if !done.is_full() {
            break;
        }
    }
    tracing::info!(made, lines = covered, newest, "checkpoints");
    let lines = u64::try_from(covered).unwrap_or(u64::MAX);
    let figures = vec![("Checkpoints", "Count", made), ("CheckpointLines", "Count", lines)];
    let answer = json!({ "made": made, "lines": covered, "newest": newest });
    Ok(JobReport { figures, answer, blind: Vec::new() })
}
