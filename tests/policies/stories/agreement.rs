//! Facts that stand in several places are compared: the functions, the routes, and the links of the
//! documentation.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use local::{FUNCTIONS, workspace};

use crate::template::Template;

fn read(path: &str) -> String {
    fs::read_to_string(workspace::root().join(path)).unwrap()
}

fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_lowercase).collect()
}

#[test]
fn every_list_of_the_functions_is_the_same() {
    let expected = named(FUNCTIONS);
    let folders = fs::read_dir(workspace::root().join("functions")).unwrap();
    let folders = folders.map(|one| one.unwrap().file_name().into_string().unwrap());
    assert_eq!(folders.collect::<BTreeSet<_>>(), expected, "the folders");
    let template = Template::with(&[]);
    assert_eq!(named(template.all("AWS::Serverless::Function")), expected, "the template");
    // The local AWS depends on all functions, so that they share one build of the SDK.
    let manifest = read("infra/local/Cargo.toml");
    let built = manifest.lines().filter_map(|line| line.strip_suffix(".workspace = true"));
    let built = named(built);
    assert!(expected.is_subset(&built), "infra/local/Cargo.toml lacks a function");
    for function in &expected {
        let path = format!("{function} = {{ path = \"functions/{function}\" }}");
        assert!(read("Cargo.toml").contains(&path), "Cargo.toml: {path}");
        let code = format!("CodeUri: ../functions/{function}\n");
        assert!(read("infra/template.yaml").contains(&code), "the template: {code}");
    }
}

/// The routes in the source of a function, such as `GET /requests/{}`: each arm of its router
/// begins with `(&Method::`.
fn routes_in(source: &str) -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for arm in source.split("(&Method::").skip(1) {
        let (methods, rest) = arm.split_once(',').unwrap();
        let path = match rest.trim_start() {
            list if list.starts_with('[') => {
                let (inner, _) = list[1..].split_once(']').unwrap();
                let segment = |text: &str| text.strip_prefix('"').map(|text| text.replace('"', ""));
                let segments =
                    inner.split(", ").map(|text| segment(text).unwrap_or("{}".to_owned()));
                segments.collect::<Vec<_>>().join("/")
            }
            text => text[2..].split_once('"').unwrap().0.to_owned(),
        };
        for method in methods.split('|') {
            routes.insert(format!("{} /{path}", method.replace("&Method::", "").trim()));
        }
    }
    routes
}

/// The route without the names of its parameters.
fn without_names(route: &str) -> String {
    let mut plain = String::new();
    for part in route.split_inclusive(['{', '}']) {
        plain += if part.ends_with('}') { "}" } else { part };
    }
    plain
}

#[test]
fn the_routes_of_the_template_are_those_that_the_functions_answer() {
    let template = Template::with(&[("SignInIssuer", "https://login.example.com".into())]);
    let routes = template.all("AWS::ApiGatewayV2::Route").into_iter();
    let routes = routes.map(|name| template.resource(name).unwrap()["RouteKey"].clone());
    let template_routes: BTreeSet<_> =
        routes.map(|key| without_names(key.as_str().unwrap())).collect();
    let answered: BTreeSet<_> = FUNCTIONS
        .iter()
        .flat_map(|function| routes_in(&read(&format!("functions/{function}/src/lib.rs"))))
        .collect();
    assert_eq!(template_routes, answered);
    assert!(answered.contains("POST /requests/{}/decisions") && answered.len() > 10);
}

fn documents() -> Vec<PathBuf> {
    let root = workspace::root();
    let folders = ["", "docs", "tests/policies/evaluator"].map(|folder| root.join(folder));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let files = files.map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// The anchor of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().filter(|line| line.starts_with('#')).map(anchor).collect()
}

#[test]
fn every_relative_link_of_the_documentation_leads_somewhere() {
    let mut dead = Vec::new();
    let documents = documents();
    assert!(documents.len() > 5, "{documents:?}");
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0)) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => document.clone(),
                file => document.parent().unwrap().join(file),
            };
            let there = target.exists();
            let found = place.is_empty() || (there && anchors(&target).contains(place));
            if !there || !found {
                dead.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}
