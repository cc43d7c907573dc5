//! A whole deployment on a local AWS of its own.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use aws::clock;
use aws_config::SdkConfig;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use http::Request;
use portcullis::api::Api;
use rules::source::{RuleSet, Sources};
use serde_json::Value;
use wire::{PublishingDocument, RuleFiles};

use crate::{
    Someone,
    bootstraps::{self, Built},
    deploy::{self, Outputs},
    mailbox::{self, Received},
    ministack::{ACCOUNT, Ministack, REGION, free_port},
    narrator::Narrator,
    people, python,
    roles::Granted,
    sign_in::UserPool,
    workspace,
};

/// Time after which it is a failure that something has not happened by itself. The minute job has a
/// time of its own.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The tables that people ask access to.
pub const PROTECTED: [&str; 2] = ["orders", "payroll"];

/// The address of the publisher. The rules need not know it.
const PUBLISHER: &str = "publisher@example.com";

/// A running deployment. All of it ends with this value.
pub struct Stack {
    aws: Ministack,
    built: Built,
    outputs: Outputs,
    pool: UserPool,
    sources: Sources,
    people: Vec<Someone>,
    publisher: Option<Someone>,
}

impl Stack {
    /// Starts a deployment with the sample rules.
    pub async fn start(narrator: &Narrator) -> Result<Self> {
        let sources = Sources::read(&workspace::root().join("infra/rules"))?;
        Self::start_with(sources, narrator).await
    }

    /// Starts a deployment with these rules, and gives each person in them an IAM user.
    pub async fn start_with(sources: Sources, narrator: &Narrator) -> Result<Self> {
        Self::start_behind(sources, narrator, free_port()?, None).await
    }

    /// Like [`start_with`](Self::start_with), at this port. The functions call AWS through `front`,
    /// if there is one.
    pub async fn start_behind(
        sources: Sources,
        narrator: &Narrator,
        port: u16,
        front: Option<&str>,
    ) -> Result<Self> {
        let built = bootstraps::build(narrator).await?;
        let python = python::environment(narrator).await?;
        narrator.say("starting the local AWS, with IAM enforced …");
        let aws = Ministack::start_at(&python, port, front).await?;
        narrator.say("deploying infra/template.yaml …");
        let pool = UserPool::create(&aws).await?;
        let granted = Granted::by(&sources.check()?);
        let outputs = deploy::deploy(&aws, &built, &pool, &granted).await?;
        let root = aws.root().await;
        let mut stack =
            Self { aws, built, outputs, pool, sources, people: Vec::new(), publisher: None };
        stack.pool.sends_back_to(&stack.aws, stack.output("SignInCallback")?).await?;
        trust(&mut stack.sources, &stack.pool)?;
        let rules = stack.sources.check()?;
        narrator.say("publishing the rules, creating people and the tables they are after …");
        let publisher = (PUBLISHER.parse()?, deploy::PUBLISHER.to_owned());
        let publisher = people::create(&root, stack.output("RulesArn")?, [publisher]).await?;
        stack.publisher = publisher.into_iter().next();
        let api = stack.api_of(stack.publisher()?).await?;
        let files = RuleFiles { files: stack.sources.clone() };
        api.post::<PublishingDocument>("/rules", &files, None).await?;
        stack.people = people::create(&root, stack.output("ApiArn")?, users_of(&rules)).await?;
        granted.create(&stack.aws, &stack.output("SessionRole")?.parse()?).await?;
        for table in PROTECTED {
            people::protected_table(&root, table).await?;
        }
        Ok(stack)
    }

    /// The URL of the local AWS.
    pub fn endpoint(&self) -> &str {
        &self.aws.endpoint
    }

    pub(crate) fn aws(&self) -> &Ministack {
        &self.aws
    }

    /// An output of the template.
    pub fn output(&self, name: &str) -> Result<&str> {
        let value = self.outputs.get(name);
        value.map(String::as_str).with_context(|| format!("the stack has no output `{name}`"))
    }

    /// The path of the command line.
    pub fn cli(&self) -> Result<&Path> {
        self.built.cli()
    }

    /// The rules, including the identity provider.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The people who have an IAM user.
    pub fn people(&self) -> &[Someone] {
        &self.people
    }

    /// The publisher of rules, who may publish whatever the rules say.
    pub fn publisher(&self) -> Result<&Someone> {
        self.publisher.as_ref().context("there is no publisher yet")
    }

    /// The person whose IAM user has this name.
    pub fn person(&self, user: &str) -> Result<&Someone> {
        let found = self.people.iter().find(|someone| someone.user == user);
        found.with_context(|| format!("there is no `{user}` in the rules"))
    }

    /// A configuration for the SDK with this person's key.
    pub async fn sdk_of(&self, someone: &Someone) -> SdkConfig {
        self.aws.caller(&someone.access_key_id, &someone.secret_access_key).await
    }

    /// A configuration for the SDK with temporary credentials: key id, secret and token.
    pub async fn sdk_with(&self, [key, secret, token]: [&str; 3]) -> SdkConfig {
        let keys = Credentials::new(key, secret, Some(token.to_owned()), None, "given out");
        let root = self.aws.root().await.into_builder();
        root.credentials_provider(SharedCredentialsProvider::new(keys)).build()
    }

    /// A configuration for the SDK as the root user.
    pub async fn root(&self) -> SdkConfig {
        self.aws.root().await
    }

    /// A client of the API with this person's key.
    pub async fn api_of(&self, someone: &Someone) -> Result<Api> {
        Api::new(&self.sdk_of(someone).await, self.output("ApiUrl")?)
    }

    /// Lets this person sign in at the identity provider.
    pub async fn enrol(&self, someone: &Someone) -> Result<()> {
        self.pool.enrol(&self.aws, someone).await
    }

