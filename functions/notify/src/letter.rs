//! A letter: the content of a mail, before it is rendered as text and as a page.
//!
//! A person's free text stands in a [`Quote`], or behind a label on a line of its own. It never
//! stands in a subject, nor where it could pass for our words. Nowhere does it become a link
//! ([`Inert`]).

use askama::Template;
use domain::value::{Person, RequestId};
use service::{Fault, MailRef, ports::Mail};

use crate::inert::Inert;

/// The content of a mail.
#[derive(Debug, Clone, Default)]
pub(crate) struct Letter {
    /// The subject: names and titles from the rules, and no free text.
    pub(crate) subject: Inert,
    /// The event, in one sentence.
    pub(crate) lead: Inert,
    /// The facts about the request.
    pub(crate) facts: Vec<Fact>,
    /// The statements of people.
    pub(crate) quotes: Vec<Quote>,
    /// The consequences of the event, or the action that is wanted from the reader.
    pub(crate) lines: Vec<Inert>,
    /// The requests of a mail about several, each with a link of its own.
    pub(crate) items: Vec<Item>,
    /// The remarks below the signature line.
    pub(crate) notes: Vec<Inert>,
}

/// One of several requests.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// The title of the request, and its deadline.
    pub(crate) what: Inert,
    /// The reason, in the requester's words.
    pub(crate) said: Inert,
    /// The link to the request. It is a secret, and of our own making.
    pub(crate) url: String,
}

/// A label and its value.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    pub(crate) value: Inert,
}

/// A person's statement.
#[derive(Debug, Clone)]
pub(crate) struct Quote {
    /// The person, and the meaning of the statement.
    pub(crate) by: Inert,
    /// The statement, in the person's own words.
    pub(crate) text: Inert,
}

/// A letter as text, with its link.
#[derive(Template)]
#[template(path = "mail.txt", escape = "none")]
struct Text<'a> {
    letter: &'a Letter,
    url: Option<&'a str>,
    request: &'a RequestId,
}

/// A letter as a page. Its styles are inline, because mail programs drop all others.
#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    letter: &'a Letter,
    url: Option<&'a str>,
    request: &'a RequestId,
}

impl Letter {
    /// Renders the mail to one person, with a link if the mail asks for an answer.
    pub(crate) fn to(
        self,
        person: &Person,
        url: Option<&str>,
        mail_ref: &MailRef,
    ) -> Result<Mail, Fault> {
        let (letter, request) = (&self, &mail_ref.request);
        let written = |error| Fault::new("write a mail", error);
        Ok(Mail {
            to: person.clone(),
            text: Text { letter, url, request }.render().map_err(written)?,
            html: Html { letter, url, request }.render().map_err(written)?,
            mail_ref: mail_ref.clone(),
            subject: self.subject.to_string(),
        })
    }
}
