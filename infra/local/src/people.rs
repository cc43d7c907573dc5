//! People with IAM users and keys of their own, and the tables that they want to read.

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use domain::value::Person;
use serde::{Deserialize, Serialize};

/// A person who can call AWS.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Someone {
    /// Their address in the directory.
    pub mail: Person,
    /// The name of their IAM user.
    pub user: String,
    /// The id of their key.
    pub access_key_id: String,
    /// The secret of the key. It opens nothing but the local AWS.
    pub secret_access_key: String,
}

/// Gives each person an IAM user that may call the API and nothing else.
pub async fn create(
    root: &SdkConfig,
    api_arn: &str,
    people: impl IntoIterator<Item = (Person, String)>,
) -> Result<Vec<Someone>> {
    let iam = aws_sdk_iam::Client::new(root);
    let may_call = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": api_arn }]
    });
    let mut created = Vec::new();
    for (mail, user) in people {
        iam.create_user().user_name(&user).send().await?;
        iam.put_user_policy()
            .user_name(&user)
            .policy_name("use-portcullis")
            .policy_document(may_call.to_string())
            .send()
            .await?;
        let answer = iam.create_access_key().user_name(&user).send().await?;
        let key = answer.access_key.context("IAM gave no key")?;
        created.push(Someone {
            mail,
            user,
            access_key_id: key.access_key_id,
            secret_access_key: key.secret_access_key,
        });
    }
    Ok(created)
}

/// Makes a table with one row, `id` = `1`, that nobody may read without a grant.
pub async fn protected_table(root: &SdkConfig, name: &str) -> Result<()> {
    let dynamo = aws_sdk_dynamodb::Client::new(root);
    dynamo
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name("id")
                .attribute_type(ScalarAttributeType::S)
                .build()?,
        )
        .key_schema(
            KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build()?,
        )
        .send()
        .await?;
    dynamo.put_item().table_name(name).item("id", AttributeValue::S("1".to_owned())).send().await?;
    Ok(())
}
