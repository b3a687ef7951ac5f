//! Tables that are encrypted as a whole: Parquet's modular encryption, with the footer and all columns, and a key for each file.
//!
//! ```text
//!  part-<uuid>.<key id>.encrypted.parquet     the name says with which key of the project
//!  key metadata in the file: pm1:<key id>:<salt>     the file's own key is derived from that key and the salt
//! ```
//!
//! Delta's log then has the number of rows of a file, and nothing of its values. Delta's own scan knows nothing of keys, so what
//! reads such files is put into its plan when everything else about the plan is settled.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use contract::Dataset;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::config::{ConfigOptions, EncryptionFactoryOptions};
use datafusion::datasource::physical_plan::{FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::parquet_encryption::EncryptionFactory;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use deltalake::DeltaTable;
use engine::keys::{Key, Keys};
use engine::{Error, Kind, Result};
use object_store::path::Path;
use parquet::encryption::decrypt::{FileDecryptionProperties, KeyRetriever};
use parquet::encryption::encrypt::FileEncryptionProperties;
use parquet::errors::ParquetError;

use crate::{delta, error};

/// The table property that says which keys its files were written with, each with a few digits that tell it from others.
pub(crate) const PROPERTY: &str = "plimsoll.encryption";
/// Under which DataFusion knows who decrypts.
pub(crate) const FACTORY: &str = "plimsoll";
const ENDING: &str = ".encrypted.parquet";
const METADATA: &str = "pm1";
/// Of `part-` and a UUID, before the key's id.
const NAME_BYTES: usize = 5 + 36 + 1;

/// Encrypts the files of one table.
pub(crate) struct TableKey {
    id: String,
    key: Key,
}

impl TableKey {
    /// `None` for a table that does not ask for it. An error before any row is read, when the key is missing.
    pub fn of(dataset: &Dataset, keys: &Keys) -> Result<Option<Arc<Self>>> {
        let Some(encryption) = &dataset.encryption else { return Ok(None) };
        let (id, key) = keys.named(encryption.key.as_deref()).map_err(|e| e.at(dataset.name.clone()))?;
        Ok(Some(Arc::new(Self::new(id, key))))
    }

    pub fn new(id: &str, key: &Key) -> Self {
        Self { id: id.to_owned(), key: key.clone() }
    }

    pub fn file_name(&self) -> String {
        format!("part-{}.{}{ENDING}", uuid::Uuid::now_v7(), self.id)
    }

    /// Of one file: no two have the same key.
    pub fn properties(&self) -> Result<Arc<FileEncryptionProperties>> {
        let salt = uuid::Uuid::now_v7().simple().to_string();
        let metadata = format!("{METADATA}:{}:{salt}", self.id);
        FileEncryptionProperties::builder(self.key.of_file(&salt).to_vec())
            .with_footer_key_metadata(metadata.into_bytes())
            .build()
            .map_err(|e| error::parquet("encrypting a data file", e))
    }

    /// The table's property with this key in it, beside those of other files.
    pub fn property(&self, known: Option<&String>) -> String {
        let mut checks = known.map(|known| checks(known)).unwrap_or_default();
        checks.insert(self.id.clone(), self.key.check());
        serde_json::to_string(&checks).unwrap_or_default()
    }
}

fn checks(property: &str) -> BTreeMap<String, String> {
    serde_json::from_str(property).unwrap_or_default()
}

/// The id of the key that a data file is encrypted with; `None` for one in the clear.
pub(crate) fn key_of(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?.strip_suffix(ENDING)?;
    name.get(NAME_BYTES..)
}

/// An error where a key is missing that a data file of the table needs, or is another one than it was written with.
pub(crate) fn readable(table: &DeltaTable, keys: &Keys) -> Result<()> {
    let snapshot = table.snapshot().map_err(|e| error::delta("reading the table", e))?;
    let checks = snapshot.metadata().configuration().get(PROPERTY).map(|known| checks(known)).unwrap_or_default();
    let files = delta::files(table)?;
    let ids: std::collections::BTreeSet<&str> = files.iter().filter_map(|add| key_of(&add.path)).collect();
    for id in ids {
        let key = keys.get(id).map_err(|e| {
            let message = format!("the table is encrypted with the key `{id}`: {}", e.message);
            Error { message, ..e }
        })?;
        if checks.get(id).is_some_and(|check| *check != key.check()) {
            return Err(Error::new(
                Kind::Input,
                format!("the key `{id}` is not the one that the table is encrypted with"),
            )
            .help("give the key that it was, or declare the new one under another id and rotate"));
        }
    }
    Ok(())
}

/// Decrypts what `TableKey` has encrypted, and leaves all other files alone.
pub(crate) struct Decrypting {
    properties: Arc<FileDecryptionProperties>,
}

impl Decrypting {
    pub fn new(keys: &Keys) -> Result<Arc<Self>> {
        let retriever = Arc::new(Retriever { keys: keys.clone() });
        let properties = FileDecryptionProperties::with_key_retriever(retriever)
            .build()
            .map_err(|e| error::parquet("starting the engine", e))?;
        Ok(Arc::new(Self { properties }))
    }
}

impl std::fmt::Debug for Decrypting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Decrypting")
    }
}

