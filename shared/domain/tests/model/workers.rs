//! Workers: what settling and reconciliation do, a step at a time, and calls that arrive late.

use std::sync::Arc;

use domain::{
    grant::{Attachment, AttachmentKey, AttachmentState, Presence, Release},
    request::{Command, Request, Shown, Status, Verdict},
};
use jiff::SignedDuration;

use crate::{
    steps::{Life, Twin, answer, call},
    world::{
        After, Call, Does, Kind, Known, Outcome, Reach, Worker, World, ends, id, on, policy, start,
    },
};

impl World {
    /// Begins to settle a request: commits what is due, and starts a worker for the effect.
    pub(crate) fn start(&mut self, life: &Life, number: usize) {
        self.commit(number, &Command::Tick);
        let (request, now) = (self.request(number), self.time());
        let mut effect = request.effect(now).map(Reach::from);
        if let (Twin::OpensLate, Some(Reach::Gone), Status::Activating) =
            (life.twin, effect, request.status())
        {
            let (starts_at, ends_at) = ends(request.window().unwrap());
            effect = Some(Reach::Ensure(starts_at, ends_at));
        }
        if let Some(Reach::Ensure(_, ends_at)) = effect
            && ends_at <= now
        {
            self.broken.insert(5);
        }
        if let Some(effect) = effect {
            self.workers.push(Worker { of: number, does: Does::Reach(effect) });
        }
    }

    pub(crate) fn work(&mut self, life: &Life, worker: Worker) {
        let Worker { of, does } = worker;
        if let Some(call) = call(life, &Worker { of, does: does.clone() }) {
            let skipped = life.twin == Twin::NoBar && matches!(call, Call::Bar(_));
            if !skipped {
                self.arrive(&fenced(life, call, self.time()));
            }
        }
        let next = match (life.kind, does) {
            (Kind::Managed | Kind::Found, Does::Reach(Reach::Ensure(..))) => self.join(life, of),
            (Kind::Managed | Kind::Found, Does::Reach(Reach::Gone)) => {
                self.leave(life, of, After::Record)
            }
            (Kind::Managed | Kind::Found, Does::Reach(Reach::TakenBack)) => {
                self.leave(life, of, After::Nothing)
            }
            (_, Does::Reach(Reach::Ensure(..)) | Does::Attach) => {
                Some(Does::Record(Outcome::Opened))
            }
            (_, Does::Reach(Reach::Gone)) => Some(Does::Record(Outcome::Closed)),
            (_, Does::Reach(Reach::TakenBack | Reach::KeepBarred)) => None,
            (_, Does::Reach(Reach::Bar(until))) => Some(Does::Record(Outcome::Barred(until))),
            (_, Does::Reach(Reach::Lift)) => Some(Does::Record(Outcome::Lifted)),
            (_, Does::Detach(after)) => {
                self.detach(life, of);
                (after == After::Record).then_some(Does::Record(Outcome::Closed))
            }
            (_, Does::Record(outcome)) => self.record(life, of, outcome),
        };
        self.workers.extend(next.map(|does| Worker { of, does }));
    }

    /// Records an outcome. The loser of a race reads again, and decides again.
    fn record(&mut self, life: &Life, of: usize, outcome: Outcome) -> Option<Does> {
        if life.twin == Twin::Overwrites && outcome == Outcome::Opened {
            // The request as it was when the window was fixed, whatever has happened since.
            let mut old = Request::clone(&World::of(life.kind, of + 1).records[of].0);
            let yes = Command::Decide {
                verdict: Verdict::Approve,
                answer: answer(),
                shown: Shown { digest: old.terms().grant.digest(), version: old.version() },
            };
            for command in [yes, Command::Opened] {
                old = old.after(command, start()).unwrap().0;
            }
            let before = self.request(of).clone();
            self.entries[of] += 1;
            self.write(of, &before, Known(Arc::new(old)));
            return None;
        }
        self.commit(of, &outcome.command());
        let closed = self.request(of).status().is_terminal();
        (outcome == Outcome::Opened && closed).then_some(Does::Reach(Reach::TakenBack))
    }

