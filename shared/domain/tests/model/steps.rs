//! The steps of the model.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

use domain::request::{Channel, Command, Request, Shown, Statement, Status, Verdict};
use jiff::SignedDuration;
use stateright::{Model, Property};

use crate::{
    laws,
    world::{
        Call, Does, Kind, Known, LAST, Reach, Worker, World, basis, call_context, ends, start,
    },
};

/// Workers, and late calls, at a time at most.
const WORKERS: usize = 2;
const LATE: usize = 1;

/// The fault that is put into the model by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twin {
    /// No fault.
    Sound,
    /// The policy is put before it is on record.
    PutFirst,
    /// The policy has no end.
    NoFence,
    /// The window of the policy begins when it is put.
    FenceFromNow,
    /// Reconciliation does not look at IAM itself.
    RecordsOnly,
    /// A request whose window is over is opened all the same.
    OpensLate,
    /// The first holder to release the policy detaches it.
    TakesAlways,
    /// A grant that finds a policy attached takes it for ours.
    ThinksItsOurs,
    /// A worker writes the request as it read it, whatever has happened since.
    Overwrites,
    /// A call that was cut short is never tried again.
    GivesUp,
    /// Revoking puts no bar.
    NoBar,
}

/// The model: the kind of grant, the number of requests, and the fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    pub(crate) kind: Kind,
    pub(crate) requests: usize,
    pub(crate) twin: Twin,
}

/// A step of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    TimePasses,
    BobApproves(usize),
    BobDenies(usize),
    AnnCancels(usize),
    BobRevokes(usize),
    AnnMints(usize),
    /// A worker begins: for a delivery, the first or another one, or in a sweep.
    Delivered(usize),
    /// A worker takes its next step.
    Works(usize),
    /// A worker's call is on its way for long, and the worker does not wait for it.
    TimesOut(usize),
    Crashes(usize),
    Arrives(usize),
    LooksAtIam,
}

impl Model for Life {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::of(self.kind, self.requests)]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        if world.now < LAST {
            steps.push(Step::TimePasses);
        }
        for number in 0..self.requests {
            match world.request(number).status() {
                Status::Pending => {
                    steps.push(Step::BobApproves(number));
                    // The other request is only there to get in the way.
                    if number == 0 {
                        steps.extend([Step::BobDenies(number), Step::AnnCancels(number)]);
                    }
                }
                Status::Activating | Status::Active => {
                    if number == 0 {
                        steps.push(Step::BobRevokes(number));
                    }
                    if self.kind == Kind::Session {
                        steps.push(Step::AnnMints(number));
                    }
                }
                Status::Denied
                | Status::Cancelled
                | Status::Expired
                | Status::Scheduled
                | Status::Revoking
                | Status::Revoked
                | Status::Ended
                | Status::Failed => {}
            }
            if world.workers.len() < WORKERS {
                steps.push(Step::Delivered(number));
            }
        }
        for (number, worker) in world.workers.iter().enumerate() {
            steps.extend([Step::Works(number), Step::Crashes(number)]);
            if world.late.len() < LATE && call(self, worker).is_some() {
                steps.push(Step::TimesOut(number));
            }
        }
        steps.extend((0..world.late.len()).map(Step::Arrives));
        steps.push(Step::LooksAtIam);
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut next = world.clone();
        match step {
            Step::TimePasses => next.passes_time(),
            Step::BobApproves(number) => {
                if self.twin == Twin::PutFirst {
                    let window = next.request(number).window_if_approved(next.time());
                    next.iam.inline.insert(number, ends(window));
                    // The record follows in another step, or never if the function is cut short.
                    return Some(next);
                }
                next.commit(number, &decision(&next, number, Verdict::Approve));
            }
            Step::BobDenies(number) => {
                next.commit(number, &decision(&next, number, Verdict::Deny));
                next.refused[number] |= next.request(number).status() == Status::Denied;
            }
            Step::AnnCancels(number) => {
                next.commit(number, &Command::Cancel { by: "ann@example.com".parse().unwrap() });
                next.refused[number] |= next.request(number).status() == Status::Cancelled;
            }
            Step::BobRevokes(number) => next.commit(number, &Command::Revoke(answer())),
            Step::AnnMints(number) => next.mint(number),
            Step::Delivered(number) => next.start(self, number),
            Step::Works(number) => {
                let worker = next.workers.remove(number);
                next.work(self, worker);
            }
            Step::TimesOut(number) => {
                let worker = next.workers.remove(number);
                next.late.extend(call(self, &worker));
                next.late.sort();
            }
            Step::Crashes(number) => _ = next.workers.remove(number),
            Step::Arrives(number) => {
                let call = next.late.remove(number);
                next.arrive(&call);
            }
            Step::LooksAtIam => next.look(self),
        }
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        laws::all()
    }
}

