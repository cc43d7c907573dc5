//! Advice on a sound set. It keeps nobody from publishing.

use crate::{Problem, RuleSet, entries::is_policy, iam};

impl RuleSet {
    /// Advice for the authors of this set.
    pub fn advice(&self) -> Vec<Problem> {
        let policies = self.sources.files().filter(|file| is_policy(&file.name));
        let mut advice: Vec<_> = policies.flat_map(|file| iam::advice(&file)).collect();
        advice.extend(self.callers_of_other_accounts());
        advice
    }

    /// Callers that cannot come: an HTTP API takes signed calls from its own account only.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html>
    fn callers_of_other_accounts(&self) -> Vec<Problem> {
        let (Some(file), Some(account)) =
            (self.sources.file("people.toml"), self.directory.account())
        else {
            return Vec::new();
        };
        let elsewhere = |caller: &&str| {
            let owner = caller.split(':').nth(4);
            owner.is_some_and(|owner| owner != account)
        };
        let warn = |caller: &str| {
            // A role is kept as what its sessions begin with.
            let role = caller.rsplit('/').next().unwrap_or(caller);
            let place = file.find(caller).or_else(|| file.find(role)).unwrap_or_default();
            let help = "the API takes signed calls from its own account only: name a user or a role \
                        there, or let people come with tokens";
            Problem::at(&file, place, format!("{caller} is a caller of another account"))
                .with_help(help)
                .into_advice()
        };
        self.directory.callers().filter(elsewhere).map(warn).collect()
    }
}
