//! The guard: it keeps grants from the parts of Portcullis itself.
//!
//! A person who may write every table of the account could otherwise write themselves into ours,
//! and a person who may change every function could change the one that opens access. If a policy
//! could reach a part of ours, and there is room, a `Deny` is added to it.

use super::{OneOrMany, PolicyDocument, PolicyEffect, PolicyStatement};

/// The parts of a deployment, as patterns of ARNs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Guard(Vec<String>);

impl Guard {
    /// The tables, functions, log groups, bus, rules, queue, alarms, schedules, policies and roles
    /// of the stack with this name, and the stack itself. `CloudFormation` begins the names of all
    /// that it makes with the name of the stack. The roles have a path of their own.
    pub(crate) fn of_stack(region: &str, stack: &str) -> Self {
        let partition = match region.split('-').collect::<Vec<_>>().as_slice() {
            ["cn", ..] => "aws-cn",
            ["us", "gov", ..] => "aws-us-gov",
            ["eusc", ..] => "aws-eusc",
            ["us", "iso", ..] => "aws-iso",
            ["us", "isob", ..] => "aws-iso-b",
            ["eu", "isoe", ..] => "aws-iso-e",
            ["us", "isof", ..] => "aws-iso-f",
            _ => "aws",
        };
        let arn = |rest: String| format!("arn:{partition}:{rest}");
        let parts = [
            format!("dynamodb:*:*:table/{stack}-*"),
            format!("lambda:*:*:function:{stack}-*"),
            format!("logs:*:*:log-group:{stack}-*"),
            format!("events:*:*:event-bus/{stack}"),
            format!("events:*:*:rule/{stack}/*"),
            format!("events:*:*:rule/{stack}-*"),
            format!("sqs:*:*:{stack}-*"),
            format!("cloudwatch:*:*:alarm:{stack}-*"),
            format!("scheduler:*:*:schedule/*/{stack}-*"),
            format!("cloudformation:*:*:stack/{stack}/*"),
            format!("iam::*:policy/{stack}-*"),
            "iam::*:role/portcullis/*".to_owned(),
        ];
        Self(parts.into_iter().map(arn).collect())
    }

    /// The `Deny` that is added to a policy. `None` if the policy reaches no part.
    pub(super) fn against(&self, document: &PolicyDocument) -> Option<PolicyStatement> {
        let allowing = |statement: &&PolicyStatement| statement.effect == PolicyEffect::Allow;
        let reaches =
            document.statements.iter().filter(allowing).any(|one| self.is_reached_by(one));
        reaches.then(|| PolicyStatement {
            resource: Some(OneOrMany::Many(self.0.clone())),
            ..PolicyStatement::about_everything(PolicyEffect::Deny, super::Conditions::default())
        })
    }

    /// Whether a statement may be about one of the parts, whatever its actions are. A policy
    /// variable may stand for any text.
    fn is_reached_by(&self, statement: &PolicyStatement) -> bool {
        let Some(resources) = &statement.resource else { return !self.0.is_empty() };
        let mut pairs =
            resources.all().iter().flat_map(|one| self.0.iter().map(move |own| (one, own)));
        pairs.any(|(one, own)| arns_overlap(&variables_open(one), own))
    }
}

/// The pattern with `*` in the place of each policy variable.
fn variables_open(pattern: &str) -> String {
    let mut open = String::new();
    let mut rest = pattern;
    while let Some((before, variable)) = rest.split_once("${") {
        open.push_str(before);
        open.push('*');
        rest = variable.split_once('}').map_or("", |(_, after)| after);
    }
    open + rest
}

/// Whether two patterns of ARNs have an ARN in common. A wildcard does not reach over a colon,
/// except in the last part. Parts that are left out may be anything.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
fn arns_overlap(one: &str, other: &str) -> bool {
    let parts = |pattern: &str| {
        let mut parts: Vec<_> = pattern.splitn(6, ':').map(str::to_owned).collect();
        parts.resize(6, "*".to_owned());
        parts
    };
    // Some ARNs, such as those of functions, have a kind and a colon before the name. In `one`, a
    // wildcard may cover the kind together with the account, so the name alone is compared too.
    let name = |part: &String| part.rsplit_once(':').map(|(_, name)| name.to_owned());
    let mut pairs = parts(one).into_iter().zip(parts(other));
    pairs.all(|(one, other)| {
        let overlaps = |other: &str| overlap(one.as_bytes(), other.as_bytes());
        overlaps(&other) || name(&other).is_some_and(|name| overlaps(&name))
    })
}

