//! The configuration that all clients share: credentials, region, time limits.

use std::time::Duration;

use aws_config::{AppName, BehaviorVersion, SdkConfig, timeout::TimeoutConfig};

/// Loads credentials and region as every AWS tool does. A call that hangs is given up early enough
/// that the function with the shortest timeout (10 s) can try again and still answer.
///
/// Connecting is part of an attempt, and may take as long as the whole of it, 3 s: a first packet
/// that is lost is sent again after 1 s, and over long distances more than one is lost. All
/// attempts of a call and the pauses between them take 8 s at most: two whole attempts, and part of
/// a third.
///
/// `program` is sent with each call, so that AWS's own record tells our programs apart.
pub async fn load(program: &'static str) -> SdkConfig {
    let limits = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(limits);
    if let Ok(name) = AppName::new(format!("portcullis-{program}")) {
        loader = loader.app_name(name);
    }
    loader.load().await
}
