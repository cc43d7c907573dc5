//! Sessions. They need nothing in IAM; the sessions of a revoked request are barred from their
//! role.

use domain::{
    grant::{Bars, PolicyDocument, PolicyName, Principal},
    request::Request,
};

use crate::{
    Fault,
    ports::{Attachments, Committed, IamWrite, Store},
    worker::Worker,
};

/// Attempts to change the bars of a role while others change them. Each failed attempt means
/// that one of the others has succeeded.
const ATTEMPTS: usize = 40;

impl<S: Store + Attachments, I: IamWrite, R: Sync> Worker<'_, S, I, R> {
    /// Bars the sessions of a request from their role.
    pub(crate) async fn bar(&self, request: &Request) -> Result<(), Fault> {
        let Some(role) = request.terms().grant.barred_role() else { return Ok(()) };
        let changed = self.change_bars(&role, |bars| bars.with(request.id())).await;
        self.unless_role_gone(request, &role, changed).await
    }

    /// Bars the sessions again if somebody has changed the policy since.
    pub(crate) async fn keep_barred(&self, request: &Request) -> Result<(), Fault> {
        let Some(role) = request.terms().grant.barred_role() else { return Ok(()) };
        let name = PolicyName::of_bars(self.iam.deployment());
        match self.iam.read_policy(&role, name.as_str()).await {
            Ok(there) => {
                let barred = there.as_deref().and_then(PolicyDocument::barred_by);
                if barred.is_some_and(|barred| barred.contains(request.id())) {
                    return Ok(());
                }
                self.bar(request).await
            }
            Err(fault) => self.unless_role_gone(request, &role, Err(fault)).await,
        }
    }

    /// Lifts the bar: the last session it was for has expired.
    pub(crate) async fn lift(&self, request: &Request) -> Result<(), Fault> {
        let Some(role) = request.terms().grant.barred_role() else { return Ok(()) };
        let changed = self.change_bars(&role, |bars| bars.without(request.id())).await;
        self.unless_role_gone(request, &role, changed).await
    }

    /// Changes the bars of a role, on record first and then in IAM. After the policy is written
    /// the record is read again: another worker may have changed it meanwhile, and IAM may
    /// have taken the older of the two policies last.
    pub(crate) async fn change_bars(
        &self,
        role: &Principal,
        change: impl Fn(&Bars) -> Option<Bars> + Send,
    ) -> Result<(), Fault> {
        for _ in 0..ATTEMPTS {
            let known = self.store.bars(role).await?;
            let known = known.unwrap_or_else(|| Bars::none(role.clone()));
            let bars = match change(&known) {
                Some(changed) => match self.store.record_bars(&changed).await? {
                    Committed::Done => changed,
                    Committed::Lost => continue,
                },
                None => known,
            };
            self.write(&bars).await?;
            let now = self.store.bars(role).await?;
            if now.map_or(0, |now| now.version) == bars.version {
                return Ok(());
            }
        }
        Err(Fault::new("change bars of", "others change them again and again").on(role))
    }

    async fn write(&self, bars: &Bars) -> Result<(), Fault> {
        let name = PolicyName::of_bars(self.iam.deployment());
        let Some(document) = bars.document() else {
            return self.iam.delete_policy(&bars.on, name.as_str()).await;
        };
        let applied = self.iam.put_policy(&bars.on, name.as_str(), &document).await?;
        applied.or_fault("bar sessions of", &bars.on)
    }

    async fn unless_role_gone(
        &self,
        request: &Request,
        role: &Principal,
        done: Result<(), Fault>,
    ) -> Result<(), Fault> {
        match done {
            Err(fault) if fault.is_not_permitted() => self.unless_gone(request, role, fault).await,
            done => done,
        }
    }
}