    /// Detaches the policy, if this grant is still the one to detach it, and records that.
    fn detach(&mut self, life: &Life, of: usize) {
        let by = |attachment: &Attachment| matches!(&attachment.state, AttachmentState::Releasing { last_holder } if *last_holder == id(of));
        if life.twin == Twin::TakesAlways {
            self.iam.attached = false;
        } else if let Some(attachment) = self.attachment.clone().filter(by) {
            self.iam.attached = false;
            self.hold(attachment.detached(self.time()));
        }
    }

    /// Records the attachment, with version 0: the number of its changes does not matter here.
    pub(crate) fn hold(&mut self, attachment: Attachment) {
        self.attachment = Some(Attachment { version: 0, ..attachment });
    }

    fn join(&mut self, life: &Life, of: usize) -> Option<Does> {
        let attached = self.iam.attached && life.twin != Twin::ThinksItsOurs;
        let presence = if attached { Presence::Attached } else { Presence::Absent };
        let (known, now) = (self.attachment.clone(), self.time());
        let (principal, policy) = (on(), policy());
        let key = AttachmentKey { principal: &principal, policy: &policy };
        let acquired = Attachment::acquire(known, key, &id(of), presence, now)?;
        let ours = acquired.is_ours();
        self.hold(acquired);
        Some(if ours { Does::Attach } else { Does::Record(Outcome::Opened) })
    }

    fn leave(&mut self, life: &Life, of: usize, after: After) -> Option<Does> {
        let record = (after == After::Record).then_some(Does::Record(Outcome::Closed));
        let Some((left, release)) = self
            .attachment
            .as_ref()
            .and_then(|attachment| attachment.release(&id(of), self.time()))
        else {
            return record;
        };
        self.hold(left);
        let takes = release == Release::Detach || life.twin == Twin::TakesAlways;
        if takes { Some(Does::Detach(after)) } else { record }
    }

    pub(crate) fn arrive(&mut self, call: &Call) {
        match call {
            Call::Put(number, window) => _ = self.iam.inline.insert(*number, *window),
            Call::Delete(number) => _ = self.iam.inline.remove(number),
            Call::Attach => self.iam.attached = true,
            Call::Bar(number) => _ = self.iam.bars.insert(*number),
            Call::Unbar(number) => _ = self.iam.bars.remove(number),
        }
    }

    /// Compares IAM with the records, and removes policies and bars that no request accounts for.
    pub(crate) fn look(&mut self, life: &Life) {
        if life.twin == Twin::RecordsOnly {
            return;
        }
        let records = self.records.clone();
        self.iam.inline.retain(|number, _| records[*number].0.is_live());
        // A request that is being revoked may be barred already.
        self.iam.bars.retain(|number| {
            let state = records[*number].0.state();
            state.status() == Status::Revoking || state.barred_until().is_some()
        });
        let now = self.time();
        if self.attachment.as_ref().is_some_and(|attachment| attachment.recently_detached(now)) {
            self.iam.attached = false;
        }
        // A grant that holds a managed policy and is not live releases it completely.
        for number in (0..life.requests).filter(|number| !records[*number].0.is_live()) {
            if let Some(does @ Does::Detach(_)) = self.leave(life, number, After::Nothing) {
                let mut next = vec![Worker { of: number, does }];
                std::mem::swap(&mut self.workers, &mut next);
                while let Some(worker) = self.workers.pop() {
                    self.work(life, worker);
                }
                self.workers = next;
            }
        }
    }
}

fn fenced(life: &Life, call: Call, now: jiff::Timestamp) -> Call {
    match (life.twin, call) {
        (Twin::NoFence, Call::Put(number, (starts_at, _))) => {
            Call::Put(number, (starts_at, jiff::Timestamp::MAX))
        }
        (Twin::FenceFromNow, Call::Put(number, _)) => {
            Call::Put(number, (now, now + SignedDuration::from_hours(1)))
        }
        (_, call) => call,
    }
}
