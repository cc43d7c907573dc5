//! Who calls, in every shape a caller has.

use domain::Principal;
use rules::{Caller, Token};

use crate::sources::{ANN, NOON, asking, aws, changed, pinned, rules, rules_against, situation};

#[test]
fn a_caller_is_one_person_in_every_shape_aws_and_providers_give_it() {
    let rules = rules();
    let claims = |mail: &str, verified: &str| {
        let claims = [
            ("iss", "https://login.example.com/"),
            ("sub", "0042"),
            ("email", mail),
            ("email_verified", verified),
        ];
        let claims = claims.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Caller::Token(Token::from_claims(claims.into()).unwrap())
    };
    let sts = "arn:aws:sts::000000000000:assumed-role";
    let is = |caller: &Caller| match rules.directory().identify(caller) {
        Ok(asker) => asker.person.to_string(),
        Err(denial) => denial.rule.to_string(),
    };
    let (unknown, ambiguous) = ("directory/unknown-caller", "directory/ambiguous-caller");
    for (caller, person) in [
        (aws(ANN), "ann@example.com"),
        (aws(&format!("{sts}/ann-laptop/anything")), "ann@example.com"),
        (aws(&format!("{sts}/AWSReservedSSO_dev_0a1b/carol@example.com")), "carol@example.com"),
        (aws(&format!("{sts}/AWSReservedSSO_dev_0a1b/eve@example.com")), unknown),
        (aws(&format!("{sts}/engineers/carol@example.com")), unknown),
        (aws("arn:aws:sts::000000000000:federated-user/carol@example.com"), unknown),
        (aws(&format!("{sts}/AWSReservedSSO_dev_0a1b/Carol@Example.com")), "carol@example.com"),
        (aws("arn:aws:iam::111111111111:user/ann"), unknown),
        (claims("carol@example.com", "true"), "carol@example.com"),
        (claims("carol@example.com", "false"), unknown),
        (claims("eve@example.com", "true"), unknown),
    ] {
        assert_eq!(is(&caller), person, "{caller}");
    }
    let two = changed(
        "people.toml",
        "user/bob\"]",
        "user/bob\", \"arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_dev_0a1b/carol@example.com\"]",
    );
    let two = two.check().unwrap();
    let caller = aws(&format!("{sts}/AWSReservedSSO_dev_0a1b/carol@example.com"));
    let denial = two.directory().identify(&caller).unwrap_err();
    assert_eq!(denial.rule.as_str(), ambiguous);
    let denial =
        rules.directory().identify(&aws("arn:aws:iam::000000000000:user/eve")).unwrap_err();
    assert!(denial.advice.unwrap().contains("user/eve"), "a stranger is told which ARN to add");
}

#[test]
fn access_goes_to_the_user_who_calls_or_to_the_only_one_they_have() {
    let rules = rules();
    let laptop = aws("arn:aws:sts::000000000000:assumed-role/ann-laptop/x");
    let ask = pinned(rules.judge(&laptop, &asking("1h"), situation(NOON)));
    let user = Principal::User("ann".parse().unwrap());
    assert_eq!(ask.grant.principal(), Some(&user));
    let carol = aws("arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_d/carol@example.com");
    let refused = rules.judge(&carol, &asking("1h"), situation(NOON));
    assert_eq!(rules_against(refused), ["orders-read/grant"]);
}
