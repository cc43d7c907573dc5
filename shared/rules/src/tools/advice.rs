//! Advice on a sound set. It does not prevent publication.

use domain::value::{EntitlementId, Person};

use crate::{
    iam,
    source::{RuleProblem, RuleSet, is_policy},
};

/// The tag of entries that people should not decide by a link alone.
const DANGEROUS: &str = "dangerous";

/// Claims that describe a person, and that providers let the person edit.
/// <https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims>
const EDITABLE: [&str; 11] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "phone_number",
    "zoneinfo",
];

impl RuleSet {
    /// Advice for the authors of this set.
    pub fn advice(&self) -> Vec<RuleProblem> {
        let policies = self.sources.files().filter(|file| is_policy(&file.name));
        let mut advice: Vec<_> = policies.flat_map(|file| iam::advice(&file)).collect();
        advice.extend(self.callers_of_other_accounts());
        advice.extend(self.names_that_prove_little());
        advice.extend(self.decided_by_a_bare_link());
        advice
    }

    /// The dangerous entries that any reader of a mail may decide, although people could sign in.
    fn decided_by_a_bare_link(&self) -> Vec<RuleProblem> {
        let file = self.sources.file("entitlements.toml");
        let Some(file) = file.filter(|_| !self.directory.issuers().is_empty()) else {
            return Vec::new();
        };
        let bare = self.catalogue.iter().filter(|(_, entry)| {
            entry.tags.contains(DANGEROUS) && !entry.sign_in && !entry.steps.is_empty()
        });
        let warn = |(id, _): (&EntitlementId, _)| {
            let place = file.find(&format!("\"{id}\"")).unwrap_or_default();
            let message = format!("`{id}` is dangerous, and whoever has a link may decide it");
            let help = "write `sign_in = true`: there is an issuer with which people can sign in";
            RuleProblem::at(&file, place, message).with_help(help).into_advice()
        };
        bare.map(warn).collect()
    }

    /// The roles and claims in `people.toml` that may not identify one person, because several
    /// people can have the role or can choose the claim. Law 26 relies on them.
    fn names_that_prove_little(&self) -> Vec<RuleProblem> {
        let Some(file) = self.sources.file("people.toml") else { return Vec::new() };
        let warn = |text: &str, message: String, help: &str| {
            // The directory keeps a role as the beginning of its session ARNs.
            let role = text.rsplit('/').next().unwrap_or(text);
            let place = file.find(text).or_else(|| file.find(role)).unwrap_or_default();
            RuleProblem::at(&file, place, message).with_help(help).into_advice()
        };
        let of_caller = |person: &Person, caller: &str| {
            let role = caller.split_once(":assumed-role/").map(|(_, role)| role);
            let shared = |role: &str| !role.contains('/') && !is_named_for(role, person);
            role.is_some_and(shared).then(|| {
                let message = format!("everybody who may assume {caller} is {person}");
                let help = "keep it only if the trust policy of the role lets nobody else in";
                warn(caller, message, help)
            })
        };
        let of_issuer = |(issuer, claim): (&String, &String)| {
            EDITABLE.contains(&claim.as_str()).then(|| {
                let message =
                    format!("at {issuer}, people may be able to choose `{claim}` themselves");
                let help =
                    "name a claim that only its administrators set, such as `email` or `sub`";
                warn(claim, message, help)
            })
        };
        let people = self.directory.people().keys();
        let callers = people.flat_map(|person| {
            let own = self.directory.arns_of(person).into_iter();
            own.filter_map(move |caller| of_caller(person, caller)).collect::<Vec<_>>()
        });
        callers.chain(self.directory.issuers().iter().filter_map(of_issuer)).collect()
    }

    /// The callers that can never call: an HTTP API accepts signed calls from its own account only.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html>
    fn callers_of_other_accounts(&self) -> Vec<RuleProblem> {
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
            // The directory keeps a role as the beginning of its session ARNs.
            let role = caller.rsplit('/').next().unwrap_or(caller);
            let place = file.find(caller).or_else(|| file.find(role)).unwrap_or_default();
            let help = "the API takes signed calls from its own account only: name a user or a role \
                        there, or let people come with tokens";
            RuleProblem::at(&file, place, format!("{caller} is a caller of another account"))
                .with_help(help)
                .into_advice()
        };
        self.directory.callers().filter(elsewhere).map(warn).collect()
    }
}

/// Whether a role seems to belong to this person alone: its name contains a part of their mail
/// address, of at least 3 bytes.
fn is_named_for(role: &str, person: &Person) -> bool {
    let (role, local) = (role.to_ascii_lowercase(), person.as_str().split('@').next());
    let mut parts = local.unwrap_or_default().split(['.', '-', '_', '+']);
    parts.any(|part| part.len() > 2 && role.contains(part))
}
