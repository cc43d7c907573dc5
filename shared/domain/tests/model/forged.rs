//! A second, smaller model: somebody who can write every row of a request, and rules that
//! change at any moment. What opens is modelled as `service::settle` and `service::mint` do
//! it: the real [`Proven`], then the rules in force.

use std::{
    collections::BTreeSet,
    hash::{Hash, Hasher},
    sync::Arc,
};

use domain::request::{
    Channel, Command, Entry, Proven, Request, Shown, State, Statement, Status, Verdict,
};
use jiff::{SignedDuration, Timestamp};
use stateright::{Checker, Model, Property};

use crate::world::{Kind, basis, call_context, id, start, terms};

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";

/// What the forger writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Forgery {
    /// The row says that it is open, and its history does not.
    OpenRow,
    /// The window in the row is another one.
    LongerWindow,
    /// A whole history with Bob's yes in it, as Bob could have said it.
    WholeHistory,
    /// A whole history of somebody else's ask for more than an hour.
    LongerAsk,
    /// The row as it was before the last commit.
    OlderRow,
    /// The last entry is gone.
    CutHistory,
}

const FORGERIES: [Forgery; 6] = [
    Forgery::OpenRow,
    Forgery::LongerWindow,
    Forgery::WholeHistory,
    Forgery::LongerAsk,
    Forgery::OlderRow,
    Forgery::CutHistory,
];

/// What is broken by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Twin {
    Sound,
    /// A row is believed without its history.
    BelievesRows,
    /// The rules are asked when it is approved, and not when it opens.
    AsksOnce,
    /// A caller is who they say they are.
    BelievesNames,
}

#[derive(Debug, Clone, Copy)]
struct Table {
    kind: Kind,
    twin: Twin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    BobApproves,
    BobRevokes,
    /// Ann, whose request it is, makes a role and calls her session by this name.
    AnnApprovesAs(&'static str),
    RulesChange,
    Forges(Forgery),
    Opens,
    Mints,
}

/// What is stored, what the rules say, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct World {
    row: Arc<Request>,
    older: Option<Arc<Request>>,
    history: Vec<Entry>,
    /// Whether the rules in force would open an ask for an hour.
    permitted: bool,
    forged: usize,
    /// Until when access was given, each time.
    given: BTreeSet<Timestamp>,
    broken: BTreeSet<u8>,
}

impl Hash for World {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.row.version(), self.row.status().as_str(), self.history.len()).hash(hasher);
        self.history.last().map(|entry| entry.hash.to_string()).hash(hasher);
        self.row.window().map(|window| window.ends_at()).hash(hasher);
        (self.permitted, self.forged, &self.given, &self.broken).hash(hasher);
    }
}

fn answer() -> Statement {
    answer_of(BOB)
}

fn answer_of(who: &str) -> Statement {
    let (by, reason) = (who.parse().unwrap(), "seen".parse().unwrap());
    Statement { by, reason, channel: Channel::Api, call: call_context(), basis: basis() }
}

fn yes(request: &Request) -> Command {
    yes_of(request, answer())
}

fn yes_of(request: &Request, answer: Statement) -> Command {
    let shown = Shown { digest: request.terms().grant.digest(), version: request.version() };
    Command::Decide { verdict: Verdict::Approve, answer, shown }
}

/// When an hour that begins now is over.
fn an_hour() -> Timestamp {
    start() + SignedDuration::from_hours(1)
}

/// The stored request with another value at a place.
fn overwritten(request: &Request, place: &str, value: serde_json::Value) -> Option<Request> {
    let mut stored = serde_json::to_value(request).unwrap();
    *stored.pointer_mut(place)? = value;
    serde_json::from_value(stored).ok()
}

impl World {
    fn commit(&mut self, command: Command) {
        let Ok((after, entries)) = Request::clone(&self.row).after(command, start()) else {
            return;
        };
        self.older = Some(self.row.clone());
        self.history.extend(entries);
        self.row = Arc::new(after);
    }

    fn forge(&mut self, kind: Kind, forgery: Forgery) {
        self.forged += 1;
        let forever = serde_json::json!("2099-01-01T00:00:00Z");
        let made = match forgery {
            Forgery::OpenRow => {
                let (opened, mut history) = Request::open(&id(0), terms(kind), start()).unwrap();
                let (opened, entries) = opened.clone().after(yes(&opened), start()).unwrap();
                history.extend(entries);
                self.row = Arc::new(opened.after(Command::Opened, start()).unwrap().0);
                return;
            }
            Forgery::LongerWindow => overwritten(&self.row, "/state/window/ends_at", forever),
            Forgery::WholeHistory | Forgery::LongerAsk => {
                let mut terms = terms(kind);
                if forgery == Forgery::LongerAsk {
                    terms.duration = "2h".parse().unwrap();
                }
                let (opened, mut history) = Request::open(&id(0), terms, start()).unwrap();
                let (opened, entries) = opened.clone().after(yes(&opened), start()).unwrap();
                history.extend(entries);
                let (opened, entries) = opened.after(Command::Opened, start()).unwrap();
                history.extend(entries);
                self.history = history;
                Some(opened)
            }
            Forgery::OlderRow => self.older.as_deref().cloned(),
            Forgery::CutHistory => {
                self.history.pop();
                None
            }
        };
        if let Some(made) = made {
            self.row = Arc::new(made);
        }
    }

