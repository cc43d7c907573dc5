//! The actions that rules are about.

/// An action of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    Request,
    AutoApprove,
    BreakGlass,
    Approve,
    Revoke,
    ReadAudit,
    Publish,
}

impl Action {
    pub(crate) const ALL: [Self; 7] = [
        Self::Request,
        Self::AutoApprove,
        Self::BreakGlass,
        Self::Approve,
        Self::Revoke,
        Self::ReadAudit,
        Self::Publish,
    ];

    /// The name in the schema.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::AutoApprove => "autoApprove",
            Self::BreakGlass => "breakGlass",
            Self::Approve => "approve",
            Self::Revoke => "revoke",
            Self::ReadAudit => "readAudit",
            Self::Publish => "publish",
        }
    }

    /// The rule that a denial names if no rule permits the action, and the verb in its message.
    pub(super) fn default_rule(self) -> (&'static str, &'static str) {
        match self {
            Self::Request => ("base/requesters", "ask for"),
            Self::AutoApprove => ("base/auto-approve", "have, without being asked,"),
            Self::BreakGlass => ("base/break-glass", "break glass for"),
            Self::Approve => ("base/approvers", "approve"),
            Self::Revoke => ("base/revokers", "revoke"),
            Self::ReadAudit => ("base/read-audit", "look at requests for"),
            Self::Publish => ("base/publishers", "publish"),
        }
    }
}
