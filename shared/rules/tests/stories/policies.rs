//! Policies, roles and names of sessions: problems and advice.

use rules::source::lasting_elsewhere;

use crate::{
    mistakes::problems,
    sources::{PEOPLE, changed},
};

#[test]
fn a_session_takes_an_account_to_be_here_or_elsewhere_and_a_policy_that_sts_takes() {
    let session = "{ kind = \"session\", role = \"arn:aws:iam::000000000000:role/deploy\" }";
    let inline = "{ kind = \"inline_policy\", policy = \"policies/orders-read.json\" }";
    let mut rules = changed("entitlements.toml", inline, session);
    assert!(rules.check().is_ok());
    let users =
        PEOPLE.replace("arn:aws:iam::000000000000:user/", "arn:aws:iam::000000000000:role/");
    rules.set("people.toml", users.clone());
    let said = problems(&rules).concat();
    assert!(said.contains("it is not clear which account this is"), "{said}");
    rules.set("people.toml", format!("account = \"000000000000\"\n{users}"));
    assert!(rules.check().is_ok(), "{:?}", problems(&rules));
    rules.set("people.toml", format!("account = \"prod\"\n{users}"));
    assert!(problems(&rules).concat().contains("an AWS account has 12 digits"));
}

#[test]
fn what_iam_takes_and_never_matches_or_locks_somebody_out_is_advice_and_keeps_nobody_from_it() {
    let advice = |policy: &str| {
        let set = changed("entitlements.toml", "\"1h\"", "\"2h\"");
        let mut set = set;
        set.set("policies/orders-read.json", policy);
        let advice = set.check().unwrap().advice();
        advice.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let policy =
        |statements: &str| format!("{{\"Version\":\"2012-10-17\",\"Statement\":[\n{statements}]}}");
    let allow = r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#;
    assert_eq!(advice(&policy(allow)), [""; 0]);
    let file = "policies/orders-read.json";
    assert_eq!(
        advice(&policy(&allow.replace("s3:Get*", "s3:GetObjects"))),
        [format!("{file}:2:28: `s3` has no action `GetObjects`, as far as we know")]
    );
    assert_eq!(
        advice(&policy(&allow.replace("s3:Get*", "s4:Get*"))),
        [format!("{file}:2:28: AWS has no service `s4`, as far as we know")]
    );
    let keys = r#""Condition":{"StringEquals":{"s3:prefx":"x","aws:RequestTag/team":"y","S3:Prefix":"z"}}"#;
    assert_eq!(
        advice(&policy(&allow.replace('}', &format!(",{keys}}}")))),
        [format!("{file}:2:82: AWS has no condition key `s3:prefx`, as far as we know")]
    );
    for (deny, warns) in [
        (r#"{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b/*"}"#, true),
        (r#"{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}"#, true),
        (r#"{"Effect":"Deny","Action":"execute-api:*","Resource":"*"}"#, true),
        (r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#, false),
        (r#"{"Effect":"Deny","NotAction":["s3:*","execute-api:Invoke"],"Resource":"*"}"#, false),
        (r#"{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::b"}"#, false),
    ] {
        let said = advice(&policy(&format!("{allow},\n{deny}")));
        assert_eq!(said.len(), usize::from(warns), "{deny}: {said:?}");
        assert!(said.iter().all(|said| said.contains("covers calls of Portcullis")), "{said:?}");
    }
}

#[test]
fn a_role_of_another_account_that_cannot_call_is_advice() {
    let elsewhere = "user/bob\", \"arn:aws:iam::111111111111:role/bobs-laptop\"]";
    let set = changed("people.toml", "user/bob\"]", elsewhere);
    let advice = set.check().unwrap().advice();
    assert_eq!(advice.len(), 1);
    assert!(advice[0].to_string().contains("a caller of another account"), "{}", advice[0]);
}

#[test]
fn a_policy_is_held_to_what_its_holder_takes() {
    let tables: Vec<_> = (0..60)
        .map(|n| format!("\"arn:aws:dynamodb:eu-central-1:000000000000:table/orders-{n:03}\""))
        .collect();
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":[{}]}}]}}"#,
        tables.join(",")
    );
    let inline = "policy = \"policies/orders-read.json\"";
    let granted = |more: &str| {
        let mut set = changed("entitlements.toml", inline, &format!("{inline}{more}"));
        set.set("policies/orders-read.json", policy.clone());
        set
    };
    let said = problems(&granted(""));
    assert_eq!(said.len(), 1);
    assert!(said[0].ends_with("characters; an IAM user takes 2048"), "{said:?}");
    assert!(granted(", role = \"deploy\"").check().is_ok(), "a role takes 10,240");
}

#[test]
fn a_set_in_force_is_read_though_we_have_learned_since_what_iam_refuses() {
    let regional = changed("policies/orders-read.json", "\"*\"", "\"arn:aws:s3:us-east-1::b\"");
    assert!(problems(&regional)[0].contains("in no region"));
    assert!(regional.check_published().is_ok());
    let fenceless = changed(
        "policies/orders-read.json",
        "\"Resource\":\"*\"",
        "\"Resource\":\"*\",\"Condition\":{\"DateLessThan\":{\"aws:CurrentTime\":\"2030\"}}",
    );
    assert!(fenceless.check_published().is_err(), "law 3: nothing widens a fence");
}

#[test]
fn a_name_that_its_holder_chooses_is_trusted_in_no_session() {
    let star = "assumed-role/AWSReservedSSO_*";
    for session in ["federated-user", "assumed-role/AWSReservedSSO_*x*", "assumed-role/dev*"] {
        let said = problems(&changed("people.toml", star, session));
        assert!(said[0].contains("is not what sessions begin with"), "{session}: {said:?}");
    }
}

#[test]
fn names_that_somebody_could_choose_for_themselves_are_advice() {
    let advice = |from: &str, to: &str| {
        let advice = changed("people.toml", from, to).check().unwrap().advice();
        advice.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let bob = "user/bob\"]";
    let with = |more: &str| format!("user/bob\", \"{more}\"]");
    let federated = with("arn:aws:sts::000000000000:federated-user/bob");
    let refused = problems(&changed("people.toml", bob, &federated));
    assert!(refused.concat().contains("chooses the name at its end"), "{refused:?}");
    let shared = advice(bob, &with("arn:aws:iam::000000000000:role/developers"));
    assert!(shared[0].contains("everybody who may assume"), "{shared:?}");
    assert!(shared[0].contains("is bob@example.com"), "{shared:?}");
    let edited = advice("claim = \"email\"", "claim = \"preferred_username\"");
    assert!(edited[0].contains("people may be able to choose `preferred_username`"), "{edited:?}");
    assert_eq!([shared.len(), edited.len()], [1, 1]);
    assert_eq!(advice("claim = \"email\"", "claim = \"sub\""), [""; 0]);
    assert_eq!(advice(bob, &with("arn:aws:iam::000000000000:role/bobs-laptop")), [""; 0]);
}

#[test]
fn what_is_dangerous_and_decided_by_a_bare_link_is_advice_where_people_could_sign_in() {
    let advice = |more: &str| {
        let title = "title = \"Read the orders table\"";
        let set = changed("entitlements.toml", title, &format!("{title}\n{more}"));
        set.check().unwrap().advice().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let bare = advice("tags = [\"dangerous\"]");
    assert!(bare[0].contains("whoever has a link may decide it"), "{bare:?}");
    assert_eq!(advice("tags = [\"dangerous\"]\nsign_in = true"), [""; 0]);
    assert_eq!(advice("tags = [\"harmless\"]"), [""; 0]);
}

#[test]
fn what_stays_when_access_ends_is_refused_unless_the_entry_says_why() {
    let policy = |statement: &str| {
        let mut set = changed("entitlements.toml", "decide_within", "decide_within");
        set.set(
            "policies/orders-read.json",
            format!("{{\"Version\":\"2012-10-17\",\"Statement\":[\n{statement}]}}"),
        );
        set
    };
    let keys = r#"{"Effect":"Allow","Action":["iam:Get*","iam:CreateAccessKey"],"Resource":"*"}"#;
    assert_eq!(
        problems(&policy(keys)),
        ["policies/orders-read.json:2:40: what `orders-read` opens can leave this behind: keys \
          and passwords, with iam:CreateAccessKey"]
    );
    let but = r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#;
    assert!(problems(&policy(but)).concat().contains("but for a list"));
    let said = |why: &str| {
        let mut set = policy(keys);
        let text = set.get("entitlements.toml").unwrap();
        let why = format!("lasting = \"{why}\"\ndecide_within");
        set.set("entitlements.toml", text.replace("decide_within", &why));
        set
    };
    let set = said("robots need a key").check().unwrap();
    let entry = set.catalogue().values().next().unwrap();
    assert_eq!(entry.lasting.as_deref(), Some("robots need a key"));
    assert!(problems(&said("")).concat().contains("in one line of 1 to 100 characters"));
    assert!(policy(keys).check_published().is_ok(), "what is in force stays readable");
}

#[test]
fn what_stands_in_iam_is_looked_up_unless_the_entry_says_that_something_stays() {
    let inline = "{ kind = \"inline_policy\", policy = \"policies/orders-read.json\" }";
    let role = "arn:aws:iam::000000000000:role/deploy";
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    let looked_up = |grant: &str| {
        let set = changed("entitlements.toml", inline, grant).check().unwrap();
        let wanted = set.to_look_up().into_iter();
        wanted.map(|(what, by)| format!("{what:?} for {by:?}")).collect::<Vec<_>>()
    };
    assert!(looked_up(inline).is_empty());
    let managed = format!("{{ kind = \"managed_policy\", policy = \"{admin}\" }}");
    assert_eq!(looked_up(&managed), [format!("Policy({admin}) for [orders-read]")]);
    assert!(looked_up(&format!("{managed}\nlasting = \"on purpose\"")).is_empty());
    let session =
        |more: &str| looked_up(&format!("{{ kind = \"session\", role = \"{role}\"{more} }}"));
    assert_eq!(session(""), [format!("Role({role}) for [orders-read]")]);
    assert!(session(", policy = \"policies/orders-read.json\"").is_empty());
    let both = format!(", policy = \"policies/orders-read.json\", policies = [\"{admin}\"]");
    assert_eq!(session(&both), [format!("Policy({admin}) for [orders-read]")]);

    let id = "orders-read".parse().unwrap();
    let text =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let said: Vec<_> =
        lasting_elsewhere(admin, text, &[&id]).iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [format!(
            "{admin}:1:64: what `orders-read` opens can leave this behind: whatever AWS can do"
        )]
    );
}