/// Whether two patterns have a text in common: `*` for any text, `?` for one character.
fn overlap(one: &[u8], other: &[u8]) -> bool {
    // The positions in `other` that a text matching `one` so far can lead to.
    let mut reached = vec![false; other.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    skip_stars(&mut reached, other);
    for byte in one {
        let mut next = vec![false; reached.len()];
        if *byte == b'*' {
            // It may take any number of characters, and so leads to all positions from the first
            // on.
            let first = reached.iter().position(|reached| *reached).unwrap_or(reached.len());
            next.iter_mut().skip(first).for_each(|reached| *reached = true);
        } else {
            let places =
                reached.iter().zip(other).enumerate().filter(|(_, (reached, _))| **reached);
            for (at, (_, own)) in places {
                let same = *own == *byte || *own == b'?' || *byte == b'?';
                // A star in `other` takes one more character, and the position stays.
                let to = if *own == b'*' { Some(at) } else { same.then_some(at + 1) };
                if let Some(place) = to.and_then(|to| next.get_mut(to)) {
                    *place = true;
                }
            }
        }
        reached = next;
        skip_stars(&mut reached, other);
    }
    reached.last().copied().unwrap_or_default()
}

/// Adds the positions behind reached stars, because a star may also stand for no character.
fn skip_stars(reached: &mut [bool], other: &[u8]) {
    for (at, own) in other.iter().enumerate() {
        let here = reached.get(at).copied().unwrap_or_default();
        if here
            && *own == b'*'
            && let Some(next) = reached.get_mut(at + 1)
        {
            *next = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_overlap_where_some_text_fits_both() {
        for (one, other) in [
            ("table/*", "table/pc-*"),
            ("a*c", "*b*"),
            ("a?c", "abc"),
            ("abc", "a?c"),
            ("", ""),
            ("*", ""),
            ("ab*", "*ba"),
        ] {
            assert!(overlap(one.as_bytes(), other.as_bytes()), "{one} {other}");
            assert!(overlap(other.as_bytes(), one.as_bytes()), "{other} {one}");
        }
        for (one, other) in
            [("table/orders", "table/pc-*"), ("a?", "abc"), ("", "?"), ("a*b", "b*a")]
        {
            assert!(!overlap(one.as_bytes(), other.as_bytes()), "{one} {other}");
            assert!(!overlap(other.as_bytes(), one.as_bytes()), "{other} {one}");
        }
    }

    #[test]
    fn arns_overlap_part_by_part() {
        let own = "arn:aws:dynamodb:*:*:table/pc-*";
        for reaching in [
            "*",
            "arn:aws:dynamodb:*",
            "arn:aws:*:*:*:*",
            "arn:aws:dynamodb:eu-central-1:123456789012:table/pc-Requests/index/due",
        ] {
            assert!(arns_overlap(reaching, own), "{reaching}");
        }
        let function = "arn:aws:lambda:*:*:function:pc-*";
        for reaching in ["arn:aws:lambda:*:function:pc-*", "arn:aws:lambda:*:*:function:*"] {
            assert!(arns_overlap(reaching, function), "{reaching}");
        }
        assert!(!arns_overlap("arn:aws:lambda:*:*:function:orders", function));
        for elsewhere in ["arn:aws:dynamodb:*:*:table/orders", "arn:aws:s3:::*", "arn:aws:sqs:*"] {
            assert!(!arns_overlap(elsewhere, own), "{elsewhere}");
        }
    }

    #[test]
    fn only_what_could_reach_a_part_of_ours_is_kept_from_it() {
        let guard = Guard::of_stack("eu-central-1", "pc");
        let guarded = |statement: &str| {
            let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
            guard.against(&PolicyDocument::from_json(&text).unwrap()).is_some()
        };
        for reaching in [
            r#"{"Effect":"Allow","Action":"dynamodb:PutItem","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"dynamodb:PutItem","NotResource":"arn:aws:s3:::b"}"#,
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:iam::123456789012:role/*"}"#,
            r#"{"Effect":"Allow","Action":"lambda:*","Resource":"arn:aws:lambda:*:*:function:${aws:username}"}"#,
            r#"{"Effect":"Allow","Action":"events:*","Resource":"arn:aws:events:eu-central-1:123456789012:event-bus/pc"}"#,
        ] {
            assert!(guarded(reaching), "{reaching}");
        }
        for elsewhere in [
            r#"{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:*:*:table/orders"}"#,
            r#"{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}"#,
            r#"{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::*:role/team/*"}"#,
        ] {
            assert!(!guarded(elsewhere), "{elsewhere}");
        }
        assert_eq!(Guard::of_stack("cn-north-1", "pc").0[0], "arn:aws-cn:dynamodb:*:*:table/pc-*");
    }
}
