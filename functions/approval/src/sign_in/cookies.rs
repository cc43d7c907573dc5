//! What the browser remembers of a sign-in. Each cookie is for this host alone, is
//! out of reach of scripts, and is sent along only by people following links
//! (<https://www.rfc-editor.org/rfc/rfc6265>, and `SameSite` and `__Host-` of its
//! successor).

use lambda_http::http::{HeaderMap, header::COOKIE};

use super::Attempt;

const ATTEMPT: &str = "__Host-portcullis-attempt";
const ID_TOKEN: &str = "__Host-portcullis-id";

/// How long a browser keeps them, in seconds.
const MAX_AGE: u32 = 600;

/// The cookies of a call.
pub(super) struct Cookies<'h> {
    headers: &'h HeaderMap,
}

impl<'h> Cookies<'h> {
    pub(super) fn of(headers: &'h HeaderMap) -> Self {
        Self { headers }
    }

    /// The attempt this browser began.
    pub(super) fn attempt(&self) -> Option<Attempt> {
        let (secret, token) = self.value(ATTEMPT)?.split_once('.')?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(secret, &mut bytes).ok()?;
        Some(Attempt { token: token.parse().ok()?, secret: bytes })
    }

    /// What the provider said, not verified yet.
    pub(super) fn id_token(&self) -> Option<&'h str> {
        self.value(ID_TOKEN)
    }

    fn value(&self, name: &str) -> Option<&'h str> {
        let lines = self.headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}

pub(super) fn remember(attempt: &Attempt) -> String {
    set(ATTEMPT, &format!("{}.{}", hex::encode(attempt.secret), attempt.token.reveal()))
}

pub(super) fn keep(id_token: &str) -> String {
    set(ID_TOKEN, id_token)
}

fn set(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; Max-Age={MAX_AGE}; Secure; HttpOnly; SameSite=Lax")
}

#[cfg(test)]
mod tests {
    use domain::RequestId;
    use service::LinkToken;

    use super::*;

    fn cookies(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, line.parse().unwrap())).collect()
    }

    #[test]
    fn what_a_browser_was_given_it_gives_back_among_others() {
        let token = LinkToken::from_random(RequestId::from_random([1; 10]), [0xee; 32]);
        let given = remember(&Attempt { token, secret: [7; 32] });
        let pair = given.split(';').next().unwrap();
        let headers = cookies(&["other=1; x", &format!("a=b; {pair}; {ID_TOKEN}=e30.e30.e30")]);
        let back = Cookies::of(&headers).attempt().unwrap();
        assert_eq!((back.secret, back.token.digest()), ([7; 32], token_digest()));
        assert_eq!(Cookies::of(&headers).id_token(), Some("e30.e30.e30"));
    }

    fn token_digest() -> domain::Digest {
        LinkToken::from_random(RequestId::from_random([1; 10]), [0xee; 32]).digest()
    }

    #[test]
    fn what_was_cut_or_invented_is_none() {
        for line in ["", ATTEMPT, "__Host-portcullis-attempt=", "__Host-portcullis-attempt=x.y"] {
            assert!(Cookies::of(&cookies(&[line])).attempt().is_none(), "{line}");
        }
    }
}
