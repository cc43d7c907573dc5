//! The deployment that all stories share, and the people of each story.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use http::Method;
use local::{
    Browser, Someone, Stack,
    browser::OpenedPage,
    mailbox::{self, Received},
    narrator::Narrator,
};
use serde_json::{Value, json};

use crate::company::{CASTS, sources};

static STACK: LazyLock<Stack> = LazyLock::new(|| {
    // The start needs a thread of its own, because a story's runtime cannot wait for another one.
    let start = || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(Stack::start_with(sources(), &Narrator::silent())).unwrap()
    };
    thread::spawn(start).join().unwrap_or_else(|_| panic!("the stack did not start"))
});

static NEXT_CAST: AtomicUsize = AtomicUsize::new(0);

/// The people of one story. Ann asks. Bob and Carol approve. Eve has keys and is in no group.
pub(crate) struct Cast {
    pub(crate) stack: &'static Stack,
    pub(crate) ann: Person,
    pub(crate) bob: Person,
    pub(crate) carol: Person,
    pub(crate) eve: Person,
    number: usize,
}

/// A person of a story.
pub(crate) struct Person {
    pub(crate) someone: &'static Someone,
    stack: &'static Stack,
    cast: usize,
}

/// An answer of the API.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Cast {
    /// People that no other story has.
    pub(crate) fn new() -> Self {
        let number = NEXT_CAST.fetch_add(1, Ordering::Relaxed);
        assert!(number < CASTS, "there are more stories than casts: raise CASTS");
        let stack = &*STACK;
        let person = |name: &str| {
            let someone = stack.person(&format!("{name}-{number}")).unwrap();
            Person { someone, stack, cast: number }
        };
        let [ann, bob, carol, eve] = ["ann", "bob", "carol", "eve"].map(person);
        Self { stack, ann, bob, carol, eve, number }
    }

    /// The id of their own entry of the catalogue with this name.
    pub(crate) fn entitlement(&self, name: &str) -> String {
        format!("{name}-{}", self.number)
    }

    /// A new browser, for any person.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.stack.output("ApiUrl").unwrap()).unwrap()
    }

    /// A request of Ann. Returns its id.
    pub(crate) async fn ann_asks(&self, entitlement: &str, duration: &str) -> String {
        let asked = self.ann.asks(entitlement, duration).await;
        assert_eq!(asked.status, 201, "{asked:?}");
        asked.text("/id").to_owned()
    }

    /// A person answers by the link in their mail, as a browser does.
    pub(crate) async fn answers_by_mail(
        &self,
        who: &Person,
        id: &str,
        verdict: &str,
    ) -> OpenedPage {
        let (browser, link) = (self.browser(), who.link(id).await);
        let page = browser.open(&link).await.unwrap();
        browser.answer(&link, &page, verdict, "seen and thought about").await.unwrap()
    }

    /// The link in the mail to a person who has nothing but an address.
    pub(crate) async fn link_of(&self, mail: &str, id: &str) -> String {
        let person = mail.parse().unwrap();
        let (stack, what) = (self.stack, format!("a link for {mail}"));
        let look = async || {
            let mails = mailbox::mails_to(stack.endpoint(), &person).await?;
            let links = mails.iter().filter_map(|mail| mail.link());
            Ok(links.filter(|link| link.contains(id)).map(str::to_owned).next())
        };
        stack.eventually(&what, look).await.unwrap()
    }

    /// Waits until a request has this status, and returns it as Ann sees it.
    pub(crate) async fn becomes(&self, id: &str, status: &str) -> Value {
        let what = format!("{id} to be {status}");
        self.stack
            .eventually(&what, async || {
                let shown = self.ann.shows(id).await;
                Ok((shown.text("/status") == status).then_some(shown.body))
            })
            .await
            .unwrap()
    }
}

