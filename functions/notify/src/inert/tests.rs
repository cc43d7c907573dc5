use super::*;

#[test]
fn what_people_write_becomes_no_link_and_stays_readable() {
    for (written, read) in [
        ("see https://evil.example/approve?x=1", "see https[:]//evil[.]example/approve?x=1"),
        ("(www.evil.com), now", "(www[.]evil[.]com), now"),
        ("evil.com:80/x", "evil[.]com:80/x"),
        ("http://[::1]/x", "http[:]//[::1]/x"),
        ("v1.2.3 is slow. Or is it 4.5?", "v1.2.3 is slow. Or is it 4.5?"),
        ("incident 4711: a/b  ...", "incident 4711: a/b  ..."),
        ("took 1.5h, i.e. 3.5GB; e.g. v2.x", "took 1.5h, i.e. 3.5GB; e.g. v2.x"),
        ("+1 from me, C++11, @bob: see #7", "+1 from me, C++11, @bob: see #7"),
        ("arn:aws:s3:::orders/* at 14:00:00", "arn:aws:s3:::orders/* at 14:00:00"),
    ] {
        assert_eq!(broken(written), read);
    }
}

#[test]
fn punctuation_and_blanks_of_any_kind_around_it_do_not_make_it_one() {
    for (written, read) in [
        ("see evil.com,please", "see evil[.]com,please"),
        ("www.evil.com;x", "www[.]evil[.]com;x"),
        ("evil.com)now", "evil[.]com)now"),
        ("(evil.com)-a", "(evil[.]com)-a"),
        ("evil.com|x", "evil[.]com|x"),
        ("\"evil.com\"x", "\"evil[.]com\"x"),
        ("<evil.com>", "<evil[.]com>"),
        ("x\u{a0}evil.com\u{a0}x", "x\u{a0}evil[.]com\u{a0}x"),
        ("x\u{202f}evil.com/x.y", "x\u{202f}evil[.]com/x.y"),
        ("**evil.com**,t.co!", "**evil[.]com**,t[.]co!"),
        ("EVIL.COM. Evil.c-om", "EVIL[.]COM. Evil[.]c-om"),
        ("evil.com.x evil..com a.b.com", "evil[.]com.x evil.[.]com a.b[.]com"),
        ("www.x.y ftp.x www2.1", "www[.]x.y ftp[.]x www2[.]1"),
    ] {
        assert_eq!(broken(written), read);
    }
}

#[test]
fn no_alphabet_makes_it_one() {
    for (written, read) in [
        ("evil\u{ff0e}com", "evil[\u{ff0e}]com"),
        ("evil\u{3002}com", "evil[\u{3002}]com"),
        ("evil\u{ff61}com", "evil[\u{ff61}]com"),
        ("evil\u{2024}com evil\u{fe52}com", "evil[\u{2024}]com evil[\u{fe52}]com"),
        ("ｅｖｉｌ．ｃｏｍ", "ｅｖｉｌ[．]ｃｏｍ"),
        ("пример.рф 例え.みんな i❤.ws", "пример[.]рф 例え[.]みんな i❤[.]ws"),
        ("evil.\u{34f}com evil.c\u{200d}om", "evil[.]\u{34f}com evil[.]c\u{200d}om"),
        ("直しました。次は明日。", "直しました。次は明日。"),
    ] {
        assert_eq!(broken(written), read);
    }
}

#[test]
fn nor_does_a_scheme_an_address_a_server_or_a_telephone() {
    for (written, read) in [
        ("http://evil/x https:evil", "http[:]//evil/x https[:]evil"),
        ("slack://x MAILTO:x (tel:1)", "slack[:]//x MAILTO[:]x (tel[:]1)"),
        ("javascript:x data:y http:\\\\evil", "javascript[:]x data[:]y http[:][\\]\\evil"),
        ("file: see below", "file: see below"),
        ("bob@evil.com,x", "bob[@]evil[.]com,x"),
        ("\"b\"@evil b＠evil", "\"b\"[@]evil b[＠]evil"),
        ("10.0.0.1 (192.0.2.7:80)", "10[.]0[.]0[.]1 (192[.]0[.]2[.]7:80)"),
        ("\\\\evil\\share", "[\\]\\evil\\share"),
        ("call +49 170 1234567, (+1-555-010-9999)", "call [+]49 170 1234567, ([+]1-555-010-9999)"),
    ] {
        assert_eq!(broken(written), read);
    }
}

#[test]
fn a_sentence_of_ours_takes_its_parts_broken_and_once() {
    let name = Inert::of("evil.com");
    let bob: Person = "bob@example.com".parse().unwrap();
    let sentence = Inert::new("{} ({}) needs {} more, at t.{}", &[&name, &bob, &2_usize, &"{}co"]);
    assert_eq!(sentence.to_string(), "evil[.]com (bob@example.com) needs 2 more, at t.{}co");
    let odd: Person = "evil.com/x@example.com".parse().unwrap();
    assert_eq!(Inert::of(&odd).to_string(), "evil[.]com/x[@]example[.]com");
}
