//! A proxy between the functions and AWS. It passes on their calls and records them.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// One call to AWS.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// The program that called.
    pub(super) program: String,
    /// The operation, such as `PutUserPolicy`.
    pub(super) operation: String,
    /// The body of the call.
    pub(super) body: String,
    /// The number of the attempt: more than one is a retry.
    pub(super) attempt: u32,
}

/// The calls so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Record(Arc<Mutex<Vec<Call>>>);

impl Record {
    /// Takes the calls since it was last taken.
    pub(super) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Starts a proxy on a free port, before the port `behind`. Returns its URL.
pub(super) async fn before(behind: u16) -> Result<(String, Record)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
    let record = Record::default();
    let kept = record.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let record = kept.clone();
            // A caller may close its connection early.
            tokio::spawn(async move { Box::pin(pass_on(client, behind, &record)).await.ok() });
        }
    });
    Ok((url, record))
}

/// Passes on one call and its answer, on connections that are used once.
async fn pass_on(mut client: TcpStream, behind: u16, record: &Record) -> Result<()> {
    let mut said = Vec::new();
    let head = loop {
        let mut some = [0; 16 * 1024];
        let read = client.read(&mut some).await?;
        anyhow::ensure!(read > 0, "nothing was said");
        said.extend_from_slice(some.get(..read).unwrap_or_default());
        if let Some(end) = said.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let (start, mut body) = (said.get(..head).unwrap_or_default().to_vec(), said.split_off(head));
    let text = String::from_utf8_lossy(&start).into_owned();
    let length: usize = field(&text, "content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
    let mut rest = vec![0; length.saturating_sub(body.len())];
    client.read_exact(&mut rest).await?;
    body.extend(rest);
    let call = call(&text, &body).context("this is no call to AWS")?;
    record.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    let mut upstream = TcpStream::connect(("127.0.0.1", behind)).await?;
    // The connection closes with the end of the answer.
    let (first, fields) = text.split_once("\r\n").context("a head without a line")?;
    upstream.write_all(format!("{first}\r\nconnection: close\r\n{fields}").as_bytes()).await?;
    upstream.write_all(&body).await?;
    tokio::io::copy(&mut upstream, &mut client).await?;
    client.shutdown().await?;
    Ok(())
}

fn call(head: &str, body: &[u8]) -> Option<Call> {
    let agent = field(head, "user-agent").unwrap_or_default();
    let program = agent.split("app/portcullis-").nth(1)?.split_whitespace().next()?.to_owned();
    let body = String::from_utf8_lossy(body).into_owned();
    let operation = match field(head, "x-amz-target") {
        Some(target) => target.rsplit('.').next()?.to_owned(),
        None => match body.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
            Some(action) => action.to_owned(),
            None => head.lines().next()?.to_owned(),
        },
    };
    let attempt = field(head, "amz-sdk-request").unwrap_or_default();
    let attempt = attempt.split("attempt=").nth(1)?.split(';').next()?.parse().ok()?;
    Some(Call { program, operation, body, attempt })
}

fn field<'head>(head: &'head str, name: &str) -> Option<&'head str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
