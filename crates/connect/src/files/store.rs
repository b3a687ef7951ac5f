//! Where a path leads: into the project's folder or into an object store; and what its errors mean.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::{Error, Kind, Result};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path as StorePath;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use url::Url;

/// What the store itself retries before the stage's own retries begin.
const RETRY_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Taken from the environment when the settings do not say them, as every tool of that store does.
const ENVIRONMENT: [&str; 7] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ALLOW_HTTP",
];

/// Opens each bucket once.
pub struct Stores {
    root: PathBuf,
    /// By option name; the error names a variable that is not set, and never a value.
    options: Vec<(String, Result<String, String>)>,
    buckets: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

#[derive(Clone)]
pub enum Place {
    Local(PathBuf),
    Remote(Remote),
}

#[derive(Clone)]
pub struct Remote {
    pub store: Arc<dyn ObjectStore>,
    /// `s3://bucket`
    pub base: String,
    /// Key below the bucket, as the URL has it; may hold a glob.
    pub key: String,
}

impl Stores {
    pub fn new(root: &Path, options: &BTreeMap<String, String>, env: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut all: Vec<(String, Result<String, String>)> = ENVIRONMENT
            .iter()
            .filter_map(|name| env(name).map(|value| (name.to_ascii_lowercase(), Ok(value))))
            .collect();
        all.extend(options.iter().map(|(name, value)| (name.to_ascii_lowercase(), resolve(value, env))));
        Self { root: root.to_path_buf(), options: all, buckets: Mutex::new(HashMap::new()) }
    }

    /// Finds where `path` (relative to the project, absolute, or a URL) leads.
    pub fn place(&self, path: &str) -> Result<Place> {
        let Some((scheme, rest)) = path.split_once("://") else {
            return Ok(Place::Local(self.root.join(path)));
        };
        match scheme {
            "file" => Ok(Place::Local(local_path(path)?)),
            "s3" | "s3a" => {
                let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
                let base = format!("{scheme}://{bucket}");
                Ok(Place::Remote(Remote { store: self.bucket(&base, bucket)?, base, key: key.to_owned() }))
            }
            other => Err(Error::new(Kind::Input, format!("cannot read from `{other}://`"))
                .at(path)
                .help("use a path relative to the project, file:// or s3://")),
        }
    }

    fn bucket(&self, base: &str, bucket: &str) -> Result<Arc<dyn ObjectStore>> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = buckets.get(base) {
            return Ok(Arc::clone(store));
        }
        if bucket.is_empty() {
            return Err(Error::new(Kind::Input, "the URL names no bucket")
                .at(base)
                .help("write s3://bucket/path/*.csv"));
        }
        let store: Arc<dyn ObjectStore> = Arc::new(self.open_s3(bucket).map_err(|error| error.at(base))?);
        buckets.insert(base.to_owned(), Arc::clone(&store));
        Ok(store)
    }

    fn open_s3(&self, bucket: &str) -> Result<object_store::aws::AmazonS3> {
        let mut client = ClientOptions::new().with_timeout(REQUEST_TIMEOUT).with_connect_timeout(CONNECT_TIMEOUT);
        let mut builder = AmazonS3Builder::new().with_bucket_name(bucket);
        for (name, value) in &self.options {
            // Names that only the tables' own reader knows are none of ours.
            let Ok(key) = name.parse::<AmazonS3ConfigKey>() else { continue };
            let value = value.as_ref().map_err(|missing| unset(name, missing))?;
            match key {
                AmazonS3ConfigKey::Client(key) => client = client.with_config(key, value),
                key => builder = builder.with_config(key, value),
            }
        }
        let retry = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(1),
                base: 2.0,
            },
            max_retries: 3,
            retry_timeout: RETRY_TIMEOUT,
        };
        builder.with_retry(retry).with_client_options(client).build().map_err(|error| {
            Error::new(Kind::Input, "the object store's settings are not complete")
                .help("see `[store]` in plimsoll.toml: aws_region, aws_endpoint, aws_access_key_id, aws_secret_access_key, allow_http")
                .because(error)
        })
    }
}

impl Place {
    /// The same place as an object store sees it.
    pub fn object(&self) -> Result<(Arc<dyn ObjectStore>, StorePath)> {
        match self {
            Self::Local(path) => {
                let path =
                    StorePath::from_absolute_path(std::path::absolute(path).map_err(|error| io_error(error, path))?)
                        .map_err(|error| {
                            Error::new(Kind::Input, format!("`{}` is not a path", path.display())).because(error)
                        })?;
                Ok((Arc::new(LocalFileSystem::new()), path))
            }
            Self::Remote(remote) => Ok((Arc::clone(&remote.store), remote.path()?)),
        }
    }
}

