//! Recipients of messages: an HTTP server, and a file that grows.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use engine::{Error, Kind, Recipient, Result};
use reqwest::StatusCode;
use tokio::io::AsyncWriteExt;

/// What a server says of a message is shown up to this many characters.
const ANSWER_TOLD: usize = 200;

/// Posts each message as JSON.
pub struct Post {
    client: reqwest::Client,
    url: reqwest::Url,
    key: Option<String>,
}

impl Post {
    /// `key` is a bearer token.
    pub fn new(url: &str, key: Option<String>, timeout: Duration) -> Result<Self> {
        let wrong = |why: String| Error::new(Kind::Input, format!("the address to post to is wrong: {why}"));
        let url = reqwest::Url::parse(url).map_err(|e| wrong(e.to_string()))?;
        let client = reqwest::Client::builder()
            .timeout(timeout)
            .user_agent(concat!("plimsoll/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| wrong(e.to_string()))?;
        Ok(Self { client, url, key })
    }
}

#[async_trait]
impl Recipient for Post {
    fn name(&self) -> &str {
        "url"
    }

    async fn take(&self, message: &str) -> Result<()> {
        let mut request = self.client.post(self.url.clone()).header("content-type", "application/json");
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        // Neither the address nor the token is told: both may be secret.
        let lost = |e: reqwest::Error| {
            let why = if e.is_timeout() { "it took too long" } else { "it cannot be reached" };
            Error::new(Kind::Outside, format!("the server did not answer: {why}")).because(e.without_url())
        };
        let answer = request.body(message.to_owned()).send().await.map_err(lost)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let said: String = answer.text().await.unwrap_or_default().chars().take(ANSWER_TOLD).collect();
        let message = format!("the server said {status}: {}", said.trim());
        Err(Error::new(kind(status), message.trim_end_matches([':', ' '])))
    }
}

fn kind(status: StatusCode) -> Kind {
    match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => Kind::Outside,
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => Kind::Input,
        status if status.is_server_error() => Kind::Outside,
        _ => Kind::Refused,
    }
}

/// Appends each message to a file as a line.
pub struct Lines {
    path: PathBuf,
}

impl Lines {
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

#[async_trait]
impl Recipient for Lines {
    fn name(&self) -> &str {
        "file"
    }

    async fn take(&self, message: &str) -> Result<()> {
        let refused = |e: std::io::Error| {
            Error::new(Kind::Refused, format!("cannot write to the file: {e}")).at(self.path.display().to_string())
        };
        if let Some(folder) = self.path.parent() {
            tokio::fs::create_dir_all(folder).await.map_err(refused)?;
        }
        let mut file =
            tokio::fs::OpenOptions::new().create(true).append(true).open(&self.path).await.map_err(refused)?;
        file.write_all(format!("{message}\n").as_bytes()).await.map_err(refused)?;
        file.sync_data().await.map_err(refused)
    }
}