    /// Whether this person can read a row of a protected table.
    pub async fn can_read(&self, someone: &Someone, table: &str) -> Result<bool> {
        Self::may_read(&self.sdk_of(someone).await, table).await
    }

    /// Whether these credentials can read a row of a protected table. An answer other than yes or
    /// `AccessDeniedException` is an error.
    pub async fn may_read(sdk: &SdkConfig, table: &str) -> Result<bool> {
        let dynamo = aws_sdk_dynamodb::Client::new(sdk);
        let id = aws_sdk_dynamodb::types::AttributeValue::S("1".to_owned());
        match dynamo.get_item().table_name(table).key("id", id).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error().and_then(|e| e.meta().code()) {
                Some("AccessDeniedException") => Ok(false),
                _ => Err(error).context("a read neither worked nor was denied"),
            },
        }
    }

    /// The names of the inline policies that Portcullis put on this person's user.
    pub async fn policies_of(&self, someone: &Someone) -> Result<Vec<String>> {
        let iam = aws_sdk_iam::Client::new(&self.root().await);
        let listed = iam.list_user_policies().user_name(&someone.user).send().await?;
        let ours = listed.policy_names.into_iter().filter(|name| name.starts_with("portcullis-"));
        Ok(ours.collect())
    }

    /// Waits for a mail to this person whose text contains this.
    pub async fn mail_to(&self, someone: &Someone, says: &str) -> Result<Received> {
        let what = format!("a mail to {} that says `{says}`", someone.mail);
        self.eventually(&what, async || {
            let mails = mailbox::mails_to(self.endpoint(), &someone.mail).await?;
            Ok(mails.into_iter().find(|mail| mail.body_text.contains(says)))
        })
        .await
    }

    /// Runs the minute job now.
    pub async fn sweep(&self) -> Result<Value> {
        self.invoke(self.output("ExpiryFunction")?, &serde_json::json!({})).await
    }

    /// Runs the hourly reconciliation now.
    pub async fn reconcile(&self) -> Result<Value> {
        self.invoke(self.output("ReconcileFunction")?, &serde_json::json!({})).await
    }

    /// Makes a checkpoint now.
    pub async fn checkpoint(&self) -> Result<Value> {
        self.invoke(self.output("CheckpointFunction")?, &serde_json::json!({})).await
    }

    /// Sends an event of SES about a mail to `notify`, because the local AWS sends none.
    pub async fn ses_tells(&self, detail: &Value) -> Result<Value> {
        let event = serde_json::json!({
            "version": "0", "id": "1", "detail-type": "Email", "source": "aws.ses",
            "account": ACCOUNT, "region": REGION, "time": clock::now(), "resources": [],
            "detail": detail,
        });
        self.invoke(&deploy::physical_id(&self.aws, "Notify").await?, &event).await
    }

    async fn invoke(&self, function: &str, event: &Value) -> Result<Value> {
        let path = format!("2015-03-31/functions/{function}/invocations");
        let event = event.to_string().into_bytes();
        let answer = self.aws.call("lambda", Request::post("/"), &path, event).await?;
        Ok(serde_json::from_str(&answer)?)
    }

    /// Waits until `look` finds something. Fails with `what` and the logs after [`PATIENCE`].
    pub async fn eventually<T>(
        &self,
        what: &str,
        look: impl AsyncFn() -> Result<Option<T>>,
    ) -> Result<T> {
        let begun = Instant::now();
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            if begun.elapsed() > PATIENCE {
                let logs = self.function_logs().await.unwrap_or_default();
                bail!("waited {PATIENCE:?} in vain for {what}; the functions say:\n{logs}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The folder of the stack, which is removed with this value.
    pub fn folder(&self) -> &Path {
        self.aws.folder()
    }

    /// Writes a file that says how to reach the deployment, for other programs. It is removed when
    /// the stack ends.
    pub fn write_json(&self) -> Result<PathBuf> {
        let path = stack_json();
        let stack = serde_json::json!({
            "endpoint": self.endpoint(),
            "region": REGION,
            "account": ACCOUNT,
            "api_url": self.output("ApiUrl")?,
            "tables": {
                "requests": self.output("RequestsTable")?,
                "links": self.output("LinksTable")?,
                "audit": self.output("AuditTable")?,
            },
            "functions": { "expiry": self.output("ExpiryFunction")? },
            "mails": format!("{}/_ministack/ses/messages", self.endpoint()),
            "people": self.people,
        });
        std::fs::write(&path, format!("{stack:#}\n"))?;
        Ok(path)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let path = stack_json();
        let ours = std::fs::read_to_string(&path).is_ok_and(|text| text.contains(self.endpoint()));
        if ours {
            _ = std::fs::remove_file(path);
        }
    }
}

fn stack_json() -> PathBuf {
    workspace::folder().join("stack.json")
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the stack at {}", self.endpoint())
    }
}

/// Adds the identity provider to the rules.
fn trust(sources: &mut Sources, pool: &UserPool) -> Result<()> {
    let people = sources.get("people.toml").context("the rules name no people")?;
    let issuer = format!("\n[[issuer]]\nurl = \"{}\"\nclaim = \"email\"\n", pool.issuer());
    let people = people.to_owned() + &issuer;
    sources.set("people.toml", people);
    Ok(())
}

/// The people in the rules who have an IAM user, each with the user's name.
fn users_of(rules: &RuleSet) -> Vec<(domain::value::Person, String)> {
    let user = |(person, profile): (&domain::value::Person, &rules::directory::Profile)| {
        Some((person.clone(), profile.users.first()?.to_string()))
    };
    rules.directory().people().iter().filter_map(user).collect()
}