impl Remote {
    pub fn path(&self) -> Result<StorePath> {
        StorePath::parse(&self.key).map_err(|error| {
            Error::new(Kind::Input, "the URL's path cannot be one of an object").at(self.url()).because(error)
        })
    }

    pub fn url(&self) -> String {
        format!("{}/{}", self.base, self.key)
    }
}

/// What an object store's error means for whoever waits for the file.
pub fn store_error(error: object_store::Error, place: &str) -> Error {
    use object_store::Error as Store;
    let (kind, message, help) = match &error {
        Store::NotFound { .. } => {
            (Kind::Refused, "there is no such object", "check bucket and path; was it deleted meanwhile?")
        }
        Store::PermissionDenied { .. } | Store::Unauthenticated { .. } => (
            Kind::Refused,
            "the object store does not let us in",
            "check the keys under `[store]` in plimsoll.toml and what they may read",
        ),
        Store::Generic { source, .. } if client_fault(&**source) => (
            Kind::Refused,
            "the object store refused the request",
            "check endpoint, region and keys under `[store]` in plimsoll.toml",
        ),
        Store::InvalidPath { .. }
        | Store::NotSupported { .. }
        | Store::NotImplemented { .. }
        | Store::UnknownConfigurationKey { .. } => {
            (Kind::Input, "the object store cannot do this", "check the URL and `[store]` in plimsoll.toml")
        }
        _ => (Kind::Outside, "the object store did not answer", "try again; check that its endpoint can be reached"),
    };
    Error::new(kind, format!("{message}: {place}")).at(place).help(help).because(error)
}

/// What an error of the local disk means.
pub fn io_error(error: io::Error, path: &Path) -> Error {
    use io::ErrorKind as Io;
    let shown = path.display();
    let (kind, message, help) = match error.kind() {
        Io::NotFound => {
            (Kind::Refused, format!("there is no file `{shown}`"), "check the path; was it deleted meanwhile?")
        }
        Io::PermissionDenied => (
            Kind::Refused,
            format!("no permission to read `{shown}`"),
            "give this user the right to read it, for example with chmod",
        ),
        Io::IsADirectory => (
            Kind::Input,
            format!("`{shown}` is a folder, not a file"),
            "name the files in it, for example with `/*.csv` at the end",
        ),
        Io::TimedOut | Io::Interrupted | Io::WouldBlock | Io::ResourceBusy | Io::StaleNetworkFileHandle => {
            (Kind::Outside, format!("`{shown}` cannot be read now"), "another program may hold it; try again")
        }
        _ => (Kind::Refused, format!("`{shown}` cannot be read"), "check the disk and the file"),
    };
    Error::new(kind, message).at(shown.to_string()).help(help).because(error)
}

/// Whether the store answered that the request itself is wrong (4xx), which trying again does not change.
fn client_fault(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if let Some((_, status)) = text.split_once("status code: ").or_else(|| text.split_once("status: ")) {
            let status: String = status.chars().take_while(char::is_ascii_digit).collect();
            return status.starts_with('4') && status != "408" && status != "429";
        }
        cause = error.source();
    }
    false
}

fn local_path(url: &str) -> Result<PathBuf> {
    let wrong =
        || Error::new(Kind::Input, format!("`{url}` is not a file URL")).at(url).help("write file:///absolute/path");
    // A glob's `?` and `#` would be cut off as a query or fragment, so only the prefix is read as a URL.
    let rest = url.strip_prefix("file://").ok_or_else(wrong)?;
    if rest.contains('%') {
        return Url::parse(url).ok().and_then(|url| url.to_file_path().ok()).ok_or_else(wrong);
    }
    if !rest.starts_with('/') {
        return Err(wrong());
    }
    Ok(PathBuf::from(rest))
}

/// Replaces every `${NAME}`; the error is the name of the first variable that is not set.
fn resolve(value: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut resolved = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        resolved.push_str(before);
        resolved.push_str(&env(name).ok_or_else(|| name.to_owned())?);
        rest = after;
    }
    resolved.push_str(rest);
    Ok(resolved)
}

fn unset(option: &str, variable: &str) -> Error {
    Error::new(
        Kind::Input,
        format!("the environment variable `{variable}` is not set, and `[store] {option}` needs it"),
    )
    .help(format!("set {variable}, or write the option without it"))
}

#[cfg(test)]
mod tests;
