//! Rules directories on a disk.

use std::{fs, path::PathBuf};

use rules::source::Sources;

use crate::sources::{CEDAR, ENTITLEMENTS, PEOPLE, POLICY, sources};

/// Makes a directory for one story, with the rules as an editor would save them.
fn directory(name: &str, saved: impl Fn(&str) -> Vec<u8>) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(directory.join("policies")).unwrap();
    for (file, text) in [
        ("people.toml", PEOPLE),
        ("entitlements.toml", ENTITLEMENTS),
        ("own.cedar", CEDAR),
        ("policies/orders-read.json", POLICY),
    ] {
        fs::write(directory.join(file), saved(text)).unwrap();
    }
    directory
}

#[test]
fn rules_are_the_same_rules_when_they_were_saved_on_windows() {
    let lines = |text: &str| text.replace('\n', "\r\n");
    let marked = |text: String| ["\u{feff}", &text].concat().into_bytes();
    let digest = sources().digest();
    for (name, directory) in [
        ("lines", directory("lines", |text| lines(text).into_bytes())),
        ("marked", directory("marked", |text| marked(text.to_owned()))),
        ("both", directory("both", |text| marked(lines(text)))),
    ] {
        let read = Sources::read(&directory).unwrap();
        assert_eq!((name, read.digest()), (name, digest));
        let test = "[[test]]\nname = \"t\"\nwho = \"ann@example.com\"\nasks = \"orders-read\"\n\
                    for = \"1h\"\nexpect = \"needs_approval\"\n";
        fs::write(directory.join("tests.toml"), marked(lines(test))).unwrap();
        let tried = read.check().unwrap().try_tests(&directory).unwrap().unwrap();
        assert!(tried[0].problem.is_none());
    }
}

#[test]
fn what_cannot_be_read_is_named_with_what_is_wrong_with_it() {
    let plain = |name: &str| directory(name, |text| text.as_bytes().to_vec());
    let says = |directory: &PathBuf| Sources::read(directory).unwrap_err().to_string();

    let below = plain("below");
    fs::create_dir(below.join("policies/payments")).unwrap();
    let said = says(&below);
    assert!(said.contains("policies/payments: this is a folder; policies lie directly"), "{said}");

    let beside = plain("beside");
    fs::create_dir(beside.join("teams")).unwrap();
    assert!(says(&beside).contains("teams: this is a folder"));

    let instead = plain("instead");
    fs::remove_dir_all(instead.join("policies")).unwrap();
    fs::write(instead.join("policies"), "{}").unwrap();
    assert!(says(&instead).contains("policies: "), "{}", says(&instead));

    let wide = plain("wide");
    let utf_16: Vec<u8> = PEOPLE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(wide.join("people.toml"), [&[0xff, 0xfe], utf_16.as_slice()].concat()).unwrap();
    let said = says(&wide);
    assert!(said.contains("people.toml: this is not text in UTF-8"), "{said}");
}
