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

/// How long anything that happens by itself may take before it counts as not
/// happening. The minute job has its own.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The tables people ask for access to.
pub const PROTECTED: [&str; 2] = ["orders", "payroll"];

/// The address of whoever publishes rules. Rules need not know them.
const PUBLISHER: &str = "publisher@example.com";

/// A running deployment. Everything of it ends with this value.
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
    /// Starts one with the sample rules.
    pub async fn start(narrator: &Narrator) -> Result<Self> {
        let sources = Sources::read(&workspace::root().join("infra/rules"))?;
        Self::start_with(sources, narrator).await
    }

    /// Starts one with these rules, and gives everybody in them an IAM user.
    pub async fn start_with(sources: Sources, narrator: &Narrator) -> Result<Self> {
        Self::start_behind(sources, narrator, free_port()?, None).await
    }

    /// The same, at this port. The functions call AWS by way of `front`, if there is one.
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

    /// Where the local AWS answers.
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

    /// Where the command line is.
    pub fn cli(&self) -> Result<&Path> {
        self.built.cli()
    }

    /// The rules it was started with.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Everybody there is.
    pub fn people(&self) -> &[Someone] {
        &self.people
    }

    /// Who publishes rules, whatever the rules say.
    pub fn publisher(&self) -> Result<&Someone> {
        self.publisher.as_ref().context("there is no publisher yet")
    }

    /// The person whose IAM user has this name.
    pub fn person(&self, user: &str) -> Result<&Someone> {
        let found = self.people.iter().find(|someone| someone.user == user);
        found.with_context(|| format!("there is no `{user}` in the rules"))
    }

    /// Calls AWS as somebody.
    pub async fn sdk_of(&self, someone: &Someone) -> SdkConfig {
        self.aws.caller(&someone.access_key_id, &someone.secret_access_key).await
    }

    /// Calls AWS with temporary credentials: key, secret and token.
    pub async fn sdk_with(&self, [key, secret, token]: [&str; 3]) -> SdkConfig {
        let keys = Credentials::new(key, secret, Some(token.to_owned()), None, "given out");
        let root = self.aws.root().await.into_builder();
        root.credentials_provider(SharedCredentialsProvider::new(keys)).build()
    }

    /// Calls AWS as the root user.
    pub async fn root(&self) -> SdkConfig {
        self.aws.root().await
    }

    /// Calls the API as somebody.
    pub async fn api_of(&self, someone: &Someone) -> Result<Api> {
        Api::new(&self.sdk_of(someone).await, self.output("ApiUrl")?)
    }

    /// Lets somebody sign in at the identity provider.
    pub async fn enrol(&self, someone: &Someone) -> Result<()> {
        self.pool.enrol(&self.aws, someone).await
    }

    /// Reads a row of a protected table as somebody: whether they are let.
    pub async fn can_read(&self, someone: &Someone, table: &str) -> Result<bool> {
        Self::may_read(&self.sdk_of(someone).await, table).await
    }

    /// The same, with any credentials.
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

    /// The inline policies on somebody's user that Portcullis put there.
    pub async fn policies_of(&self, someone: &Someone) -> Result<Vec<String>> {
        let iam = aws_sdk_iam::Client::new(&self.root().await);
        let listed = iam.list_user_policies().user_name(&someone.user).send().await?;
        let ours = listed.policy_names.into_iter().filter(|name| name.starts_with("portcullis-"));
        Ok(ours.collect())
    }

    /// Waits for the mail to somebody that says this.
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

    /// Has the hourly look at IAM happen now.
    pub async fn reconcile(&self) -> Result<Value> {
        self.invoke(self.output("ReconcileFunction")?, &serde_json::json!({})).await
    }

    /// Has `notify` hear what SES would tell of a mail: the local AWS tells nothing.
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

    /// Waits until something is there, and fails with its name if it never is.
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

    /// A folder that goes when the stack does.
    pub fn folder(&self) -> &Path {
        self.aws.folder()
    }

    /// Writes down how to reach the deployment, for other programs, until it ends.
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

/// Has the rules name the identity provider.
fn trust(sources: &mut Sources, pool: &UserPool) -> Result<()> {
    let people = sources.get("people.toml").context("the rules name no people")?;
    let issuer = format!("\n[[issuer]]\nurl = \"{}\"\nclaim = \"email\"\n", pool.issuer());
    let people = people.to_owned() + &issuer;
    sources.set("people.toml", people);
    Ok(())
}

/// Everybody in the rules who is an IAM user, with the user's name.
fn users_of(rules: &RuleSet) -> Vec<(domain::value::Person, String)> {
    let user = |(person, profile): (&domain::value::Person, &rules::directory::Profile)| {
        Some((person.clone(), profile.users.first()?.to_string()))
    };
    rules.directory().people().iter().filter_map(user).collect()
}
