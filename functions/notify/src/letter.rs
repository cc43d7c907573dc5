//! A letter: what a mail says, before it is text and a page.
//!
//! The free text of a person stands in a [`Quote`], or behind a label, on a line of
//! its own: never in a subject, and never where it could pass for our words. Wherever
//! it stands, it becomes no link ([`Inert`]).

use askama::Template;
use domain::value::{Person, RequestId};
use service::{Fault, MailRef, ports::Mail};

use crate::inert::Inert;

/// What a mail says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Letter {
    /// Its subject: names and titles of the rules, and no free text.
    pub(crate) subject: Inert,
    /// What happened, in one sentence.
    pub(crate) lead: Inert,
    /// What there is to know.
    pub(crate) facts: Vec<Fact>,
    /// What people said.
    pub(crate) quotes: Vec<Quote>,
    /// What follows from it.
    pub(crate) lines: Vec<Inert>,
    /// Several requests, each with a link of its own.
    pub(crate) items: Vec<Item>,
    /// What stands below.
    pub(crate) notes: Vec<Inert>,
}

/// One of several requests.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// Title of the request, and its deadline.
    pub(crate) what: Inert,
    /// Why, in the words of whoever asked.
    pub(crate) said: Inert,
    /// Where to look at it. It is a secret, and of our own making.
    pub(crate) url: String,
}

/// A label and what belongs to it.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    pub(crate) value: Inert,
}

/// What somebody said.
#[derive(Debug, Clone)]
pub(crate) struct Quote {
    /// Who, and what they meant by it.
    pub(crate) by: Inert,
    /// In their own words.
    pub(crate) text: Inert,
}

/// A letter as text, with the link that goes with it.
#[derive(Template)]
#[template(path = "mail.txt", escape = "none")]
struct Text<'a> {
    letter: &'a Letter,
    url: Option<&'a str>,
    request: &'a RequestId,
}

/// The same as a page: inline styles, because mail programs drop the others.
#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    letter: &'a Letter,
    url: Option<&'a str>,
    request: &'a RequestId,
}

impl Letter {
    /// The mail to one person, with a link if they are asked for an answer.
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