    /// What every opener asks first: the history, then the rules. The rules of today open an
    /// ask for an hour, and no other.
    fn may_open(&self, twin: Twin) -> Option<Request> {
        let row = Request::clone(&self.row);
        let believed = match twin {
            Twin::BelievesRows => row,
            Twin::Sound | Twin::AsksOnce | Twin::BelievesNames => {
                Proven::of(row, &self.history, start()).ok()?.into_request()
            }
        };
        let hour = believed.terms().duration.as_signed() <= SignedDuration::from_hours(1);
        (twin == Twin::AsksOnce || (self.permitted && hour)).then_some(believed)
    }

    fn give(&mut self, request: &Request) {
        if !self.permitted {
            self.broken.insert(11);
        }
        let revoked = self.history.iter().any(|entry| entry.event.kind() == "revoking");
        if revoked {
            self.broken.insert(17);
        }
        self.given.extend(request.window().map(|window| window.ends_at()));
    }
}

impl Model for Table {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        let (row, history) = Request::open(&id(0), terms(self.kind), start()).unwrap();
        let (given, broken) = (BTreeSet::new(), BTreeSet::new());
        let row = Arc::new(row);
        vec![World { row, older: None, history, permitted: true, forged: 0, given, broken }]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        steps.extend([Step::BobApproves, Step::BobRevokes, Step::RulesChange, Step::Opens]);
        steps.extend([ANN, BOB].map(Step::AnnApprovesAs));
        if self.kind == Kind::Session {
            steps.push(Step::Mints);
        }
        if world.forged < 3 {
            steps.extend(FORGERIES.map(Step::Forges));
        }
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut next = world.clone();
        match step {
            Step::BobApproves => next.commit(yes(&world.row)),
            Step::AnnApprovesAs(name) => {
                let known_as = if self.twin == Twin::BelievesNames { name } else { ANN };
                next.commit(yes_of(&world.row, answer_of(known_as)));
                if next.row.decisions().len() > world.row.decisions().len() {
                    next.broken.insert(26);
                }
            }
            Step::BobRevokes => next.commit(Command::Revoke(answer())),
            Step::RulesChange => next.permitted = !next.permitted,
            Step::Forges(forgery) => next.forge(self.kind, forgery),
            Step::Opens if matches!(world.row.state(), State::Activating { .. }) => {
                match next.may_open(self.twin) {
                    Some(request) => {
                        next.give(&request);
                        next.commit(Command::Opened);
                    }
                    None => return None,
                }
            }
            Step::Mints if world.row.status() == Status::Active && world.history.len() < 8 => {
                let request = next.may_open(self.twin)?;
                next.give(&request);
                let by = request.terms().requester.clone();
                next.commit(Command::Mint { by, call: call_context() });
            }
            Step::Opens | Step::Mints => return None,
        }
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "law 1 and 3: no longer than was asked and allowed",
                |_: &Table, w: &World| w.given.iter().all(|end| *end <= an_hour()),
            ),
            Property::always(
                "law 11: nothing is given that the rules in force forbid",
                |_: &Table, w: &World| !w.broken.contains(&11),
            ),
            Property::always(
                "law 17: what is revoked on record gives nothing more",
                |_: &Table, w: &World| !w.broken.contains(&17),
            ),
            Property::always(
                "law 26: nobody answers as somebody else by choosing a name",
                |_: &Table, w: &World| !w.broken.contains(&26),
            ),
            Property::sometimes("something is given", |_: &Table, w: &World| {
                w.given.contains(&an_hour())
            }),
        ]
    }
}

#[test]
fn rows_that_somebody_writes_and_rules_that_change_at_any_moment_open_nothing_more() {
    for kind in [Kind::Inline, Kind::Session] {
        let checker = Table { kind, twin: Twin::Sound }.checker().threads(2).spawn_bfs().join();
        checker.assert_properties();
        assert!(checker.unique_state_count() > 200, "{}", checker.unique_state_count());
    }
}

#[test]
fn whoever_believes_rows_or_asks_the_rules_once_is_found() {
    for (law, twin, kind) in [
        ("law 1 and 3:", Twin::BelievesRows, Kind::Session),
        ("law 17:", Twin::BelievesRows, Kind::Session),
        ("law 26:", Twin::BelievesNames, Kind::Inline),
        ("law 11:", Twin::AsksOnce, Kind::Inline),
        ("law 11:", Twin::AsksOnce, Kind::Session),
        ("law 1 and 3:", Twin::AsksOnce, Kind::Session),
    ] {
        let checker = Table { kind, twin }.checker().spawn_bfs().join();
        let broken = checker.discoveries().into_keys().any(|name| name.starts_with(law));
        assert!(broken, "{law} holds for {twin:?}");
    }
}
