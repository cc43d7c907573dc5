//! The identity provider that approvers sign in with: a user pool of the local AWS.

use anyhow::{Context, Result};
use http::Request;
use serde_json::{Value, json};

use crate::{
    Someone,
    ministack::{Ministack, REGION},
};

/// The password of all people. It opens nothing but the local AWS.
pub const PASSWORD: &str = "Local-only-1";

/// A user pool with one client, which has no secret.
#[derive(Debug, Clone)]
pub struct UserPool {
    pool: String,
    /// Our client id.
    pub client: String,
}

impl UserPool {
    /// Makes an empty user pool.
    pub(crate) async fn create(aws: &Ministack) -> Result<Self> {
        let made = call(
            aws,
            "CreateUserPool",
            &json!({ "PoolName": "approvers", "UsernameAttributes": ["email"] }),
        )
        .await?;
        let pool = text_at(&made, "/UserPool/Id")?;
        let made = call(aws, "CreateUserPoolClient", &client(&pool, &[])).await?;
        let client = text_at(&made, "/UserPoolClient/ClientId")?;
        Ok(Self { pool, client })
    }

    /// The issuer of its tokens, as in their claim `iss`.
    pub fn issuer(&self) -> String {
        format!("https://cognito-idp.{REGION}.amazonaws.com/{}", self.pool)
    }

    /// Allows the pool to send people back to this URL.
    pub(crate) async fn sends_back_to(&self, aws: &Ministack, callback: &str) -> Result<()> {
        let mut settings = client(&self.pool, &[callback]);
        if let Some(fields) = settings.as_object_mut() {
            fields.insert("ClientId".to_owned(), json!(self.client));
        }
        call(aws, "UpdateUserPoolClient", &settings).await?;
        Ok(())
    }

    /// Lets a person sign in, with [`PASSWORD`].
    pub(crate) async fn enrol(&self, aws: &Ministack, someone: &Someone) -> Result<()> {
        let user = json!({
            "UserPoolId": self.pool,
            "Username": someone.mail,
            "MessageAction": "SUPPRESS",
            "UserAttributes": [
                { "Name": "email", "Value": someone.mail },
                { "Name": "email_verified", "Value": "true" },
            ],
        });
        call(aws, "AdminCreateUser", &user).await?;
        let password = json!({
            "UserPoolId": self.pool,
            "Username": someone.mail,
            "Password": PASSWORD,
            "Permanent": true,
        });
        call(aws, "AdminSetUserPassword", &password).await?;
        Ok(())
    }
}

fn client(pool: &str, callbacks: &[&str]) -> Value {
    json!({
        "UserPoolId": pool,
        "ClientName": "portcullis",
        "GenerateSecret": false,
        "AllowedOAuthFlowsUserPoolClient": true,
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid", "email", "profile"],
        "SupportedIdentityProviders": ["COGNITO"],
        "CallbackURLs": callbacks,
    })
}

async fn call(aws: &Ministack, action: &str, body: &Value) -> Result<Value> {
    let request = Request::post("/")
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", format!("AWSCognitoIdentityProviderService.{action}"));
    let answer = aws.call("cognito-idp", request, "", body.to_string().into_bytes()).await?;
    serde_json::from_str(&answer).with_context(|| format!("{action} was answered with {answer}"))
}

fn text_at(answer: &Value, at: &str) -> Result<String> {
    let text = answer.pointer(at).and_then(Value::as_str);
    text.map(str::to_owned).with_context(|| format!("there is no {at} in {answer}"))
}
