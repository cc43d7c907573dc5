//! The list of the functions. It stands only here. A test compares it with the folders, the
//! template and the manifests.

/// The functions of the deployment, by the names of their crates.
pub const FUNCTIONS: [&str; 10] = [
    "intake",
    "approval",
    "session",
    "publish",
    "grant",
    "expiry",
    "reconcile",
    "audit",
    "checkpoint",
    "notify",
];

/// The logical id of a function in the template: its name with a capital letter.
pub fn logical_id(function: &str) -> String {
    let mut letters = function.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
