//! Delta tables: where they are, what is in them, and the commits that say so.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Once};
use std::time::Duration;

use deltalake::kernel::{Action, Add};
use deltalake::logstore::{
    LogStoreFactory, LogStoreRef, ObjectStoreFactory, ObjectStoreRef, StorageConfig, default_logstore,
    logstore_factories, object_store_factories,
};
use deltalake::{DeltaResult, DeltaTable, DeltaTableBuilder, DeltaTableError};
use engine::{Error, Keys, Kind, Result, TableRef};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStoreScheme, RetryConfig};
use url::Url;

use crate::{encryption, error};

/// What the store itself retries before the stage's own retries begin: as sources do.
const RETRY_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens tables with the project's store options.
#[derive(Clone)]
pub(crate) struct Tables {
    options: Arc<HashMap<String, String>>,
    keys: Keys,
}

impl Tables {
    pub fn new(options: HashMap<String, String>, keys: Keys) -> Self {
        static REGISTERED: Once = Once::new();
        REGISTERED.call_once(register_s3);
        Self { options: Arc::new(options), keys }
    }

    pub fn builder(&self, table: &TableRef) -> Result<DeltaTableBuilder> {
        let url = Url::parse(&table.url)
            .map_err(|e| Error::new(Kind::Input, format!("{} is not a table's URL: {e}", table.url)))?;
        if let Ok(path) = url.to_file_path() {
            std::fs::create_dir_all(&path).map_err(|e| {
                error::store(
                    "making the table's folder",
                    object_store::Error::Generic { store: "file", source: Box::new(e) },
                )
                .at(path.display().to_string())
            })?;
        }
        let builder =
            DeltaTableBuilder::from_url(url).map_err(|e| error::delta("opening the table", e).at(&table.url))?;
        Ok(builder.with_storage_options(self.options.as_ref().clone()))
    }

    pub fn log_store(&self, table: &TableRef) -> Result<LogStoreRef> {
        self.builder(table)?.build_storage().map_err(|e| error::delta("opening the table", e).at(&table.url))
    }

    /// The table at its newest version; `None` when there is none yet.
    pub async fn open(&self, table: &TableRef) -> Result<Option<DeltaTable>> {
        let failed = |e| error::delta("opening the table", e).at(&table.url);
        if folder(table).is_some_and(|folder| !folder.join("_delta_log").is_dir()) {
            return Ok(None);
        }
        let mut opened = self.builder(table)?.build().map_err(failed)?;
        if !opened.verify_deltatable_existence().await.map_err(failed)? {
            return Ok(None);
        }
        opened.load().await.map_err(failed)?;
        Ok(Some(opened))
    }

    /// The same to read its rows: an error where they are encrypted and the key is not there.
    pub async fn open_rows(&self, table: &TableRef) -> Result<Option<DeltaTable>> {
        let opened = self.open(table).await?;
        if let Some(opened) = &opened {
            encryption::readable(opened, &self.keys).map_err(|e| e.at(&table.url))?;
        }
        Ok(opened)
    }
}

/// The same table at an earlier version.
pub(crate) async fn at(tables: &Tables, of: &TableRef, version: i64) -> Result<DeltaTable> {
    let failed = |e| error::delta("opening an earlier version of the table", e).at(&of.url);
    let wanted = u64::try_from(version).unwrap_or_default();
    tables.builder(of)?.with_version(wanted).load().await.map_err(failed)
}

/// The folder of a table on this machine; `None` for one in an object store.
pub(crate) fn folder(table: &TableRef) -> Option<std::path::PathBuf> {
    Url::parse(&table.url).ok()?.to_file_path().ok()
}

/// The table's version as the signed number that the ledger keeps.
pub(crate) fn version(table: &DeltaTable) -> i64 {
    table.version().map_or(-1, |version| i64::try_from(version).unwrap_or(i64::MAX))
}

/// All data files of the newest version.
pub(crate) fn files(table: &DeltaTable) -> Result<Vec<Add>> {
    let snapshot = table.snapshot().map_err(|e| error::delta("reading the table's log", e))?;
    let log = snapshot.log_data();
    let files = log.iter().map(|file| Add {
        path: file.path().into_owned(),
        partition_values: file.partition_values_map(),
        size: file.size(),
        modification_time: file.modification_time(),
        data_change: true,
        stats: file.stats(),
        deletion_vector: file.deletion_vector_descriptor(),
        ..Add::default()
    });
    Ok(files.collect())
}

