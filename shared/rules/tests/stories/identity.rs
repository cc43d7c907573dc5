//! Callers of every kind, and the people to whom they belong.

use domain::grant::Principal;
use rules::directory::{Caller, CallerArn, SignedCaller, Token};

use crate::sources::{
    ANN, NOON, aws, call, changed, draft, identity_center, pinned, rules, rules_against,
};

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
        Ok(requester) => requester.person.to_string(),
        Err(denial) => denial.rule.to_string(),
    };
    let (unknown, ambiguous) = ("directory/unknown-caller", "directory/ambiguous-caller");
    for (caller, person) in [
        (aws(ANN), "ann@example.com"),
        (aws(&format!("{sts}/ann-laptop/anything")), "ann@example.com"),
        (
            identity_center(&format!("{sts}/AWSReservedSSO_dev_0a1b/carol@example.com")),
            "carol@example.com",
        ),
        (identity_center(&format!("{sts}/AWSReservedSSO_dev_0a1b/eve@example.com")), unknown),
        (aws(&format!("{sts}/engineers/carol@example.com")), unknown),
        (aws("arn:aws:sts::000000000000:federated-user/carol@example.com"), unknown),
        (
            identity_center(&format!("{sts}/AWSReservedSSO_dev_0a1b/Carol@Example.com")),
            "carol@example.com",
        ),
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
    let caller = identity_center(&format!("{sts}/AWSReservedSSO_dev_0a1b/carol@example.com"));
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
    let terms = pinned(rules.judge(&laptop, &draft("1h"), call(NOON)));
    let user = Principal::User("ann".parse().unwrap());
    assert_eq!(terms.grant.principal(), Some(&user));
    let carol = identity_center(
        "arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_d/carol@example.com",
    );
    let refused = rules.judge(&carol, &draft("1h"), call(NOON));
    assert_eq!(rules_against(refused), ["orders-read/grant"]);
}

#[test]
fn a_role_that_is_only_named_like_identity_centers_is_nobody() {
    let sts = "arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_dev_0a1b";
    let listed = changed("people.toml", "user/bob\"]", &format!("user/bob\", \"{sts}/bob\"]"));
    for (rules, session) in [(rules(), "carol@example.com"), (listed.check().unwrap(), "bob")] {
        let arn = format!("{sts}/{session}");
        let denial = rules.directory().identify(&aws(&arn)).unwrap_err();
        assert_eq!(denial.rule.as_str(), "directory/not-identity-center");
        let known = rules.directory().identify(&identity_center(&arn)).unwrap();
        assert!(known.person.to_string().starts_with(session), "{known:?}");
    }
}

#[test]
fn a_unique_id_in_the_rules_tells_a_role_from_every_other_of_its_name() {
    let ids =
        "\"AROAEXAMPLEEXAMPLE001\", \"arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_*\"";
    let star = "\"arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_*\"";
    let pinned = changed("people.toml", star, ids);
    let pinned = pinned.check().unwrap();
    let arn = "arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_dev_0a1b/carol@example.com";
    let caller = |id: &str| {
        let user_id = format!("{id}:carol@example.com");
        Caller::Aws(SignedCaller::new(arn.parse().unwrap(), Some(&user_id)))
    };
    let carol = pinned.directory().identify(&caller("AROAEXAMPLEEXAMPLE001")).unwrap();
    assert_eq!(carol.person.to_string(), "carol@example.com");
    assert!(pinned.directory().identify(&caller("AROAEXAMPLEEXAMPLE002")).is_err());
    let owned = changed("people.toml", "user/bob\"]", "user/bob\", \"AIDAEXAMPLEEXAMPLE003\"]");
    let owned = owned.check().unwrap();
    let renamed = "arn:aws:iam::000000000000:user/robert".parse().unwrap();
    let bob = Caller::Aws(SignedCaller::new(renamed, Some("AIDAEXAMPLEEXAMPLE003")));
    assert_eq!(owned.directory().identify(&bob).unwrap().person.to_string(), "bob@example.com");
}

#[test]
fn rules_about_another_account_know_nobody_here() {
    let rules = rules();
    assert!(rules.directory().check_account("000000000000").is_ok());
    let denial = rules.directory().check_account("111111111111").unwrap_err();
    assert_eq!(denial.rule.as_str(), "directory/other-account");
}

/// Law 26. Eve may create users and roles of any name and path except those of AWS, and start their
/// sessions under any name. She has a token of a provider that the rules do not know.
#[test]
fn whatever_somebody_calls_themselves_they_become_nobody_else() {
    let rules = rules();
    let account = "000000000000";
    let names =
        ["ann@example.com", "bob@example.com", "carol@example.com", "ann", "x", "ann-laptop"];
    let own_roles = [
        "AWSReservedSSO_dev_0123456789abcdef",
        "awsreservedsso_dev_0123456789abcdef",
        "AWSReservedSSO_",
        "Ann-Laptop",
        "ann-laptop2",
        "admin",
        "eve",
    ];
    let mut tried = 0;
    let sessions = own_roles.iter().flat_map(|role| {
        names.map(|name| format!("arn:aws:sts::{account}:assumed-role/{role}/{name}"))
    });
    let federated = names.map(|name| format!("arn:aws:sts::{account}:federated-user/{name}"));
    let elsewhere =
        names.map(|name| format!("arn:aws:sts::999999999999:assumed-role/ann-laptop/{name}"));
    let users = ["Ann", "team/ann", "ann2", "bob@example.com"]
        .map(|user| format!("arn:aws:iam::{account}:user/{user}"));
    for arn in sessions.chain(federated).chain(elsewhere).chain(users) {
        let Ok(parsed) = arn.parse::<CallerArn>() else { continue };
        for user_id in [None, Some("AROAEVEEVEEVEEVEEVE01:ann@example.com")] {
            let caller = Caller::Aws(SignedCaller::new(parsed.clone(), user_id));
            let known = rules.directory().identify(&caller);
            assert!(known.is_err(), "{arn}: {known:?}");
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
    for (issuer, claim) in [
        ("https://login.example.com.evil.example/", "email"),
        ("https://login.example.com", "email"),
        ("https://login.example.com/", "name"),
        ("https://login.example.com/", "sub"),
    ] {
        let claims = [("iss", issuer), ("sub", "eve"), (claim, "bob@example.com")];
        let claims = claims.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let token = Token::from_claims(claims.into()).unwrap();
        assert!(rules.directory().identify(&Caller::Token(token)).is_err(), "{issuer} {claim}");
    }
}
