//! Reads `people.toml` and finds its problems.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
};

use domain::{
    grant::{PrincipalName, UniqueId},
    value::Person,
};
use toml::Spanned;

use super::{
    problem::{File, RuleProblem},
    syntax::{
        IssuerEntry, PeopleFile, PersonEntry, Problems, is_a_line, is_a_name, look_of, parse,
    },
};
use crate::{
    directory::sessions_of_role,
    directory::{CallerArn, Directory, Profile},
};

impl Directory {
    /// Checks `people.toml`. `None` if it cannot be parsed.
    pub(crate) fn check(file: File, found: &mut Vec<RuleProblem>) -> Option<Self> {
        let parsed: PeopleFile = parse(&file).map_err(|problem| found.push(*problem)).ok()?;
        let mut problems = Problems { file, found };
        let mut directory = Self::default();
        for session in &parsed.trusted_sessions {
            directory.trust(session, &mut problems);
        }
        for issuer in parsed.issuer {
            directory.add_issuer(issuer, &mut problems);
        }
        let places: BTreeMap<_, _> = parsed
            .person
            .iter()
            .map(|entry| (entry.mail.as_ref().to_ascii_lowercase(), entry.mail.span()))
            .collect();
        if let Some(account) = parsed.account {
            let text = account.as_ref();
            if text.len() != 12 || !text.bytes().all(|b| b.is_ascii_digit()) {
                problems.say(account.span(), "an AWS account has 12 digits");
            }
            directory.account = Some(account.into_inner());
        }
        for entry in parsed.person {
            directory.add(entry, &mut problems);
        }
        directory.check_managers(&places, &mut problems);
        directory.check_groups(&mut problems);
        Some(directory)
    }

    fn trust(&mut self, session: &Spanned<String>, problems: &mut Problems<'_>) {
        let text = session.as_ref();
        if text.parse::<UniqueId>().is_ok_and(|id| id.as_str().starts_with("AROA")) {
            return self.trusted_sessions.push(text.clone());
        }
        let fits = match text.strip_suffix('*') {
            Some(beginning) => beginning.contains(":assumed-role/AWSReservedSSO_"),
            None => text.contains(":assumed-role/"),
        };
        let fits = fits && !text.trim_end_matches('*').contains('*');
        let shape = text.replace('*', "x");
        if fits && format!("{shape}/x").parse::<CallerArn>().is_ok() && text.contains(":sts:") {
            self.trusted_sessions.push(text.clone());
        } else {
            problems.advise(
                session.span(),
                format!("`{}` is not what sessions begin with", text.escape_debug()),
                "write `arn:aws:sts::<account>:assumed-role/<role>`, the unique id of a role \
                 (`AROA…`), or `arn:aws:sts::<account>:assumed-role/AWSReservedSSO_*` for \
                 Identity Center, whose roles are looked at",
            );
        }
    }

    fn add_issuer(&mut self, issuer: IssuerEntry, problems: &mut Problems<'_>) {
        let (span, url) = (issuer.url.span(), issuer.url.into_inner());
        if !url.starts_with("https://") {
            problems
                .say(span.clone(), "an issuer is named by its https URL, as in the claim `iss`");
        }
        if self.issuers.insert(url, issuer.claim).is_some() {
            problems.say(span, "this issuer is listed twice");
        }
    }

    fn add(&mut self, entry: PersonEntry, problems: &mut Problems<'_>) {
        let mail: Person = match entry.mail.as_ref().parse() {
            Ok(mail) => mail,
            Err(error) => return problems.say(entry.mail.span(), error),
        };
        if !is_a_line(entry.name.as_ref()) {
            problems.say(entry.name.span(), "`name` is one line of 1 to 100 characters");
        }
        let mut users = BTreeSet::new();
        for arn in entry.arns {
            self.add_arn(&mail, &arn, &mut users, problems);
        }
        let mut groups = BTreeSet::new();
        for group in entry.groups {
            if !is_a_name(group.as_ref()) {
                problems.say(
                    group.span(),
                    "a group is named in lower-case letters, digits and hyphens",
                );
            }
            let group = group.into_inner();
            self.groups.entry(group.clone()).or_default().insert(mail.clone());
            groups.insert(group);
        }
        let manager = entry.manager.map(Spanned::into_inner);
        let timezone = entry.timezone.and_then(|name| problems.zone(&name));
        let name = entry.name.into_inner();
        let profile = Profile { name, timezone, manager, users, groups };
        if self.people.insert(mail, profile).is_some() {
            problems.say(entry.mail.span(), format!("{} is listed twice", entry.mail.as_ref()));
        }
    }

