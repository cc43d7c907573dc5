//! The time to load rules, and to judge drafts.

use std::{
    error::Error,
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};

use domain::value::CallContext;
use rules::{
    directory::{Caller, SignedCaller},
    judge::{RequestDraft, Ruling, Urgency},
    source::RuleSet,
};

use crate::company::{ENTITLEMENTS, PEOPLE, POLICIES, sources};

/// Number of loads of a set, and number of drafts that are judged.
const LOADS: usize = 30;
const ASKS: usize = 20_000;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Measures the rules, and returns a table.
pub(crate) fn measure() -> Result<String> {
    let sources = sources();
    let rules = sources.check()?;
    if let Some(problem) = rules.review().first() {
        return Err(problem.to_string().into());
    }
    let published = sources.to_published();
    let mut table = format!(
        "{ENTITLEMENTS} entitlements, {PEOPLE} people, {POLICIES} policies: {} KB\n\n",
        published.len() / 1024
    );
    let mut row = |what: &str, times: &mut [Duration]| {
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
        let [median, most] = [at(50), at(99)];
        _ = writeln!(table, "{what:<44} median {median:>10.1?}   99 % within {most:>10.1?}");
    };
    let mut loads = times(LOADS, |_| sources.check().is_ok());
    row("load and validate a set", &mut loads);
    let mut reviews = times(LOADS, |_| sources.check().is_ok_and(|set| set.review().is_empty()));
    row("the same, and look for what nobody can reach", &mut reviews);
    let asks = asks()?;
    for (what, member, expected) in [
        ("verdict: somebody has to approve", 7, Kind::NeedsApproval),
        ("verdict: refused, with every reason", 27, Kind::Deny),
    ] {
        let mut verdicts =
            times(ASKS, |round| asks.judged(&rules, round, member) == Some(expected));
        row(what, &mut verdicts);
    }
    Ok(table)
}

/// Runs something this many times, and returns the time of each run. Runs that fail are left out.
fn times(rounds: usize, run: impl Fn(usize) -> bool) -> Vec<Duration> {
    let timed = |round| {
        let begun = Instant::now();
        let worked = black_box(run(round));
        worked.then(|| begun.elapsed())
    };
    (0..rounds).filter_map(timed).collect()
}

/// Drafts for each thing, and the callers that ask for them.
struct Asks {
    callers: Vec<Caller>,
    askings: Vec<RequestDraft>,
    call: CallContext,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Allow,
    NeedsApproval,
    Deny,
}

impl Asks {
    /// Judges a draft of this member of the team that owns the thing, or of another team if the
    /// number is past the team's end.
    fn judged(&self, rules: &RuleSet, round: usize, member: usize) -> Option<Kind> {
        let thing = round % ENTITLEMENTS;
        let caller = self.callers.get((thing % 100 * 20 + member) % PEOPLE)?;
        Some(match rules.judge(caller, self.askings.get(thing)?, self.call) {
            Ruling::Allow(_) => Kind::Allow,
            Ruling::NeedsApproval(_) => Kind::NeedsApproval,
            Ruling::Deny(_) => Kind::Deny,
        })
    }
}

fn asks() -> Result<Asks> {
    let mut callers = Vec::new();
    for index in 0..PEOPLE {
        callers.push(Caller::Aws(SignedCaller::new(
            format!("arn:aws:iam::000000000000:user/person-{index}").parse()?,
            None,
        )));
    }
    let mut askings = Vec::new();
    for index in 0..ENTITLEMENTS {
        askings.push(RequestDraft {
            entitlement: format!("thing-{index}").parse()?,
            duration: "1h".parse()?,
            reason: "incident 4711".parse()?,
            ticket: None,
            starts_at: None,
            extends: None,
            urgency: Urgency::Usual,
        });
    }
    let source_ip = Some("198.51.100.7".parse()?);
    let call = CallContext { at: "2026-05-04T10:00:00Z".parse()?, source_ip, mfa: true };
    Ok(Asks { callers, askings, call })
}