struct Retriever {
    keys: Keys,
}

impl KeyRetriever for Retriever {
    fn retrieve_key(&self, metadata: &[u8]) -> parquet::errors::Result<Vec<u8>> {
        let failed = |why: String| ParquetError::General(why);
        let text = std::str::from_utf8(metadata).unwrap_or_default();
        let mut parts = text.splitn(3, ':');
        let (Some(METADATA), Some(id), Some(salt)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(failed("the file is encrypted by something else".to_owned()));
        };
        let key = self.keys.get(id).map_err(|e| failed(e.message))?;
        Ok(key.of_file(salt).to_vec())
    }
}

#[async_trait]
impl EncryptionFactory for Decrypting {
    /// Files are written by `DataFiles` alone.
    async fn get_file_encryption_properties(
        &self,
        _: &EncryptionFactoryOptions,
        _: &SchemaRef,
        _: &Path,
    ) -> DataFusionResult<Option<Arc<FileEncryptionProperties>>> {
        Err(DataFusionError::NotImplemented("data files are not written by plans".to_owned()))
    }

    async fn get_file_decryption_properties(
        &self,
        _: &EncryptionFactoryOptions,
        file: &Path,
    ) -> DataFusionResult<Option<Arc<FileDecryptionProperties>>> {
        Ok(key_of(file.as_ref()).map(|_| self.properties.clone()))
    }
}

/// Gives the keys to every scan that has encrypted files, also to those that Delta's own scan has made.
#[derive(Debug)]
pub(crate) struct GiveKeys(pub Arc<Decrypting>);

impl PhysicalOptimizerRule for GiveKeys {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        plan.transform_down(|plan| {
            Ok(match self.given(plan.as_ref()) {
                Some(given) => Transformed::yes(given),
                None => Transformed::no(plan),
            })
        })
        .map(|transformed| transformed.data)
    }

    fn name(&self) -> &str {
        "give_keys"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

impl GiveKeys {
    fn given(&self, plan: &dyn ExecutionPlan) -> Option<Arc<dyn ExecutionPlan>> {
        let (config, source) = plan.downcast_ref::<DataSourceExec>()?.downcast_to_file_source::<ParquetSource>()?;
        let mut files = config.file_groups.iter().flat_map(|group| group.files());
        files.find(|file| key_of(file.object_meta.location.as_ref()).is_some())?;
        let source = source.clone().with_encryption_factory(self.0.clone());
        let config = FileScanConfigBuilder::from(config.clone()).with_source(Arc::new(source)).build();
        Some(DataSourceExec::from_data_source(config))
    }
}

#[cfg(test)]
mod tests;
