//! What all clients share: credentials, region, time limits.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, timeout::TimeoutConfig};

/// Loads credentials and region as every AWS tool does. A call that hangs is given
/// up early enough to be tried again, and to answer, before the shortest-lived
/// function (10 s) is ended.
pub async fn load() -> SdkConfig {
    let limits = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    aws_config::defaults(BehaviorVersion::latest()).timeout_config(limits).load().await
}
