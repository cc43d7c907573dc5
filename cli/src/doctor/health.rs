//! The health of a deployment: the caller's identity, the clock, the minute job, the rules.

use aws::dynamo::{PublishedRules, RequestsTable};
use aws_config::SdkConfig;
use aws_sdk_scheduler::types::ScheduleState;
use domain::value::Person;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use rules::source::RuleSet;
use service::{first_due, ports::Lane};

use super::{Checkup, finding::Findings};
use crate::{
    api,
    identity::{self, CallerIdentity},
    reach,
};

/// Largest accepted difference between the clocks of this machine and AWS. AWS refuses calls at
/// five minutes, and people should know long before.
const SKEW: SignedDuration = SignedDuration::from_secs(30);

/// Time that a due request may wait for the minute job before the job counts as stopped.
const OVERDUE: SignedDuration = SignedDuration::from_mins(3);

/// Most waiting requests that are counted.
const MOST_COUNTED: usize = 500;

/// Reports the identity of the caller, and returns its account.
pub(super) async fn identity(sdk: &SdkConfig, findings: &mut Findings) -> Option<String> {
    match identity::identity(sdk).await {
        Ok(CallerIdentity { author, account }) => {
            findings.fine("identity", format!("you are {author}"));
            Some(account)
        }
        Err(error) => {
            findings.could_not_check("identity", error.as_ref());
            None
        }
    }
}

