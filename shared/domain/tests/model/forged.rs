//! A second, smaller model: a forger who can write every row of a request, and rules that change
//! at any moment. Opening is modelled like `service::Worker::settle` and `service::mint`: the
//! real [`Proven`], then the rules in force.

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

/// A forgery of stored rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Forgery {
    /// The row says that the request is open, and its history does not.
    OpenRow,
    /// The row has a longer window.
    LongerWindow,
    /// A whole history with Bob's yes in it, as Bob could have said it.
    WholeHistory,
    /// A whole history of a request for two hours, with Bob's yes in it.
    LongerRequest,
    /// The row as it was before the last commit.
    OlderRow,
    /// The history without its last entry.
    CutHistory,
}

const FORGERIES: [Forgery; 6] = [
    Forgery::OpenRow,
    Forgery::LongerWindow,
    Forgery::WholeHistory,
    Forgery::LongerRequest,
    Forgery::OlderRow,
    Forgery::CutHistory,
];

/// The fault that is put into the model by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Twin {
    Sound,
    /// A row is believed without its history.
    BelievesRows,
    /// The rules are asked when the request is approved, and not when it opens.
    AsksOnce,
    /// A caller is taken for the person that they name.
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
    /// Ann, the requester, makes a role and gives her session this name.
    AnnApprovesAs(&'static str),
    RulesChange,
    Forges(Forgery),
    Opens,
    Mints,
}

/// The state of the model: the rows, the rules, and the access that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
struct World {
    row: Arc<Request>,
    older: Option<Arc<Request>>,
    history: Vec<Entry>,
    /// Whether the rules in force would open a request for an hour.
    permitted: bool,
    forged: usize,
    /// The ends of the windows for which access was given.
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

/// The end of an hour that begins now.
fn an_hour() -> Timestamp {
    start() + SignedDuration::from_hours(1)
}

/// The stored request with another value at a JSON pointer. None if that is no request.
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
            Forgery::WholeHistory | Forgery::LongerRequest => {
                let mut terms = terms(kind);
                if forgery == Forgery::LongerRequest {
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

    /// The request, if it may be opened: its history proves it, and then the rules in force
    /// permit it. They permit one hour at most.
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
