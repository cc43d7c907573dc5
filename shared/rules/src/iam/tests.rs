//! Documents that IAM accepts, and documents that it refuses.

use super::{File, check};

fn said(text: &str) -> Vec<String> {
    let file = File { name: "p.json".to_owned(), text: text.into() };
    check(&file).iter().map(ToString::to_string).collect()
}

fn policy(statement: &str) -> String {
    format!("{{\"Version\":\"2012-10-17\",\n\"Statement\":[{statement}]}}")
}

/// A policy with a sound statement, followed by `more` elements.
fn allow(more: &str) -> String {
    policy(&format!(r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"{more}}}"#))
}

fn on(resource: &str) -> String {
    policy(&format!(r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":{resource}}}"#))
}

fn doing(action: &str) -> String {
    policy(&format!(r#"{{"Effect":"Allow","Action":{action},"Resource":"*"}}"#))
}

fn only_if(condition: &str) -> String {
    allow(&format!(r#","Condition":{condition}"#))
}

fn taken(documents: impl IntoIterator<Item = String>) {
    for document in documents {
        assert_eq!(said(&document), [""; 0], "{document}");
    }
}

/// Asserts that each document has one problem, in its second line, for this reason.
fn refused(because: &str, documents: impl IntoIterator<Item = String>) {
    for document in documents {
        let said = said(&document);
        assert_eq!(said.len(), 1, "{document}: {said:#?}");
        assert!(said[0].contains(because), "{document}: {said:#?}");
        assert!(said[0].starts_with("p.json:2:"), "{document}: {said:#?}");
    }
}

#[test]
fn what_iam_takes_is_taken() {
    taken([
        allow(""),
        allow(r#","Sid":"""#),
        allow("").replace("[{", "{").replace("}]", "}"),
        allow("").replace("\"Statement\"", "\"Id\":\"x\",\"Statement\""),
        policy(
            r#"{"Sid":"","Effect":"Deny","NotAction":["s3:*"],"NotResource":["*"]},
               {"Sid":"","Effect":"Allow","Action":"*","Resource":["*",null]}"#,
        ),
    ]);
    taken(
        ["s3:Get*", "*", "iam:no such thing", "s3-object-lambda:x", "a.b:?"]
            .map(|action| doing(&format!("\"{action}\""))),
    );
    taken(
        [
            "arn:aws:s3:::bucket/key:with:colons",
            "arn:aws:sqs:*",
            "arn:aws:nosuch",
            "arn:aws-cn:s3:::b",
            "arn:*:s3:::b",
            "arn:aws:iam::123456789012:user/x/*",
            "arn:aws:iam::123456789012:*",
            "arn:aws:iam::*:root",
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "arn:aws:s3:us-west-2:123456789012:accesspoint/a/object/*",
            "arn:aws:s3:*:*:job/*",
            "arn:aws:s3::*:b",
            "arn:aws:medialive:*",
            "arn:aws:iam::${aws:PrincipalAccount}:role/x",
            "arn:aws:ec2:eu-central-1::image/*",
            "arn:aws:s3:::b/${aws:username}/${aws:PrincipalTag/team, 'none'}/${*}",
        ]
        .map(|resource| on(&format!("\"{resource}\""))),
    );
    taken(
        [
            r"{}",
            r#"{"nonsense":{}}"#,
            r#"{"StringEquals":{"a":[]}}"#,
            r#"{"Bool":{"aws:SecureTransport":true,"aws:ViaAWSService":"False"}}"#,
            r#"{"NumericLessThan":{"s3:max-keys":10,"x":"-1.5"}}"#,
            r#"{"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["a*"]}}"#,
            r#"{"Null":{"aws:TokenIssueTime":"true"}}"#,
            r#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32","192.0.2.1"]}}"#,
            r#"{"IpAddressIfExists":{"aws:SourceIp":"${aws:PrincipalTag/address}"}}"#,
            r#"{"DateLessThan":{"x:y":["2026","2026-05","2026-05-04T10:00:00.5Z","1777892400"]}}"#,
            r#"{"DateLessThan":{"x:y":"2026-05-04t10:00:00+02"}}"#,
            r#"{"ArnLike":{"aws:SourceArn":["*","arn:aws:sns:*:${aws:PrincipalAccount}:*"]}}"#,
            r#"{"BinaryEquals":{"x:y":"QQ=="}}"#,
        ]
        .map(only_if),
    );
}

#[test]
fn what_is_no_policy_is_refused_at_its_place() {
    assert_eq!(said("[]"), ["p.json:1:1: a policy is an object, not a list"]);
    assert!(said("{,}")[0].starts_with("p.json:1:2: this is not JSON"));
    assert_eq!(said("{\"Version\":\"2012-10-17\"}"), ["p.json:1:1: a policy has a `Statement`"]);
    assert_eq!(
        said(&allow("").replace("2012", "2008")),
        ["p.json:1:12: `Version` must be \"2012-10-17\""]
    );
    assert_eq!(
        said(&allow("").replace("\"2012-10-17\"", "\"2012-10-17\",\"Version\":\"2012-10-17\"")),
        ["p.json:1:25: `Version` stands here twice"]
    );
    refused("at least one statement", [policy("")]);
    refused("a statement is an object", [policy("\"x\"")]);
    refused("has no `Principal`", [allow(r#","Principal":"*""#)]);
    refused("has no `condition`", [allow(r#","condition":{}"#)]);
    refused("`Resource` stands here twice", [allow(r#","Resource":"*""#)]);
    refused(
        "IAM does not take both",
        [allow(r#","NotResource":"*""#), allow(r#","NotAction":[]"#)],
    );
    refused(
        "`Effect` is",
        [allow("").replace("Allow", "allow"), allow("").replace("\"Allow\"", "1")],
    );
    refused("a `Sid` is", [allow(r#","Sid":"with a blank""#)]);
    refused("`Sid` is a text", [allow(r#","Sid":null"#), allow(r#","Sid":{}"#)]);
    let twice = r#"{"Sid":"A","Effect":"Allow","Action":"s3:x","Resource":"*"}"#;
    refused("of another statement", [policy(&format!("{twice},{twice}"))]);
    refused("U+4E2D", [allow(r#","Sid":"""#).replace('*', r"arn:aws:s3:::\u4e2d")]);
    refused("U+043A", [allow(r#","Sid":"""#).replace('*', "arn:aws:s3:::ключ")]);
}

#[test]
fn what_is_no_action_is_refused() {
    refused("begins with its service", ["\"\"", "\"GetObject\""].map(doing));
    refused("one colon", ["\"s3:Get:Object\""].map(doing));
    refused("is no service", ["\"s 3:x\"", "\"s3*:x\"", "\":x\"", "\"*:*\""].map(doing));
    refused("names nothing", ["[]"].map(doing));
    refused("a text or a list of texts", ["{}", "[[]]", "[\"s3:x\",1]", "null"].map(doing));
}

#[test]
fn what_is_no_resource_is_refused() {
    refused("is no ARN", ["\"\"", "\"orders\"", "\"aws:s3:::b\""].map(on));
    refused("no partition", ["\"arn:error:s3:::b\"", "\"arn:aws*:s3:::b\""].map(on));
    refused(
        "without a wildcard",
        [
            "\"arn:aws::::b\"",
            "\"arn:aws:*:us-east-1:123456789012:b\"",
            "\"arn:aws\"",
            "\"arn:aws:s?:::b\"",
        ]
        .map(on),
    );
    refused("too few colons", ["\"arn:aws:s3::b\"", "\"arn:aws:sqs:\""].map(on));
    refused(
        "is no region or account",
        ["\"arn:aws:sqs:<region>:1:q\"", "\"arn:aws:sqs::{id}:q\""].map(on),
    );
    refused("of no account", ["\"arn:aws:s3::123456789012:b\""].map(on));
    refused(
        "no region and no account",
        ["\"arn:aws:route53:::hostedzone/Z\"".replace("3:::", "3::1:")].map(|r| on(&r)),
    );
    refused(
        "in no region",
        ["\"arn:aws:iam:us-east-1::user/x\"", "\"arn:aws:s3:us-east-1::b\""].map(on),
    );
    refused("begins with one of", ["\"arn:aws:iam::123456789012:nobody\""].map(on));
    refused("does not end", ["\"arn:aws:s3:::b/${aws:username/*\""].map(on));
    refused("is no policy variable", ["\"arn:aws:s3:::b/${}\""].map(on));
    refused("names nothing", ["[]", "[null]"].map(on));
}

#[test]
fn what_is_no_condition_is_refused() {
    refused("`Condition` is an object", ["[]", "\"a\""].map(only_if));
    refused("holds condition keys", [r#"{"Bool":[]}"#, r#"{"Bool":"b"}"#].map(only_if));
    refused(
        "is no condition operator",
        [
            r#"{"x":{"a":"1"}}"#,
            r#"{"stringEquals":{"a":"1"}}"#,
            r#"{"ForAnyValue::StringEquals":{"a":"1"}}"#,
            r#"{"ForAnyValue:ForAllValues:StringEquals":{"a":"1"}}"#,
            r#"{"NullIfExists":{"a":"true"}}"#,
        ]
        .map(only_if),
    );
    refused(
        "stands here twice",
        [r#"{"StringLike":{"s3:prefix":"a","s3:prefix":"b"}}"#, r#"{"Bool":{},"Bool":{}}"#]
            .map(only_if),
    );
    refused(
        "are the same name",
        [r#"{"StringLike":{"s3:prefix":"a","S3:Prefix":"b"}}"#, r#"{"bool":{},"Bool":{}}"#]
            .map(only_if),
    );
    refused(
        "a value to compare with",
        [r#"{"StringLike":{"s3:prefix":{}}}"#, r#"{"StringLike":{"s3:prefix":[null]}}"#]
            .map(only_if),
    );
}

#[test]
fn what_an_operator_does_not_compare_is_refused() {
    refused(
        "no address",
        ["10.0.0.0/33", "10.0.0/8", "::1/129", "any", "10.0.0.0/"]
            .map(|range| only_if(&format!(r#"{{"IpAddress":{{"aws:SourceIp":"{range}"}}}}"#))),
    );
    refused(
        "no date",
        [
            "soon",
            "2026-13",
            "234-13",
            "2026-05-04t10:00:00+1",
            "9223372036854775808",
            "2026-05-04T10:60",
        ]
        .map(|date| only_if(&format!(r#"{{"DateLessThanIfExists":{{"x:y":"{date}"}}}}"#))),
    );
    refused(
        "no ARN with all of its parts",
        [
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns"}}"#,
            r#"{"ArnEquals":{"aws:SourceArn":"${aws:PrincipalArn}"}}"#,
        ]
        .map(only_if),
    );
    refused(
        "not kept as it is written",
        [r#"{"NumericEquals":{"x:y":1.10}}"#, r#"{"StringEquals":{"x:y":1e2}}"#].map(only_if),
    );
    refused("not base64", [r#"{"BinaryEquals":{"x:y":"QQ"}}"#].map(only_if));
    refused("no number", [r#"{"NumericEquals":{"s3:max-keys":" 10"}}"#].map(only_if));
    refused("no number", [r#"{"NumericEquals":{"s3:max-keys":"ten"}}"#].map(only_if));
    refused(
        "neither `true` nor `false`",
        [r#"{"Bool":{"aws:SecureTransport":"yes"}}"#, r#"{"Null":{"aws:username":""}}"#]
            .map(only_if),
    );
    refused(
        "what the fence",
        [
            r#"{"DateLessThan":{"aws:currenttime":"2026-05-04"}}"#,
            r#"{"StringLike":{"aws:userid":"*"}}"#,
        ]
        .map(only_if),
    );
}
