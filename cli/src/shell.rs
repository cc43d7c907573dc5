//! Text for a shell to read: `eval "$(portcullis credentials …)"`.

/// Quotes a text, so that a POSIX shell takes it as it is. Between single quotes, only the closing
/// quote has a meaning.
/// <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02>
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Lines that set these variables, below a comment with the time until which they are valid.
pub(crate) fn exports(until: &str, variables: &[(&str, &str)]) -> String {
    // A line break would end the comment.
    let until: String = until.chars().filter(|c| !c.is_control()).collect();
    let lines = variables.iter().map(|(name, value)| format!("\nexport {name}={}", quoted(value)));
    lines.fold(format!("# until {until}"), |text, line| text + &line)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn whatever_the_api_answers_the_shell_runs_nothing_of_it() {
        for evil in [
            "plain",
            "a/b+c==",
            "x; touch /tmp/owned",
            "$(touch /tmp/owned)",
            "`touch /tmp/owned`",
            "it's",
            "'; exit 3; '",
            "a\nexit 3",
            "\\",
            "\"$HOME\"",
        ] {
            let script = exports(evil, &[("ONE", evil), ("TWO", "second")]);
            let script = format!("{script}\nprintf %s \"$ONE|$TWO\"");
            let ran = Command::new("sh").args(["-euc", &script]).output().unwrap();
            let said = String::from_utf8(ran.stdout).unwrap();
            assert_eq!((said, ran.status.code()), (format!("{evil}|second"), Some(0)), "{script}");
        }
    }
}
