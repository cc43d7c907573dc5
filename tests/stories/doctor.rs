//! `portcullis doctor`: what an administrator reads at three in the morning.

use serde_json::Value;

use crate::world::Cast;

#[tokio::test]
async fn the_doctor_says_what_is_fine_what_is_wrong_and_the_way_out() {
    let cast = Cast::new();
    let seen = cast.stack.portcullis(None, &["doctor"]).await.unwrap();
    let found = |level: &str, words: &str| {
        let mut lines = seen.out.lines();
        lines.any(|line| line.starts_with(level) && line.contains(words))
    };
    for fine in ["identity", "API", "clock", "schedule", "rules", "sign-in", "is verified with SES"]
    {
        assert!(found("fine ", fine), "{fine}: {}", seen.out);
    }
    for look in ["DKIM", "SES is in its sandbox"] {
        assert!(found("look ", look), "{look}: {}", seen.out);
    }
    // The local AWS does not implement this part of the template, and the doctor notices it.
    assert!(found("WRONG", "cannot be restored to an earlier time"), "{}", seen.out);
    assert!(seen.out.contains("deploy the template again"), "{}", seen.out);
    // Some entries of the catalogue exist to fail: no parameter names their role.
    assert!(found("WRONG", "the parameter Roles does not name the role nobody-0"), "{}", seen.out);
    assert!(found("fine ", "the rules are about 000000000000"), "{}", seen.out);
    assert!(!seen.ok && seen.err.contains("3 things are wrong"), "{}", seen.err);

    let json = cast.stack.portcullis(None, &["doctor", "--json"]).await.unwrap();
    let findings: Vec<Value> = serde_json::from_str(&json.out).unwrap();
    let wrong = findings.iter().filter(|finding| finding["level"] == "wrong");
    assert_eq!(wrong.count(), 3, "{findings:?}");
}

#[tokio::test]
async fn where_there_is_nothing_to_look_at_the_doctor_says_how_to_find_it() {
    let cast = Cast::new();
    let seen = cast.stack.portcullis(None, &["doctor", "--stack", "nothing"]).await.unwrap();
    assert!(
        !seen.ok && seen.err.contains("there is no stack `nothing` here; say --stack"),
        "{seen:?}"
    );
    // Ann may use the API and see nothing of the deployment. The doctor says so.
    let anns = cast.stack.portcullis(Some(cast.ann.someone), &["doctor"]).await.unwrap();
    let lines: Vec<_> = anns.out.lines().collect();
    assert!(!anns.ok && lines[0].starts_with("fine   identity"), "{anns:?}");
    assert!(lines[1].contains("not authorized to perform: cloudformation:DescribeStacks"));
    assert!(lines[2].contains("look with the credentials of an administrator"), "{anns:?}");
}