/// The call to IAM that a worker makes next, if it is one that may be late.
pub(crate) fn call(life: &Life, worker: &Worker) -> Option<Call> {
    let of = worker.of;
    match (life.kind, &worker.does) {
        (Kind::Inline, Does::Reach(Reach::Ensure(starts_at, ends_at))) => {
            Some(Call::Put(of, (*starts_at, *ends_at)))
        }
        (Kind::Inline, Does::Reach(Reach::Gone | Reach::TakenBack)) => Some(Call::Delete(of)),
        (Kind::Managed | Kind::Found, Does::Attach) => Some(Call::Attach),
        (Kind::Session, Does::Reach(Reach::Bar(_) | Reach::KeepBarred)) => Some(Call::Bar(of)),
        (Kind::Session, Does::Reach(Reach::Lift)) => Some(Call::Unbar(of)),
        _ => None,
    }
}

impl World {
    /// Lets half an hour pass. By then a call to attach has been made, or AWS does not accept it
    /// any more: functions live for minutes, and a signature for five. Then a detached policy is
    /// checked, once.
    fn passes_time(&mut self) {
        self.workers.retain(|worker| worker.does != Does::Attach);
        self.late.retain(|call| *call != Call::Attach);
        if let Some(released) = self.attachment.clone().filter(|held| held.check_at().is_some()) {
            if released.recently_detached(self.time()) {
                self.iam.attached = false;
            }
            self.hold(released.checked());
        }
        self.now += 1;
    }

    /// Decides a command, and commits the outcome unless the command is refused.
    pub(crate) fn commit(&mut self, number: usize, command: &Command) {
        let before = self.records[number].clone();
        let Some((after, entries)) = decided(number, &before, command, self.now) else { return };
        self.entries[number] += entries;
        self.write(number, &before.0, after);
    }

    pub(crate) fn write(&mut self, number: usize, before: &Request, after: Known) {
        if before.status().is_terminal() && before.status() != after.0.status() {
            self.broken.insert(8);
        }
        if let Some(window) = after.0.window() {
            self.fixed[number].get_or_insert(ends(window));
        }
        self.records[number] = after;
    }

    fn mint(&mut self, number: usize) {
        let call = call_context();
        let by = "ann@example.com".parse().unwrap();
        let before = self.request(number).version();
        // One session that is alive is enough.
        if self.iam.sessions.contains_key(&number) {
            return;
        }
        self.commit(number, &Command::Mint { by, call });
        let request = self.request(number);
        if request.version() != before {
            let window = request.window().unwrap();
            let life = request.session_lifetime(window, self.time());
            let until = self.time() + life;
            self.iam.sessions.insert(number, until);
        }
    }
}

/// The decision of the real domain, kept: it is asked equal questions a million times, and its
/// answers to them are equal.
fn decided(number: usize, before: &Known, command: &Command, now: i64) -> Option<(Known, u64)> {
    type Asked = (usize, Known, String, i64);
    type Answers = HashMap<Asked, Option<(Known, u64)>>;
    static ANSWERS: LazyLock<Mutex<Answers>> = LazyLock::new(Mutex::default);
    let asked = (number, before.clone(), format!("{command:?}"), now);
    if let Some(answer) = ANSWERS.lock().unwrap().get(&asked) {
        return answer.clone();
    }
    let time = start() + SignedDuration::from_mins(30 * now);
    let decided = Request::clone(&before.0).after(command.clone(), time).ok();
    let answer = decided.map(|(after, entries)| (Known(Arc::new(after)), entries.len() as u64));
    ANSWERS.lock().unwrap().insert(asked, answer.clone());
    answer
}

fn decision(world: &World, number: usize, verdict: Verdict) -> Command {
    let request = world.request(number);
    let shown = Shown { digest: request.terms().grant.digest(), version: request.version() };
    Command::Decide { verdict, answer: answer(), shown }
}

pub(crate) fn answer() -> Statement {
    Statement {
        by: "bob@example.com".parse().unwrap(),
        reason: "seen".parse().unwrap(),
        channel: Channel::Api,
        call: call_context(),
        basis: basis(),
    }
}
