//! The adapters: the ports of `service`, on AWS.
//!
//! # Theory of operation
//!
//! Each adapter implements ports with one service of AWS. It only translates: no rule is decided
//! here. This is also the only crate that reads the environment ([`config`]) and the clock
//! ([`clock`]) and draws random bytes ([`chance`]). All other code takes the time and the random
//! bytes as arguments.
//!
//! The SDK retries single calls (three attempts, with growing pauses and jitter). A call that still
//! fails is a [`service::Fault`] with its cause, and the stream or the sweep tries again.

pub mod bus;
pub mod chance;
pub mod clock;
pub mod config;
pub mod dynamo;
pub mod iam;
pub mod kms;
pub mod metrics;
pub mod s3;
pub mod sdk;
pub mod ses;
pub mod stream;
pub mod sts;
pub mod telemetry;
