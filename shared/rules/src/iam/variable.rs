//! Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

/// Checks that each variable in a text has an end and a name.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut rest = text;
    while let Some((_, variable)) = rest.split_once("${") {
        let Some((name, after)) = variable.split_once('}') else {
            return Err("a policy variable begins here with `${` and does not end".to_owned());
        };
        if name.trim().is_empty() || name.contains("${") {
            return Err(format!("`${{{}}}` is no policy variable", name.escape_debug()));
        }
        rest = after;
    }
    Ok(())
}
