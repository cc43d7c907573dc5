//! `portcullis`: the command line for engineers, administrators and auditors.
//!
//! Engineers talk to the API and need nothing but `execute-api:Invoke`.
//! Administrators and auditors work on the tables with their own AWS credentials, so IAM decides
//! what they may do. Credentials, region and profile are found as every AWS tool finds them.
//!
//! A new command is a variant in [`args`] and a function in `commands`.

pub mod api;
pub mod args;
pub mod checkpoints;
pub mod commands;
pub mod doctor;
pub mod export;
mod free_text;
pub mod identity;
pub mod population;
mod reach;
mod shell;
pub mod signing;
pub mod trust;
pub mod verify;
