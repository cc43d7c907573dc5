//! The policy that is put into IAM: a document with the fence that closes it by itself.
//!
//! Law 1 holds without us: the end is written into the policy, so access ends to the second even if
//! nothing of ours runs any more.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    Guard, OneOrMany, PolicyDocument, PolicyEffect, PolicyStatement, Unchecked, Version,
    condition::Conditions,
};
use crate::grant::{Principal, UniqueId};
use crate::value::{Duration, RequestId, Window};

/// The condition key that names the time of the call.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-currenttime>
const CURRENT_TIME: &str = "aws:CurrentTime";

/// The condition key that names the caller by unique id.
const USER_ID: &str = "aws:userid";

/// The condition keys of the fence, which a document must not use itself.
pub const FENCE_KEYS: [&str; 3] = [CURRENT_TIME, "aws:EpochTime", USER_ID];

/// The key of the session tag that carries the id of the request.
pub const GRANT_TAG: &str = "portcullis:grant";
/// The key of the session tag that carries the requester.
pub const PERSON_TAG: &str = "portcullis:person";

/// IAM's default quota for all inline policies of one user, in characters without white space.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length>
pub const ROOM_ON_A_USER: usize = 2_048;
/// Like [`ROOM_ON_A_USER`], for one role.
pub const ROOM_ON_A_ROLE: usize = 10_240;

/// The greatest length of a session policy with the guard, in characters. AWS accepts 2,048, but
/// packs them together with the tags by a measure that it does not publish, so some room is left.
const ROOM_IN_A_SESSION: usize = 1_536;

/// A window and a holder whose fence is as long as any. All windows are written in the same length.
/// Unique ids of IAM have 21 characters, and those of roles are followed by `:*`.
fn longest_fence() -> (Window, (&'static str, String)) {
    let window = Window::opening(Timestamp::UNIX_EPOCH, Duration::MAX);
    (window, ("StringEquals", "A".repeat(21) + ":*"))
}

/// Whether the policy of a session stands alone, or managed policies add to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddsUp {
    Alone,
    WithManaged,
}

fn room_on(principal: &Principal) -> usize {
    match principal {
        Principal::User(_) => ROOM_ON_A_USER,
        Principal::Role(_) => ROOM_ON_A_ROLE,
    }
}

/// The size of a document as IAM counts it: in characters, without white space.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub fn size_in_iam(document: &str) -> usize {
    document.chars().filter(|c| !c.is_whitespace()).count()
}

impl PolicyDocument {
    /// The document that is put into IAM. Every statement holds inside the window only, and only
    /// for this principal: another one of the same name gets nothing. If the document could reach
    /// Portcullis itself, the fenced document also denies that, as long as the fence and the denial
    /// fit together into IAM's default quota for one principal.
    ///
    /// Law 25: a `Deny` is fenced as well. Outside the window, the statements that the `Deny` narrows
    /// are shut. Without a fence, the `Deny` would also take rights that the principal has from
    /// elsewhere.
    pub fn fenced(
        &self,
        window: Window,
        (principal, id): (&Principal, &UniqueId),
        guard: &Guard,
    ) -> String {
        self.guarded(window, &principal.userid(id), (guard, room_on(principal)))
    }

    /// The greatest size of the fenced policy on this principal, as IAM counts it.
    pub fn size_with_fence(&self, on: &Principal, guard: &Guard) -> usize {
        let (window, holder) = longest_fence();
        size_in_iam(&self.guarded(window, &holder, (guard, room_on(on))))
    }

    /// The greatest size of the fenced policy without the guard, as IAM counts it.
    pub fn size_with_own_fence(&self) -> usize {
        let (window, holder) = longest_fence();
        size_in_iam(&self.held(window, Some(&holder)))
    }

