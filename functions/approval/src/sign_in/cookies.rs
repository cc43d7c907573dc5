//! The cookies of a sign-in. Each is for this host alone and out of reach of scripts. The browser
//! sends it when a person follows a link, and with the form of our own page (RFC 6265, and
//! `SameSite=Lax` and `__Host-` of its successor).

use lambda_http::http::{HeaderMap, header::COOKIE};

use super::Attempt;

const ATTEMPT: &str = "__Host-portcullis-attempt-";
const ID_TOKEN: &str = "__Host-portcullis-id-";

/// The lifetime of the cookies in seconds: the time for which a sign-in counts.
const MAX_AGE: u32 = 900;

/// The longest ID token, in bytes: browsers drop cookies above 4,096.
pub(super) const LONGEST: usize = 3_800;

/// Attempts of one browser that are looked at, at most.
const MOST_ATTEMPTS: usize = 5;

/// The cookies of a call.
pub(super) struct Cookies<'h> {
    headers: &'h HeaderMap,
}

impl<'h> Cookies<'h> {
    pub(super) fn of(headers: &'h HeaderMap) -> Self {
        Self { headers }
    }

    /// The attempts that this browser began, the newest first. Browsers send cookies of one path in
    /// order of their creation, the oldest first (RFC 6265, section 5.4).
    pub(super) fn attempts(&self) -> impl Iterator<Item = Attempt> {
        let begun = self.all().filter(|(name, _)| name.starts_with(ATTEMPT));
        let mut begun: Vec<_> = begun.filter_map(|(_, value)| read(value)).collect();
        begun.reverse();
        begun.into_iter().take(MOST_ATTEMPTS)
    }

    /// The names of the ID token cookies of all other attempts.
    pub(super) fn id_tokens_but_of(&self, attempt: &Attempt) -> impl Iterator<Item = &'h str> {
        let own = format!("{ID_TOKEN}{}", attempt.name());
        let names = self.all().map(|(name, _)| name).filter(|name| name.starts_with(ID_TOKEN));
        names.filter(move |name| *name != own)
    }

    /// The ID token of an attempt, not verified yet.
    pub(super) fn id_token(&self, attempt: &Attempt) -> Option<&'h str> {
        let wanted = format!("{ID_TOKEN}{}", attempt.name());
        self.all().find(|(name, _)| *name == wanted).map(|(_, value)| value)
    }

    fn all(&self) -> impl Iterator<Item = (&'h str, &'h str)> {
        let lines = self.headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='))
    }
}

fn read(value: &str) -> Option<Attempt> {
    let (secret, token) = value.split_once('.')?;
    let mut bytes = [0; 32];
    hex::decode_to_slice(secret, &mut bytes).ok()?;
    Some(Attempt { token: token.parse().ok()?, secret: bytes })
}

pub(super) fn remember(attempt: &Attempt) -> String {
    let value = format!("{}.{}", hex::encode(attempt.secret), attempt.token.reveal());
    set(ATTEMPT, attempt, &value)
}

pub(super) fn keep(attempt: &Attempt, id_token: &str) -> String {
    set(ID_TOKEN, attempt, id_token)
}

/// A cookie that makes the browser drop the one of this name.
pub(super) fn forget(name: &str) -> String {
    format!("{name}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
}

fn set(prefix: &str, attempt: &Attempt, value: &str) -> String {
    let name = attempt.name();
    format!("{prefix}{name}={value}; Path=/; Max-Age={MAX_AGE}; Secure; HttpOnly; SameSite=Lax")
}

#[cfg(test)]
mod tests {
    use domain::value::RequestId;
    use service::LinkToken;

    use super::*;

    fn attempt(secret: u8) -> Attempt {
        let token = LinkToken::from_random(RequestId::from_random([1; 10]), [0xee; 32]);
        Attempt { token, secret: [secret; 32] }
    }

    fn cookies(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, line.parse().unwrap())).collect()
    }

    fn pair(set: &str) -> &str {
        set.split(';').next().unwrap()
    }

    #[test]
    fn what_a_browser_was_given_it_gives_back_attempt_by_attempt() {
        let (one, other) = (remember(&attempt(7)), remember(&attempt(8)));
        let said_to_other = keep(&attempt(8), "e30.e30.e30");
        let headers =
            cookies(&["x=1; y", &[pair(&one), pair(&other), pair(&said_to_other)].join("; ")]);
        let cookies = Cookies::of(&headers);
        let begun: Vec<_> = cookies.attempts().collect();
        assert_eq!(
            begun.iter().map(|begun| begun.secret[0]).collect::<Vec<_>>(),
            [8, 7],
            "newest first"
        );
        assert!(begun.iter().all(|begun| begun.token == attempt(7).token));
        let said: Vec<_> = begun.iter().map(|begun| cookies.id_token(begun)).collect();
        assert_eq!(said, [Some("e30.e30.e30"), None]);
        let others: Vec<_> = cookies.id_tokens_but_of(&attempt(7)).collect();
        assert_eq!(others, [pair(&said_to_other).split('=').next().unwrap()]);
        assert_eq!(cookies.id_tokens_but_of(&attempt(8)).count(), 0);
    }

    #[test]
    fn of_many_attempts_the_newest_are_looked_at() {
        let begun: Vec<_> = (0..8).map(|n| remember(&attempt(n))).collect();
        let pairs: Vec<_> = begun.iter().map(|set| pair(set)).collect();
        let headers = cookies(&[&pairs.join("; ")]);
        let cookies = Cookies::of(&headers);
        let seen: Vec<_> = cookies.attempts().map(|begun| begun.secret[0]).collect();
        assert_eq!(seen, [7, 6, 5, 4, 3]);
    }

    #[test]
    fn what_was_cut_or_invented_is_none() {
        for value in ["", "x", ".", "x.y", &"e".repeat(10_000)] {
            let headers = cookies(&[&format!("{ATTEMPT}12345678={value}")]);
            assert_eq!(Cookies::of(&headers).attempts().count(), 0, "{value}");
        }
    }
}
