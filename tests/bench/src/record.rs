//! The time to copy, sign and verify the audit record, on one core and without AWS.

use std::{
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use domain::{
    checkpoint::{Segment, tree, unpacked},
    history::{Chain, RawEntry},
    request::Entry,
    value::RequestId,
};

/// Number of lives, and runs of each measurement: the median counts.
const LIVES: usize = 10_000;
const RUNS: usize = 5;

/// Most entries in one checkpoint.
const IN_A_CHECKPOINT: usize = 10_000;

/// Measures the record, and returns a table. The baseline is one SHA-256 of each line, which each of
/// the others has to take at least.
pub(crate) fn measure() -> Result<String> {
    let lines = lines();
    let entries = lines.iter().map(|line| line.parse()).collect::<Result<Vec<RawEntry>, _>>()?;
    let bytes: usize = lines.iter().map(String::len).sum();
    let mut table = format!(
        "{} entries of {LIVES} lives, {} bytes each on average, one core\n\n",
        lines.len(),
        bytes / lines.len()
    );
    let hash_all = || {
        for line in &lines {
            black_box(tree::leaf(line.as_bytes()));
        }
        Ok(())
    };
    let baseline = median(hash_all)?.as_secs_f64() / number(lines.len());
    let mut row = |what: &str, count: usize, run: &dyn Fn() -> Result<()>| -> Result<()> {
        let each = median(run)?.as_secs_f64() / number(count);
        let (rate, ratio) = (1.0 / each, each / baseline);
        _ = writeln!(table, "{what:<36} {rate:>10.0} entries/s   {ratio:>6.1} x the baseline");
        Ok(())
    };
    row("baseline: one SHA-256 of each line", lines.len(), &hash_all)?;
    row("audit: parse and check", lines.len(), &|| {
        for line in &lines {
            black_box(line.parse::<RawEntry>()?);
        }
        Ok(())
    })?;
    row("verify: parse and follow the chains", lines.len(), &|| {
        let mut chain = Chain::START;
        for line in &lines {
            let entry: RawEntry = line.parse()?;
            let from = if entry.seq == 1 { Chain::START } else { chain };
            chain = from.follow(&entry)?;
        }
        Ok(())
    })?;
    let some = entries.get(..IN_A_CHECKPOINT).context("there are too few entries")?;
    row("checkpoint: order, pack, tree", some.len(), &|| {
        let segment = Segment::of(some.to_vec());
        black_box((segment.packed(), segment.root()));
        Ok(())
    })?;
    let packed = Segment::of(some.to_vec()).packed();
    row("verify: unpack and tree", some.len(), &|| {
        let text = unpacked(&packed).context("it is no segment")?;
        black_box(domain::checkpoint::root_of(text.split_terminator('\n')));
        Ok(())
    })?;
    _ = writeln!(table, "\none checkpoint of {IN_A_CHECKPOINT} is {} KB", packed.len() / 1024);
    Ok(table)
}

/// The golden lives again and again, each time of another request.
fn lines() -> Vec<String> {
    let golden = testing::golden_lives();
    let mut lines = Vec::new();
    for (number, life) in (0..LIVES).zip(golden.iter().cycle()) {
        let [.., a, b, c, d] = number.to_be_bytes();
        let id = RequestId::from_random([0, 0, 0, 0, 0, 0, a, b, c, d]);
        let mut chain = Chain::START;
        for entry in life.history.clone() {
            let entry = Entry::next(chain, &id, entry.at, entry.actor, entry.event);
            chain = Chain { seq: entry.seq, head: entry.hash };
            lines.push(entry.to_line());
        }
    }
    lines
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

fn median(run: impl Fn() -> Result<()>) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let begun = Instant::now();
        run()?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    times.get(RUNS / 2).copied().context("nothing was run")
}