/// Partition columns and their values, sorted by name.
pub(crate) type Partition = Vec<(String, Option<String>)>;

/// What happened to a table after a version.
#[derive(Default)]
pub(crate) struct Changes {
    pub added: Vec<Add>,
    /// Rows were taken away or rewritten.
    pub removed: bool,
    /// Partitions in which anything happened.
    pub touched: BTreeSet<Partition>,
}

/// Reads the commits after `from`, up to the opened version. `None` when the log no longer reaches back so far.
pub(crate) async fn changes(table: &DeltaTable, from: i64) -> Result<Option<Changes>> {
    let mut changes = Changes::default();
    for version in (from + 1)..=version(table) {
        let Some(actions) = commit(&table.log_store(), version).await? else { return Ok(None) };
        for action in actions {
            match action {
                Action::Add(add) if add.data_change => {
                    changes.touched.insert(sorted(add.partition_values.clone()));
                    changes.added.push(add);
                }
                Action::Remove(remove) if remove.data_change => {
                    changes.removed = true;
                    if let Some(values) = remove.partition_values {
                        changes.touched.insert(sorted(values));
                    }
                }
                _ => {}
            }
        }
    }
    let now: BTreeSet<String> = files(table)?.into_iter().map(|add| add.path).collect();
    changes.added.retain(|add| now.contains(&add.path));
    Ok(Some(changes))
}

pub(crate) fn sorted(values: HashMap<String, Option<String>>) -> Partition {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort();
    values
}

/// The actions of one commit; `None` when it is not in the log.
pub(crate) async fn commit(store: &LogStoreRef, version: i64) -> Result<Option<Vec<Action>>> {
    let Ok(version) = u64::try_from(version) else { return Ok(None) };
    let failed = |e| error::delta("reading the table's log", e);
    let Some(bytes) = store.read_commit_entry(version).await.map_err(failed)? else { return Ok(None) };
    deltalake::logstore::get_actions(version, &bytes).map(Some).map_err(failed)
}

/// S3 and what speaks its protocol, through `object_store` alone: its conditional writes make commits safe, so no other
/// service and no cloud SDK is needed.
fn register_s3() {
    let factory = Arc::new(S3);
    for scheme in ["s3://", "s3a://"] {
        if let Ok(url) = Url::parse(scheme) {
            object_store_factories().insert(url.clone(), factory.clone());
            logstore_factories().insert(url, factory.clone());
        }
    }
}

struct S3;

impl ObjectStoreFactory for S3 {
    fn parse_url_opts(&self, url: &Url, config: &StorageConfig) -> DeltaResult<(ObjectStoreRef, Path)> {
        let failed = |source| DeltaTableError::ObjectStore { source };
        let (_, path) = ObjectStoreScheme::parse(url).map_err(|e| failed(e.into()))?;
        let client = ClientOptions::new().with_timeout(REQUEST_TIMEOUT).with_connect_timeout(CONNECT_TIMEOUT);
        let retry = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(1),
                base: 2.0,
            },
            max_retries: 3,
            retry_timeout: RETRY_TIMEOUT,
        };
        let mut builder =
            AmazonS3Builder::from_env().with_url(url.as_str()).with_client_options(client).with_retry(retry);
        // Options of the client are one whole, so what the environment says of them must be said again.
        if let (Ok(value), Ok(key)) = (std::env::var("AWS_ALLOW_HTTP"), "aws_allow_http".parse::<AmazonS3ConfigKey>()) {
            builder = builder.with_config(key, value);
        }
        for (name, value) in &config.raw {
            // Names that only other readers of these settings know are none of ours.
            if let Ok(key) = name.to_lowercase().parse::<AmazonS3ConfigKey>() {
                builder = builder.with_config(key, value);
            }
        }
        Ok((Arc::new(builder.build().map_err(failed)?), path))
    }
}

impl LogStoreFactory for S3 {
    fn with_options(
        &self,
        prefixed: ObjectStoreRef,
        root: ObjectStoreRef,
        location: &Url,
        options: &StorageConfig,
    ) -> DeltaResult<LogStoreRef> {
        Ok(default_logstore(prefixed, root, location, options))
    }
}
