//! The report of the minute job.

use jiff::Timestamp;
use testing::{Cut, World};

#[tokio::test]
async fn a_sweep_that_cannot_read_what_is_due_fails_and_reports_its_figures_all_the_same() {
    let world = World::default();
    world.cut(Some(Cut::Before(0)));
    let report = expiry::handle(world.worker(), Timestamp::UNIX_EPOCH, || false).await.unwrap();
    assert!(report.figures.iter().any(|(name, _, _)| *name == "OldestOverdue"));
    report.into_answer().unwrap_err();
    world.cut(None);
    let report = expiry::handle(world.worker(), Timestamp::UNIX_EPOCH, || false).await.unwrap();
    assert_eq!(report.into_answer().unwrap()["settled"], 0);
}
