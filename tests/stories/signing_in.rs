//! The sign-in before an answer counts in the browser where it began, for the addressee of the
//! link, and nowhere else. The whole way in a real browser is in `browser`.

use std::net::Ipv4Addr;

use local::sign_in::PASSWORD;
use reqwest::{Client, Response, Url, redirect::Policy};

use crate::world::{Cast, Person};

/// A browser that follows no redirect and keeps no cookies.
struct Hands {
    http: Client,
    base: String,
}

/// A sign-in up to the point where the provider sends the browser back.
struct Begun {
    cookie: String,
    back: String,
}

impl Hands {
    fn new(cast: &Cast) -> Self {
        let base = cast.stack.output("ApiUrl").unwrap().to_owned();
        let url: Url = base.parse().unwrap();
        let here = (Ipv4Addr::LOCALHOST, url.port().unwrap()).into();
        let http =
            Client::builder().redirect(Policy::none()).resolve(url.host_str().unwrap(), here);
        Self { http: http.build().unwrap(), base }
    }

    async fn gets(&self, url: &str, cookies: &str) -> Response {
        self.http.get(url).header("cookie", cookies).send().await.unwrap()
    }

    /// Begins a sign-in at a link, and signs in at the provider as this person.
    async fn begins(&self, link: &str, who: &Person) -> Begun {
        let sent = self.gets(&format!("{link}/sign-in"), "").await;
        assert_eq!(sent.status(), 303);
        let cookie = cookie_of(&sent);
        let provider: Url = header(&sent, "location").parse().unwrap();
        for (name, value) in
            [("prompt", "login"), ("max_age", "0"), ("code_challenge_method", "S256")]
        {
            assert!(provider.query_pairs().any(|pair| pair == (name.into(), value.into())));
        }
        let hidden =
            provider.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned()));
        let person = [("username", who.someone.mail.as_str()), ("password", PASSWORD)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let form = Url::parse_with_params("http://form", hidden.chain(person)).unwrap();
        let login = self
            .http
            .post(provider.join("/login").unwrap())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.query().unwrap().to_owned());
        let back = login.send().await.unwrap();
        assert_eq!(back.status(), 302, "{:?}", back.text().await);
        Begun { cookie, back: header(&back, "location") }
    }

    async fn shows(&self, link: &str, cookies: &str) -> String {
        self.gets(link, cookies).await.text().await.unwrap()
    }
}

fn header(answer: &Response, name: &str) -> String {
    answer.headers()[name].to_str().unwrap().to_owned()
}

fn cookie_of(answer: &Response) -> String {
    let set = header(answer, "set-cookie");
    for guard in ["__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/;"] {
        assert!(set.contains(guard), "{guard}: {set}");
    }
    set.split(';').next().unwrap().to_owned()
}

const SIGN_IN: &str = "Sign in to answer";
const FORM: &str = "<form method=\"post\">";

#[tokio::test]
async fn a_sign_in_counts_in_the_browser_it_was_begun_in_and_nowhere_else() {
    let cast = Cast::new();
    cast.stack.enrol(cast.bob.someone).await.unwrap();
    let id = cast.ann_asks("orders-signed-in", "1h").await;
    let (hands, link) = (Hands::new(&cast), cast.bob.link(&id).await);
    assert!(hands.shows(&link, "").await.contains(SIGN_IN));

    let (one, other) = (hands.begins(&link, &cast.bob).await, hands.begins(&link, &cast.bob).await);
    for (back, cookies) in [
        (one.back.as_str(), ""),
        (&one.back, other.cookie.as_str()),
        (&one.back.replace("state=", "state=0"), &one.cookie),
        (&one.back.replace("code=", "code=0"), &one.cookie),
        (&format!("{}/sign-in?error=access_denied", hands.base), &one.cookie),
        (&format!("{}/sign-in", hands.base), &one.cookie),
    ] {
        let refused = hands.gets(back, cookies).await;
        assert_eq!(refused.status(), 403, "{back}");
        assert!(refused.text().await.unwrap().contains("You are not signed in"));
    }
    let denied = hands.gets(&format!("{}/sign-in?error=access_denied", hands.base), "").await;
    assert!(denied.text().await.unwrap().contains("did not let you in"));
    let signed_in = hands.gets(&one.back, &one.cookie).await;
    assert_eq!(
        (signed_in.status().as_u16(), header(&signed_in, "referrer-policy").as_str()),
        (303, "no-referrer")
    );
    assert!(link.ends_with(&header(&signed_in, "location")), "back to where it began");
    let id_token = cookie_of(&signed_in);
    let twice = hands.gets(&one.back, &one.cookie).await;
    assert_eq!(twice.status(), 403, "a code is good once");

    let both = format!("{}; {id_token}", one.cookie);
    assert!(hands.shows(&link, &both).await.contains(FORM));
    let (head, signature) = id_token.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let (name, _) = id_token.split_once('=').unwrap();
    for cookies in [
        id_token.clone(),
        one.cookie.clone(),
        format!("{}; {id_token}", other.cookie),
        format!("{}; {forged}", one.cookie),
        format!("{}; {name}=", one.cookie),
        format!("{}; {name}={}", one.cookie, "x".repeat(5_000)),
    ] {
        let page = hands.shows(&link, &cookies).await;
        assert!(page.contains(SIGN_IN) && !page.contains(FORM), "{cookies}");
    }
    // A person who signs in again is that person from now on, and the older token is dropped.
    let again = hands.begins(&link, &cast.bob).await;
    let again = hands.gets(&again.back, &format!("{both}; {}", again.cookie)).await;
    let set: Vec<_> = again.headers().get_all("set-cookie").iter().collect();
    let dropped = format!("{name}=; Path=/; Max-Age=0");
    assert_eq!(set.len(), 2, "{set:?}");
    assert!(set[1].to_str().unwrap().starts_with(&dropped), "{set:?}");
    // The sign-in that shows the form also permits the answer, and nothing was answered so far.
    let shown = cast.ann.shows(&id).await;
    assert_eq!((shown.text("/status"), shown.body["version"].as_u64()), ("pending", Some(1)));
}

#[tokio::test]
async fn a_sign_in_is_offered_where_it_is_wanted_and_by_links_that_are_worth_something() {
    let cast = Cast::new();
    let plain = cast.ann_asks("orders-read", "1h").await;
    let wanted = cast.ann_asks("orders-signed-in", "1h").await;
    let hands = Hands::new(&cast);
    let (plain, wanted) = (cast.bob.link(&plain).await, cast.bob.link(&wanted).await);
    assert!(!hands.shows(&plain, "").await.contains(SIGN_IN));
    let cut = &wanted[..wanted.len() - 1];
    let invented = format!("{}.{}", wanted.rsplit_once('.').unwrap().0, "0".repeat(64));
    for link in [plain.as_str(), cut, &invented] {
        let answer = hands.gets(&format!("{link}/sign-in"), "").await;
        assert_eq!((answer.status().as_u16(), answer.headers().get("set-cookie")), (404, None));
    }
}
