//! The source address of a call, in every notation.

use domain::value::CallContext;
use rules::{directory::address, source::RuleSet};

use crate::sources::{ANN, NOON, aws, call, draft, rules_against, sources};

#[test]
fn an_address_is_the_same_however_it_is_written() {
    for (written, read) in [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::ffff:c000:207", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("FE80::1%25en0", "fe80::1"),
        ("::ffff:192.0.2.7%1", "192.0.2.7"),
        ("[2001:db8::1]", "2001:db8::1"),
        (" 2001:DB8:0::1 ", "2001:db8::1"),
    ] {
        assert_eq!(address(written).to_string(), read, "{written}");
    }
    for nonsense in ["", "%", "office", "192.0.2", "192.0.2.7/32", "1.2.3.4.5", "::g"] {
        assert_eq!(address(nonsense).to_string(), "::", "{nonsense}");
    }
}

/// Rules that forbid requests under this condition, which tests whether a call comes from the
/// office.
fn office(condition: &str) -> RuleSet {
    let mut sources = sources();
    let rule = format!(
        "@id(\"office\") @advice(\"come in\") forbid (principal, action == Action::\"request\", \
         resource) {condition};"
    );
    sources.set("more.cedar", rule);
    sources.check().unwrap()
}

#[test]
fn no_way_to_write_an_address_turns_off_a_rule_about_it() {
    let inside = "context.source_ip.isInRange(ip(\"192.0.2.0/24\"))";
    for condition in [
        format!("unless {{ context has source_ip && {inside} }}"),
        format!("when {{ context has source_ip && !{inside} }}"),
        "when { context has source_ip && !context.source_ip.isIpv4() }".to_owned(),
    ] {
        let rules = office(&condition);
        let asks = |from: &str| {
            let call = CallContext { source_ip: Some(address(from)), ..call(NOON) };
            match rules.judge(&aws(ANN), &draft("1h"), call).terms() {
                Ok(_) => Vec::new(),
                Err(_) => rules_against(rules.judge(&aws(ANN), &draft("1h"), call)),
            }
        };
        for here in ["192.0.2.7", "::ffff:192.0.2.7", "::ffff:c000:207%eth0"] {
            assert_eq!(asks(here), Vec::<String>::new(), "{here}: {condition}");
        }
        for elsewhere in ["fe80::1%eth0", "2001:db8::1", "nowhere", ""] {
            assert_eq!(asks(elsewhere), ["office"], "{elsewhere}: {condition}");
        }
    }
    // A call context pinned before addresses were read this way is judged alike.
    let rules = office(&format!("when {{ context has source_ip && !{inside} }}"));
    for (pinned, may) in [("::ffff:192.0.2.7", true), ("::ffff:198.51.100.7", false)] {
        let call = CallContext { source_ip: pinned.parse().ok(), ..call(NOON) };
        let verdict = rules.judge(&aws(ANN), &draft("1h"), call);
        assert_eq!(
            verdict.terms().map_err(|denials| denials[0].rule.to_string()).err(),
            (!may).then(|| "office".to_owned())
        );
    }
}

#[test]
fn what_cedar_cannot_hold_is_a_no_and_not_a_rule_less() {
    let rules = office("when { context.starts_at > datetime(\"2026-06-01\") }");
    for starts_at in ["-009999-01-02T01:59:59Z", "9999-12-30T22:00:00Z"] {
        let draft = rules::judge::RequestDraft { starts_at: starts_at.parse().ok(), ..draft("1h") };
        assert!(draft.starts_at.is_some());
        assert!(rules.judge(&aws(ANN), &draft, call(NOON)).terms().is_err(), "{starts_at}");
    }
    let overflows = office("when { context.duration * 9223372036854775807 > 0 }");
    assert_eq!(rules_against(overflows.judge(&aws(ANN), &draft("1h"), call(NOON))), ["office"]);
}
