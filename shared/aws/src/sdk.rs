//! What all clients share: credentials, region, time limits.

use std::time::Duration;

use aws_config::{AppName, BehaviorVersion, SdkConfig, timeout::TimeoutConfig};

/// Loads credentials and region as every AWS tool does. A call that hangs is given
/// up early enough to be tried again, and to answer, before the shortest-lived
/// function (10 s) is ended.
///
/// Connecting may take as long as an attempt, 3 s: a first packet that is lost is sent
/// again after 1 s, and far away more than one is. It is part of the attempt, and all
/// attempts of a call with the pauses between them take 8 s at most: two whole ones, and
/// what is left of a third.
///
/// `program` goes with each call, so that AWS's own record tells our programs apart.
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
