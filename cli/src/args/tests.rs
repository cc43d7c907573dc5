//! The arguments that the command line takes and refuses.

use clap::CommandFactory as _;

use super::*;

const ID: &str = "0123456789abcdef0123";

fn reads(words: &[&str]) -> Result<Cli, String> {
    let words = ["portcullis"].iter().chain(words);
    Cli::try_parse_from(words).map_err(|error| error.to_string())
}

fn asks(more: &[&str]) -> Result<RequestArgs, String> {
    let words = ["request", "orders-read", "--for", "5m"].iter().chain(more).copied();
    let command = reads(&words.collect::<Vec<_>>())?.command;
    if let CliCommand::Request(args) = command { Ok(args) } else { Err(format!("{command:?}")) }
}

#[test]
fn the_verbs_are_spelled_as_they_are_documented() {
    let command = Cli::command();
    let verbs: Vec<_> = command.get_subcommands().map(clap::Command::get_name).collect();
    let expected = "request show list cancel revoke credentials approve deny entitlements \
        entitlement rules audit reconcile doctor";
    assert_eq!(verbs, expected.split_whitespace().collect::<Vec<_>>());
    for (verb, expected) in [
        ("entitlement", &["trust-policy"][..]),
        ("rules", &["validate", "test", "diff", "explain", "push", "log"]),
        ("audit", &["export", "verify", "prove", "backfill", "key"]),
    ] {
        let below = command.find_subcommand(verb).unwrap().get_subcommands();
        assert_eq!(below.map(clap::Command::get_name).collect::<Vec<_>>(), expected, "{verb}");
    }
}

#[test]
fn what_people_write_may_begin_with_a_dash() {
    for reason in ["- fix the replica", "-1 replica", "--force was used", "-x", "--", "–"] {
        let args = asks(&["--dry-run", "--reason", reason]);
        match (reason, args) {
            ("--", args) => assert!(args.unwrap_err().contains("`--` is an option")),
            (_, args) => assert_eq!(args.unwrap().reason.as_str(), reason),
        }
        for answer in ["approve", "deny", "revoke"] {
            assert_eq!(reads(&[answer, ID, "--reason", reason]).is_ok(), reason != "--");
        }
    }
    let args = asks(&["--reason=- x", "--ticket", "-4711"]).unwrap();
    assert_eq!(args.ticket.unwrap().as_str(), "-4711");
    assert!(reads(&["--token", "-x.y.z", "list"]).unwrap().token.is_some());
}

#[test]
fn an_option_behind_an_option_is_one_whose_value_was_forgotten() {
    for option in ["--dry-run", "--break-glass", "--ticket=x", "--for", "--json", "-h", "--help"] {
        let said = asks(&["--reason", option]).unwrap_err();
        let name = option.split('=').next().unwrap();
        assert!(said.contains(&format!("`{name}` is an option")), "{said}");
        assert!(said.contains("--reason"), "{said}");
    }
    assert!(asks(&["--reason", "x", "--ticket", "--dry-run"]).is_err());
    assert!(reads(&["approve", ID, "--reason", "--yes"]).is_err());
    assert!(reads(&["--token", "--json", "list"]).is_err());
    // An option of another command is plain text here.
    assert!(reads(&["revoke", ID, "--reason", "--dry-run"]).is_ok());
}

#[test]
fn a_start_says_which_moment_is_meant() {
    let at = |start: &str| asks(&["--reason", "x", "--starts-at", start]);
    assert!(at("2026-05-04T10:00:00+02:00[Europe/Berlin]").is_ok());
    let said = at("2026-05-04T10:00:00+05:00[Europe/Berlin]").unwrap_err();
    assert!(said.contains("the offset does not fit `Europe/Berlin`"), "{said}");
}

#[test]
fn reasons_are_read_as_everywhere() {
    assert_eq!(asks(&["--reason", "first\n\tsecond"]).unwrap().reason.as_str(), "first second");
    let said = asks(&["--reason", " "]).unwrap_err();
    assert!(said.contains("a reason is required"), "{said}");
}

#[test]
fn the_command_line_is_put_together_as_it_should_be() {
    Cli::command().debug_assert();
}
