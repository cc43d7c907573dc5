//! The adapters: the ports of `service`, on AWS.
//!
//! # Theory of operation
//!
//! Each module is one service and one port. An adapter translates and nothing
//! else: no rule is decided here. This is also the only crate that reads the
//! environment ([`config`]), the clock ([`clock`]) and chance ([`chance`]), so
//! everything above it is told what time it is and what was drawn.
//!
//! Retries of single calls are the SDK's (three attempts, with growing pauses and jitter). What
//! still fails is a [`service::Fault`] with its cause, and is tried again by the
//! stream or the sweep.

pub mod bus;
pub mod chance;
pub mod clock;
pub mod config;
pub mod dynamo;
pub mod iam;
pub mod metrics;
pub mod sdk;
pub mod ses;
pub mod stream;
pub mod sts;
pub mod telemetry;
