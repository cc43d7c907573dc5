//! Grants and the parts of IAM they are made of: policies with their fence, attachments that
//! grants hold together, bars on sessions.

mod attachment;
mod bars;
mod deployment;
mod kind;
mod policy;
mod principal;

pub use attachment::{Attachment, AttachmentKey, AttachmentState, Presence, Release};
pub use bars::Bars;
pub use deployment::Deployment;
pub use kind::Grant;
pub use policy::{
    FENCE_KEYS, GRANT_TAG, Guard, PERSON_TAG, PolicyClause, PolicyCondition, PolicyDocument,
    PolicyEffect, PolicyError, PolicyName, Purpose, ROOM_ON_A_ROLE, ROOM_ON_A_USER, Scope,
    size_in_iam,
};
pub use principal::{
    ExternalId, PolicyArn, Principal, PrincipalError, PrincipalName, RoleArn, UniqueId,
};