impl Checkup<'_> {
    /// Checks that the API answers, and that its clock agrees with that of this machine.
    pub(super) async fn clock(&self, findings: &mut Findings) {
        let url = self.deployment.output("ApiUrl");
        let date = match answered_at(url).await {
            Ok(date) => date,
            Err(error) => return findings.could_not_check("API", error.as_ref()),
        };
        findings.fine("API", format!("{url} answers"));
        let Some(date) = date else {
            return findings.look("clock", "the API does not say what time it is", "try again");
        };
        let off = date.duration_until(aws::clock::now()).abs();
        if off > SKEW {
            let says = format!("the clock of this machine is off by {off:#}");
            findings.wrong(
                "clock",
                says,
                "set it by the network; AWS refuses calls five minutes off",
            );
        } else {
            findings.fine("clock", "this machine and AWS agree on the time");
        }
    }

    /// Checks that the schedules of the minute job, the comparison with IAM and the checkpoints are
    /// enabled.
    pub(super) async fn schedule(&self, findings: &mut Findings) {
        const ABOUT: &str = "schedule";
        let client = aws_sdk_scheduler::Client::new(self.sdk);
        for (function, otherwise) in [
            ("Expiry", "nothing is closed in IAM"),
            ("Reconcile", "nobody sees what IAM holds besides the records"),
            ("Checkpoint", "what is new in the audit record is not signed"),
        ] {
            let Some(name) = self.deployment.schedule_of(function) else {
                let says = format!("the stack has none for {function}: {otherwise}");
                findings.wrong(ABOUT, says, "deploy the template again");
                continue;
            };
            match client.get_schedule().name(name).send().await {
                Ok(schedule) if schedule.state() == Some(&ScheduleState::Enabled) => {
                    let every = schedule.schedule_expression().unwrap_or_default();
                    findings.fine(ABOUT, format!("{name} is enabled, {every}"));
                }
                Ok(_) => findings.wrong(
                    ABOUT,
                    format!("{name} is disabled: {otherwise}"),
                    "enable it, and see who disabled it",
                ),
                Err(error) => findings.could_not_check(ABOUT, &error),
            }
        }
    }

    /// Checks that the minute job runs: no request has waited for it longer than `OVERDUE`.
    pub(super) async fn overdue(&self, findings: &mut Findings) {
        const ABOUT: &str = "overdue";
        let table = self.deployment.output("RequestsTable").to_owned();
        let since = self.now.checked_sub(OVERDUE).unwrap_or(self.now);
        // Each sweep looks at every bar until it is lifted, so a bar never counts as waiting.
        let lanes = [Lane::Closing, Lane::Waiting];
        let store = RequestsTable::new(self.sdk, table);
        let (due, mut blind) = first_due(&store, &lanes, MOST_COUNTED, since).await;
        match blind.pop().map_or(Ok(due), Err) {
            Ok(due) if due.is_empty() => findings.fine(ABOUT, "nothing waits for the minute job"),
            Ok(due) => {
                let oldest = due.first().map(|due| due.id.to_string()).unwrap_or_default();
                let more = if due.len() < MOST_COUNTED { "" } else { "or more " };
                let says = format!("{} {more}requests wait, {oldest} for the longest", due.len());
                findings.wrong(ABOUT, says, "see the logs of the function expiry");
            }
            Err(error) => findings.could_not_check(ABOUT, &error),
        }
    }

    /// Checks that rules are published, can be read, and fit the deployment. Returns the people in
    /// them.
    pub(super) async fn rules(&self, findings: &mut Findings) -> Vec<Person> {
        const ABOUT: &str = "rules";
        let table = self.deployment.output("RequestsTable").to_owned();
        match service::in_force(&PublishedRules::new(self.sdk, table)).await {
            Ok((Some(_), Some(rules))) => {
                let (people, entries) = (rules.directory().people(), rules.catalogue());
                findings.fine(
                    ABOUT,
                    format!("{} entitlements, {} people, in force", entries.len(), people.len()),
                );
                self.sign_in(&rules, findings);
                self.account_of(&rules, findings);
                self.reach(&rules, findings);
                people.keys().cloned().collect()
            }
            Ok((Some(_), None)) => {
                let says = "what is published is damaged: nothing opens, everything closes";
                findings.wrong(ABOUT, says, "publish them again: portcullis rules push");
                Vec::new()
            }
            Ok((None, _)) => {
                let says = "none are published: nobody may ask for anything";
                let way_out = "name yourself in Publishers, and: portcullis rules push my-rules";
                findings.wrong(ABOUT, says, way_out);
                Vec::new()
            }
            Err(error) => {
                findings.could_not_check(ABOUT, &error);
                Vec::new()
            }
        }
    }

    /// Checks that the rules are about the account of the stack.
    fn account_of(&self, rules: &RuleSet, findings: &mut Findings) {
        const ABOUT: &str = "account";
        let Some(here) = &self.account else { return };
        match rules.directory().check_account(here) {
            Ok(()) => findings.fine(ABOUT, format!("the rules are about {here}")),
            Err(denial) => findings.wrong(
                ABOUT,
                denial.reason,
                "correct `account` in people.toml: until then nobody may ask for anything",
            ),
        }
    }

    /// Compares the grants of the rules with the parameters of the stack.
    fn reach(&self, rules: &RuleSet, findings: &mut Findings) {
        const ABOUT: &str = "reach";
        match reach::beyond(rules, &self.deployment.parameters).as_slice() {
            [] => findings.fine(ABOUT, "the parameters name all that the rules grant"),
            [first, rest @ ..] => {
                let more = match rest.len() {
                    0 => String::new(),
                    more => format!(" (and {more} more entries)"),
                };
                findings.wrong(
                    ABOUT,
                    format!("{first}{more}"),
                    "deploy the stack with it, or take the entry out of the rules",
                );
            }
        }
    }

    /// Checks that approvers can sign in, if the rules demand a sign-in.
    fn sign_in(&self, rules: &RuleSet, findings: &mut Findings) {
        const ABOUT: &str = "sign-in";
        let mut wanting = rules.catalogue().iter().filter(|(_, entry)| entry.sign_in);
        let Some((entry, _)) = wanting.next() else { return };
        match self.deployment.parameter("SignInIssuer") {
            None => findings.wrong(
                ABOUT,
                format!("`{entry}` wants one, and the stack has no SignInIssuer"),
                "deploy it with one, or approvers can answer from a terminal only",
            ),
            Some(_) if self.deployment.parameter("SignInClientId").is_none() => findings.wrong(
                ABOUT,
                "the stack has a SignInIssuer and no SignInClientId",
                "deploy it with both: the approval page does not work without",
            ),
            Some(issuer) if !rules.directory().trusts_issuer(issuer) => findings.wrong(
                ABOUT,
                format!("the rules do not name {issuer}, so nobody is anybody there"),
                "add it as an [[issuer]] to people.toml",
            ),
            Some(issuer) => findings.fine(ABOUT, format!("at {issuer}")),
        }
    }
}

/// The time of an answer, by the clock of the API. None if the answer does not state it.
async fn answered_at(url: &str) -> anyhow::Result<Option<Timestamp>> {
    let answer = api::client(url)?.get(url).send().await?;
    let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
    Ok(date.and_then(|date| rfc2822::parse(date).ok()).map(|date| date.timestamp()))
}