    fn add_arn(
        &mut self,
        mail: &Person,
        arn: &Spanned<String>,
        users: &mut BTreeSet<PrincipalName>,
        problems: &mut Problems<'_>,
    ) {
        let text = arn.as_ref();
        let key = match (sessions_of_role(text), text.parse::<CallerArn>()) {
            (None, Err(_)) if text.parse::<UniqueId>().is_ok() => text.clone(),
            (Some(sessions), _) => sessions,
            (None, Ok(caller)) => {
                if let Some(user) = caller.user() {
                    self.add_user(mail, (user, arn.span()), users, problems);
                    let account = self.account.get_or_insert_with(|| caller.account().to_owned());
                    if account != caller.account() {
                        let others = format!("the other users are those of account {account}");
                        problems.say(arn.span(), others);
                    }
                }
                if let Some((role, _)) = caller.session()
                    && !role.contains(":assumed-role/AWSReservedSSO_")
                    && !self.trusts(role)
                {
                    problems.advise(
                        arn.span(),
                        "whoever may start this session chooses the name at its end, so it proves nobody",
                        "name an IAM user, a role that only this person may assume, or an Identity \
                         Center role (`AWSReservedSSO_…`); or add what it begins with to \
                         `trusted_sessions`, if a trust policy pins `sts:RoleSessionName`",
                    );
                }
                text.clone()
            }
            (None, Err(error)) => return problems.say(arn.span(), error),
        };
        if let Some(other) = self.owners.insert(key, mail.clone()) {
            problems.say(arn.span(), format!("this ARN belongs to both {other} and {mail}"));
        }
    }

    fn add_user(
        &mut self,
        mail: &Person,
        (user, place): (PrincipalName, Range<usize>),
        users: &mut BTreeSet<PrincipalName>,
        problems: &mut Problems<'_>,
    ) {
        users.insert(user.clone());
        let name = user.as_str().to_ascii_lowercase();
        if let Some(other) = self.users.insert(name, mail.clone()).filter(|other| other != mail) {
            problems
                .say(place, format!("the IAM user `{user}` belongs to both {other} and {mail}"));
        }
    }

    /// Checks that each manager is in the directory, and that nobody leads themselves, directly or
    /// through other people.
    fn check_managers(&self, places: &BTreeMap<String, Range<usize>>, problems: &mut Problems<'_>) {
        // People whose chain of managers ends. They need not be followed again.
        let mut sound: BTreeSet<&Person> = BTreeSet::new();
        for (person, profile) in &self.people {
            let place = || places.get(person.as_str()).cloned().unwrap_or_default();
            if let Some(manager) = &profile.manager
                && !self.people.contains_key(manager)
            {
                problems.say(
                    place(),
                    format!("{manager}, the manager of {person}, is not in people.toml"),
                );
            }
            let (mut above, mut chain) = (Some(person), BTreeSet::new());
            while let Some(current) = above.filter(|current| !sound.contains(current)) {
                if !chain.insert(current) {
                    if current == person {
                        problems
                            .say(place(), format!("{person} is, by a detour, their own manager"));
                    }
                    break;
                }
                above = self.manager_of(current);
            }
            if above.is_none_or(|current| sound.contains(current)) {
                sound.extend(chain);
            }
        }
    }

    fn check_groups(&self, problems: &mut Problems<'_>) {
        let mut seen: HashMap<String, &String> = HashMap::new();
        for group in self.groups.keys() {
            if let Some(other) = seen.insert(look_of(group), group) {
                let place = problems.file.find(&format!("\"{group}\"")).unwrap_or_default();
                problems.say(place, format!("the groups `{other}` and `{group}` look the same"));
            }
        }
    }
}
