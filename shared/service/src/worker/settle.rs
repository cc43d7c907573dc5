//! Makes AWS match the record of one request.

use domain::{
    request::{Cause, Command, Effect, Proven, Request},
    value::{RequestId, Window},
};
use jiff::{SignedDuration, Timestamp};
use rules::{judge::MayOpen, source::RuleSet};

use super::Worker;
use crate::{
    Error, Fault,
    commands::execute_from,
    ports::{Applied, Attachments, IamWrite, Rulebook, Snapshot, Store},
    proof::proven,
};

/// Time that the rights of a new deployment may take to spread. Until it has passed since the
/// intent, a refusal of AWS may still become a success.
const PROPAGATION: SignedDuration = SignedDuration::from_secs(60);

impl<S: Store + Attachments, I: IamWrite, R: Rulebook> Worker<'_, S, I, R> {
    /// Records what is due for one request, makes AWS match the record, and records the outcome.
    /// Settling twice is settling once, so work that was cut short is finished by settling again.
    ///
    /// A request opens only if its history proves it and the rules in force permit it once more
    /// (law 11). Closing needs neither: if the rules cannot be read, or the history does not
    /// prove the request, nothing opens, but everything still closes.
    pub async fn settle(&self, id: &RequestId, now: Timestamp) -> Result<Request, Error> {
        let read = self.store.snapshot(id).await?.ok_or(Error::NotFound)?;
        self.settle_read(read, now).await
    }

    /// Settles a request as it was read, together with the rules in force. Each commit is
    /// conditional on the version, so an outdated request is read and decided again.
    pub(super) async fn settle_read(
        &self,
        Snapshot { request, rules }: Snapshot,
        now: Timestamp,
    ) -> Result<Request, Error> {
        let mut request = execute_from(self.store, request, Command::Tick, now).await?;
        while let Some(effect) = request.effect(now) {
            let outcome = match effect {
                Effect::Ensure(window) => {
                    let proven = proven(self.store, request.id(), now).await?;
                    if *proven.request() != request {
                        // Another worker changed it since it was read.
                        request = proven.into_request();
                        continue;
                    }
                    let rules = self.rules.rules_at(rules).await?;
                    self.open(&rules, &proven, window, now).await?
                }
                // The others give access to nobody. They need no proof: the stored request is
                // enough to take access away.
                Effect::EnsureGone(window) => {
                    self.remove_if_opened(&request, window, now).await?;
                    Command::Closed
                }
                Effect::Bar(until) => {
                    self.bar(&request).await?;
                    Command::Barred(until)
                }
                Effect::KeepBarred => {
                    self.keep_barred(&request).await?;
                    break;
                }
                Effect::Lift => {
                    self.lift(&request).await?;
                    Command::Lifted
                }
            };
            let before = request.version();
            request = execute_from(self.store, request, outcome.clone(), now).await?;
            if request.version() == before {
                return Err(Fault::new("settle request", "its effect led nowhere")
                    .on(request.id())
                    .into());
            }
            if let (Effect::Ensure(window), Command::Opened) = (effect, &outcome)
                && request.status().is_terminal()
            {
                // Our call to IAM may have arrived after another worker closed the request.
                // Nobody settles a closed request again, so the grant would stay.
                self.remove(&request, window, now).await?;
            }
        }
        Ok(request)
    }

    /// Opens a proven request, if the rules in force agree. Returns the command that records the
    /// outcome.
    async fn open(
        &self,
        rules: &RuleSet,
        proven: &Proven,
        window: Window,
        now: Timestamp,
    ) -> Result<Command, Fault> {
        let applied = match rules.may_open(proven) {
            Ok(leave) => self.ensure_or_give_up(leave, now).await?,
            Err(denials) => {
                let reasons = denials.into_iter().map(|denial| denial.reason).collect();
                Applied::Impossible(Cause::RulesChanged { reasons })
            }
        };
        match applied {
            Applied::Done => Ok(Command::Opened),
            Applied::Impossible(cause) => {
                // An earlier attempt may have succeeded before it became impossible.
                self.remove_if_opened(proven.request(), window, now).await?;
                Ok(Command::GiveUp(cause))
            }
        }
    }

    /// Puts the grant in place. A refusal of AWS is final from one minute after the intent. By
    /// then it is not the first refusal: the first attempt follows the intent at once.
    async fn ensure_or_give_up(
        &self,
        leave: MayOpen<'_>,
        now: Timestamp,
    ) -> Result<Applied, Fault> {
        match self.ensure(leave, now).await {
            Err(fault) if fault.is_not_permitted() => {
                let late = leave.request().changed_at().duration_until(now) >= PROPAGATION;
                if late { Ok(Applied::Impossible(Cause::NotPermitted)) } else { Err(fault) }
            }
            applied => applied,
        }
    }

    /// Removes the grant. If we may not remove it and it was never seen in IAM, we could not put
    /// it there either, and it counts as removed. If it was seen there, the removal is tried for
    /// ever.
    async fn remove_if_opened(
        &self,
        request: &Request,
        window: Window,
        now: Timestamp,
    ) -> Result<(), Fault> {
        match self.remove(request, window, now).await {
            Err(fault) if fault.is_not_permitted() && !request.state().was_opened() => Ok(()),
            removed => removed,
        }
    }
}
