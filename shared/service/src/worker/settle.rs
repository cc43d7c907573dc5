//! Making AWS match the record of one request.

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

/// Rights of a new deployment take a moment to spread: for this long a refusal of AWS to open
/// something may still become a success. Two sweeps are further apart.
const PROPAGATION: SignedDuration = SignedDuration::from_secs(60);

impl<S: Store + Attachments, I: IamWrite, R: Rulebook> Worker<'_, S, I, R> {
    /// Records what is due for one request, makes AWS match, and records the outcome. Doing it
    /// again changes nothing, so that work which was cut short is repaired by doing it again.
    ///
    /// A request that opens is proven by its history, and judged once more by the rules in
    /// force (law 11). Closing needs neither: without readable rules, and for a request that
    /// nothing proves, nothing opens, and everything still closes.
    pub async fn settle(&self, id: &RequestId, now: Timestamp) -> Result<Request, Error> {
        let read = self.store.snapshot(id).await?.ok_or(Error::NotFound)?;
        self.settle_read(read, now).await
    }

    /// Settles a request as it was read, together with the rules in force. Each commit is
    /// conditional on the version, so that a request read too early is decided again.
    pub(super) async fn settle_read(
        &self,
        Snapshot { request, rules }: Snapshot,
        now: Timestamp,
    ) -> Result<Request, Error> {
        let mut request = execute_from(self.store, request, Command::Tick, now).await?;
        while let Some(effect) = request.effect(now) {
            let outcome = if let Effect::Ensure(window) = effect {
                let proven = proven(self.store, request.id(), now).await?;
                if *proven.request() != request {
                    // Another worker changed it since it was read.
                    request = proven.into_request();
                    continue;
                }
                let rules = self.rules.rules_at(rules).await?;
                Some(self.open(&rules, &proven, window, now).await?)
            } else {
                self.close(&request, effect, now).await?
            };
            let Some(outcome) = outcome else { break };
            let before = request.version();
            request = execute_from(self.store, request, outcome.clone(), now).await?;
            if request.version() == before {
                return Err(Fault::new("settle a request", "its effect led nowhere").into());
            }
            if let (Effect::Ensure(window), Command::Opened) = (effect, &outcome)
                && request.status().is_terminal()
            {
                // A call to IAM may arrive late: when another worker has closed the request
                // meanwhile, nobody looks at it again, and what the call put would stay.
                self.remove(&request, window, now).await?;
            }
        }
        Ok(request)
    }

    /// Opens what its history proves, if the rules in force agree. Gives the command that
    /// records the outcome.
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
                // An earlier attempt may have got through before it became impossible.
                self.remove_if_opened(proven.request(), window, now).await?;
                Ok(Command::GiveUp(cause))
            }
        }
    }

    /// Reaches an effect that gives access to nobody. Gives the command that records the
    /// outcome, if there is anything to record. It needs no proof: the stored request is
    /// enough to take access away.
    async fn close(
        &self,
        request: &Request,
        effect: Effect,
        now: Timestamp,
    ) -> Result<Option<Command>, Fault> {
        match effect {
            Effect::Ensure(_) => Ok(None),
            Effect::EnsureGone(window) => {
                self.remove_if_opened(request, window, now).await?;
                Ok(Some(Command::Closed))
            }
            Effect::Bar(until) => {
                self.bar(request).await?;
                Ok(Some(Command::Barred(until)))
            }
            Effect::KeepBarred => {
                self.keep_barred(request).await?;
                Ok(None)
            }
            Effect::Lift => {
                self.lift(request).await?;
                Ok(Some(Command::Lifted))
            }
        }
    }

    /// Puts the grant in place. A refusal of AWS is final when it comes a minute after the
    /// intent, and so for the second time: the first attempt follows the intent at once.
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

    /// Removes the grant. A grant that was never seen in IAM, and that we may not remove, could
    /// not be put there either: it ends. One that was seen there is tried for ever.
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