impl Person {
    /// Calls the API, signed with this person's key.
    pub(crate) async fn calls(&self, method: Method, path: &str, body: Value) -> Answer {
        self.sends(method, path, body.to_string().into_bytes(), None).await
    }

    /// Sends any bytes to the API, signed with this person's key.
    pub(crate) async fn sends(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        key: Option<&str>,
    ) -> Answer {
        let api = self.stack.api_of(self.someone).await.unwrap();
        let (status, text) = api.send(method, path, body, key).await.unwrap();
        Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    pub(crate) fn stack(&self) -> &'static Stack {
        self.stack
    }

    pub(crate) async fn asks(&self, entitlement: &str, duration: &str) -> Answer {
        self.asks_with(entitlement, duration, json!({})).await
    }

    /// Submits a request with more fields than the usual ones.
    pub(crate) async fn asks_with(&self, entitlement: &str, duration: &str, more: Value) -> Answer {
        self.calls(Method::POST, "/requests", self.ask(entitlement, duration, &more)).await
    }

    /// The body of a request.
    pub(crate) fn ask(&self, entitlement: &str, duration: &str, more: &Value) -> Value {
        let mut body = json!({
            "entitlement": format!("{entitlement}-{}", self.cast),
            "duration": duration,
            "reason": "incident 4711",
        });
        let more = more.as_object().cloned().unwrap_or_default();
        body.as_object_mut().unwrap().extend(more);
        body
    }

    pub(crate) async fn shows(&self, id: &str) -> Answer {
        self.sends(Method::GET, &format!("/requests/{id}"), Vec::new(), None).await
    }

    /// Answers a request through the API, after a look at it as this person sees it.
    pub(crate) async fn decides(&self, id: &str, verdict: &str) -> Answer {
        let shown = self.shows(id).await;
        let body = json!({
            "verdict": verdict,
            "reason": "seen and thought about",
            "digest": shown.text("/grant/digest"),
            "version": shown.body.pointer("/version").cloned().unwrap_or(json!(1)),
        });
        self.calls(Method::POST, &format!("/requests/{id}/decisions"), body).await
    }

    pub(crate) async fn can_read(&self, table: &str) -> bool {
        self.stack.can_read(self.someone, table).await.unwrap()
    }

    /// The names of our policies on their IAM user.
    pub(crate) async fn policies(&self) -> Vec<String> {
        self.stack.policies_of(self.someone).await.unwrap()
    }

    /// The mail that asks them about a request.
    pub(crate) async fn mail(&self, id: &str) -> Received {
        self.stack.mail_to(self.someone, &format!("/approvals/{id}.")).await.unwrap()
    }

    /// The link in their mail about a request.
    pub(crate) async fn link(&self, id: &str) -> String {
        self.mail(id).await.link().unwrap().to_owned()
    }

    /// The subjects of all mails they have.
    pub(crate) async fn subjects(&self) -> Vec<String> {
        let mails = mailbox::mails_to(self.stack.endpoint(), &self.someone.mail).await.unwrap();
        mails.into_iter().map(|mail| mail.subject).collect()
    }

    /// Their own requests, as `status` lines.
    pub(crate) async fn list(&self) -> Vec<String> {
        let answer = self.sends(Method::GET, "/requests", Vec::new(), None).await;
        let requests = answer.body["requests"].as_array().unwrap();
        requests.iter().map(|r| r["status"].as_str().unwrap().to_owned()).collect()
    }
}

impl Answer {
    /// A text in the body, or the empty text.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The status, and the last word of the problem's type.
    pub(crate) fn problem(&self) -> String {
        let kind = self.text("/type").trim_start_matches("urn:portcullis:problem:");
        format!("{} {kind}", self.status)
    }
}

/// The events of a request, as one line: `asked approved …`.
pub(crate) fn timeline(request: &Value) -> String {
    let entries = request["timeline"].as_array().unwrap().iter();
    entries.map(|entry| entry["event"]["type"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}