    fn guarded(
        &self,
        window: Window,
        holder: &(&'static str, String),
        (guard, room): (&Guard, usize),
    ) -> String {
        let with = guard.against(self).map(|denial| {
            let mut document = self.clone();
            document.statements.push(denial);
            document.held(window, Some(holder))
        });
        let fits = with.filter(|text| size_in_iam(text) <= room);
        fits.unwrap_or_else(|| self.held(window, Some(holder)))
    }

    /// The policy that allows everything, and so leaves a session all rights of its role.
    pub(crate) fn everything() -> Self {
        Self::of(vec![PolicyStatement::about_everything(
            PolicyEffect::Allow,
            Conditions::default(),
        )])
    }

    /// The policy of a session: the document, and a `Deny` of everything outside the window. A
    /// fenced `Allow` alone would not be enough: resource policies that name the session override
    /// an implicit deny, and session policies add up.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>
    pub(crate) fn shut_outside(
        window: Window,
        (document, adds_up): (Option<Self>, AddsUp),
        guard: &Guard,
    ) -> String {
        let shut = |operator, at: Timestamp| {
            PolicyStatement::deny_if(operator, CURRENT_TIME, at.to_string())
        };
        let bars = [
            shut("DateLessThan", window.starts_at()),
            shut("DateGreaterThanEquals", window.ends_at()),
        ];
        let anything = Self::everything();
        let most = match (&document, adds_up) {
            (Some(document), AddsUp::Alone) => document,
            // Managed policies may allow anything, and those of a session add up.
            (Some(_) | None, _) => &anything,
        };
        let denial = guard.against(most);
        let mut document = document.unwrap_or_else(|| Self::of(Vec::new()));
        document.statements.extend(bars);
        let plain = document.to_json();
        document.statements.extend(denial);
        let guarded = document.to_json();
        if guarded.chars().count() <= ROOM_IN_A_SESSION { guarded } else { plain }
    }

    /// The policy that bars the sessions of these requests, and nobody else.
    pub fn bars(requests: &BTreeSet<RequestId>) -> String {
        let tag = format!("aws:PrincipalTag/{GRANT_TAG}");
        let ids = requests.iter().map(ToString::to_string);
        let condition = Conditions::one_of("StringEquals", &tag, ids);
        Self::of(vec![PolicyStatement::about_everything(PolicyEffect::Deny, condition)]).to_json()
    }

    /// The requests whose sessions a policy bars. `None` if the policy is not the one that
    /// [`PolicyDocument::bars`] writes for them.
    pub fn barred_by(text: &str) -> Option<BTreeSet<RequestId>> {
        let document: Unchecked = serde_json::from_str(text).ok()?;
        let statements = Vec::from(document.statement);
        let values = statements.iter().flat_map(|one| one.condition.all());
        let ids = values.flat_map(|(_, _, values)| values.iter().map(ToString::to_string));
        let ids = ids.map(|id| id.parse()).collect::<Result<BTreeSet<_>, _>>().ok()?;
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        (read(text) == read(&Self::bars(&ids))).then_some(ids)
    }

    fn of(statements: Vec<PolicyStatement>) -> Self {
        Self { version: Version::Current, statements }
    }

    fn held(&self, window: Window, by: Option<&(&'static str, String)>) -> String {
        let mut document = self.clone();
        for statement in &mut document.statements {
            statement.hold_inside(window, by);
        }
        document.to_json()
    }
}

impl PolicyStatement {
    pub(super) fn about_everything(effect: PolicyEffect, condition: Conditions) -> Self {
        let all = || Some(OneOrMany::One("*".to_owned()));
        let (sid, not_action, not_resource) = (None, None, None);
        Self { sid, effect, action: all(), not_action, resource: all(), not_resource, condition }
    }

    fn deny_if(operator: &str, key: &str, value: String) -> Self {
        Self::about_everything(PolicyEffect::Deny, Conditions::one(operator, key, value))
    }

    fn hold_inside(&mut self, window: Window, by: Option<&(&'static str, String)>) {
        let condition = &mut self.condition;
        condition.add("DateGreaterThanEquals", CURRENT_TIME, window.starts_at().to_string());
        condition.add("DateLessThan", CURRENT_TIME, window.ends_at().to_string());
        if let Some((operator, id)) = by {
            condition.add(operator, USER_ID, id.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> Window {
        Window::opening("2026-05-04T10:00:00Z".parse().unwrap(), "1h".parse().unwrap())
    }

    #[test]
    fn outside_its_window_a_policy_neither_allows_nor_denies() {
        let document = PolicyDocument::from_json(
            r#"{"Version":"2012-10-17","Statement":[
                {"Effect":"Allow","Action":"s3:GetObject","Resource":"*",
                 "Condition":{"datelessthan":{"aws:TokenIssueTime":"2026-05-04T09:00:00Z"}}},
                {"Effect":"Deny","Action":["s3:*"],"NotResource":"arn:aws:s3:::secret/*"}]}"#,
        )
        .unwrap();
        assert_eq!(
            document.held(window(), None),
            concat!(
                r#"{"Statement":[{"Action":"s3:GetObject","Condition":{"#,
                r#""DateGreaterThanEquals":{"aws:CurrentTime":"2026-05-04T10:00:00Z"},"#,
                r#""datelessthan":{"aws:CurrentTime":"2026-05-04T11:00:00Z","#,
                r#""aws:TokenIssueTime":"2026-05-04T09:00:00Z"}},"Effect":"Allow","Resource":"*"},"#,
                r#"{"Action":["s3:*"],"Condition":{"#,
                r#""DateGreaterThanEquals":{"aws:CurrentTime":"2026-05-04T10:00:00Z"},"#,
                r#""DateLessThan":{"aws:CurrentTime":"2026-05-04T11:00:00Z"}},"#,
                r#""Effect":"Deny","NotResource":"arn:aws:s3:::secret/*"}],"Version":"2012-10-17"}"#
            )
        );
    }

    #[test]
    fn an_operator_that_says_nothing_does_not_swallow_the_fence() {
        let text = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"s3:GetObject","Resource":"*",
             "Condition":{"datelessthan":{},"nonsense":{}}}]}"#;
        let fenced = PolicyDocument::from_json(text).unwrap().held(window(), None);
        assert!(fenced.contains(r#""DateLessThan":{"aws:CurrentTime""#), "{fenced}");
        assert!(!fenced.contains("datelessthan") && !fenced.contains("nonsense"), "{fenced}");
    }

    #[test]
    fn what_is_fenced_for_one_principal_is_worth_nothing_to_another_of_its_name() {
        let text = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"s3:GetObject","Resource":"*",
             "Condition":{"StringEquals":{"aws:RequestedRegion":"eu-central-1"}}}]}"#;
        let document = PolicyDocument::from_json(text).unwrap();
        let id = "AIDACKCEVSQ6C2EXAMPLE".parse().unwrap();
        let user = Principal::User("ann".parse().unwrap());
        let fenced = document.fenced(window(), (&user, &id), &Guard::default());
        let both = r#""StringEquals":{"aws:RequestedRegion":"eu-central-1","aws:userid":"AIDACKCEVSQ6C2EXAMPLE"}"#;
        assert!(fenced.contains(both), "{fenced}");
        let role = Principal::Role("deploy".parse().unwrap());
        let fenced = document.fenced(window(), (&role, &id), &Guard::default());
        assert!(fenced.contains(r#""StringLike":{"aws:userid":"AIDACKCEVSQ6C2EXAMPLE:*"}"#));
    }

    #[test]
    fn a_session_is_shut_outside_its_window_whatever_else_lets_it_in() {
        let everything = PolicyDocument::everything();
        let shut = PolicyDocument::shut_outside(
            window(),
            (Some(everything), AddsUp::Alone),
            &Guard::default(),
        );
        assert!(shut.contains(r#"{"Action":"*","Effect":"Allow","Resource":"*"}"#), "{shut}");
        let deny = |condition: &str| {
            format!(
                r#"{{"Action":"*","Condition":{{{condition}}},"Effect":"Deny","Resource":"*"}}"#
            )
        };
        for condition in [
            r#""DateLessThan":{"aws:CurrentTime":"2026-05-04T10:00:00Z"}"#,
            r#""DateGreaterThanEquals":{"aws:CurrentTime":"2026-05-04T11:00:00Z"}"#,
        ] {
            assert!(shut.contains(&deny(condition)), "{shut}");
        }
    }

    #[test]
    fn what_could_reach_portcullis_is_kept_from_it_where_there_is_room_and_inside_the_window_only()
    {
        let guard = Guard::of_stack("eu-central-1", "pc");
        let id = "AIDACKCEVSQ6C2EXAMPLE".parse().unwrap();
        let user = Principal::User("ann".parse().unwrap());
        let document = |resource: String| {
            let text = format!(
                r#"{{"Version":"2012-10-17","Statement":[
                {{"Effect":"Allow","Action":"dynamodb:PutItem","Resource":{resource}}}]}}"#
            );
            PolicyDocument::from_json(&text).unwrap()
        };
        let broad = document("\"*\"".to_owned());
        let text = broad.fenced(window(), (&user, &id), &guard);
        let denial = text.split_once(r#"{"Action":"*","Condition":"#).unwrap().1;
        assert!(denial.contains(r#""Effect":"Deny""#) && denial.contains("table/pc-*"), "{text}");
        assert!(denial.contains("2026-05-04T10:00:00Z") && denial.contains("EXAMPLE"), "law 25");
        assert_eq!(size_in_iam(&text) + 4, broad.size_with_fence(&user, &guard));
        let many: Vec<_> = (0..30).map(|n| format!("\"arn:aws:s3:::bucket-{n:020}/*\"")).collect();
        let large = document(format!("[\"*\",{}]", many.join(",")));
        let text = large.fenced(window(), (&user, &id), &guard);
        assert!(!text.contains("Deny"), "IAM would not take both: {text}");
        let role = Principal::Role("deploy".parse().unwrap());
        assert!(large.fenced(window(), (&role, &id), &guard).contains("Deny"), "a role has room");
        let narrow = document("\"arn:aws:s3:::b/*\"".to_owned());
        let shut = |policy: Option<PolicyDocument>, adds_up| {
            PolicyDocument::shut_outside(window(), (policy, adds_up), &guard)
        };
        for (policy, adds_up, guarded) in [
            (None, AddsUp::WithManaged, true),
            (Some(narrow.clone()), AddsUp::WithManaged, true),
            (Some(narrow), AddsUp::Alone, false),
            (Some(broad), AddsUp::Alone, true),
        ] {
            assert_eq!(shut(policy, adds_up).contains("table/pc-*"), guarded, "{adds_up:?}");
        }
    }
}
