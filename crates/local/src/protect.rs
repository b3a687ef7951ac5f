//! Protections of columns: applied to the rows that pass, after they were checked and before anything of them is written.
//!
//! Row checks see the value as it came; keys, merges, partitions and the audit see what is stored.

mod column;
mod keyed;
mod values;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, RecordBatch};
use contract::Dataset;
use contract::privacy::Method;
use deltalake::DeltaTable;
use engine::keys::{Keys, Sealer};
use engine::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

use crate::error;

pub(crate) use column::ColumnProtector;
pub(crate) use keyed::Protected;

/// The table property that says how its columns are protected, and with which key.
pub(crate) const PROPERTY: &str = "plimsoll.protected";

/// What a table says of one protected column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub method: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Which key has that id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
}

/// The protections of one dataset, with their keys.
pub(crate) struct Protector {
    pub columns: Vec<Arc<ColumnProtector>>,
    marks: BTreeMap<String, Mark>,
    /// Tokens that were given out, with their encrypted values: for the vault.
    tokens: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Protector {
    /// `None` for a dataset without protections. An error before any row is read, when a key is missing.
    pub fn of(dataset: &Dataset, keys: &Keys) -> Result<Option<Arc<Self>>> {
        let tokens = Arc::new(Mutex::new(BTreeMap::new()));
        let (mut columns, mut marks) = (Vec::new(), BTreeMap::new());
        for (index, column) in dataset.columns.iter().enumerate() {
            let Some(protection) = &column.privacy.protection else { continue };
            let at = |e: Error| e.at(format!("{}.{}", dataset.name, column.name));
            if !protection.method.fits(&column.data_type) || (protection.method == Method::Null && column.required) {
                let message = format!("`{}` cannot be protected by {}", column.name, protection.method.word());
                return Err(at(Error::new(Kind::Input, message).help("run `plimsoll check`")));
            }
            let key = protection.method.needs_key().then(|| keys.of(protection)).transpose().map_err(at)?;
            marks.insert(
                column.name.clone(),
                Mark {
                    method: protection.method.word().to_owned(),
                    key: key.map(|(id, _)| id.to_owned()),
                    check: key.map(|(_, key)| key.check()),
                },
            );
            columns.push(Arc::new(ColumnProtector::new(index, column, protection, key, tokens.clone())));
        }
        if columns.is_empty() {
            return Ok(None);
        }
        Ok(Some(Arc::new(Self { columns, marks, tokens })))
    }

    /// Of these columns alone.
    pub fn only(&self, names: &[String]) -> Arc<Self> {
        Arc::new(Self {
            columns: self.columns.iter().filter(|column| names.contains(&column.name)).cloned().collect(),
            marks: self
                .marks
                .iter()
                .filter(|(name, _)| names.contains(name))
                .map(|(a, b)| (a.clone(), b.clone()))
                .collect(),
            tokens: self.tokens.clone(),
        })
    }

    /// The batch as it may be written; its columns are the contract's.
    pub fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
        for protector in &self.columns {
            if let Some(column) = columns.get_mut(protector.index) {
                *column = protector.apply(column)?;
            }
        }
        RecordBatch::try_new(batch.schema(), columns).map_err(|e| error::arrow("protecting values", e))
    }

    pub fn column(&self, name: &str) -> Option<&Arc<ColumnProtector>> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The table's property.
    pub fn property(&self) -> String {
        serde_json::to_string(&self.marks).unwrap_or_default()
    }

    /// What the vault does not have yet, as far as this stage knows.
    pub fn tokens(&self) -> BTreeMap<String, String> {
        std::mem::take(&mut *self.tokens.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// New rows must be protected as those that stay: with the same key.
    pub fn agrees(&self, table: &DeltaTable) -> Result<()> {
        let marked = marks(table)?;
        for (column, mark) in &self.marks {
            let Some(stored) = marked.get(column).filter(|stored| stored.method == mark.method) else { continue };
            let (Some(then), Some(now)) = (&stored.key, &mark.key) else { continue };
            if then != now {
                return Err(Error::new(
                    Kind::Input,
                    format!("`{column}` is protected with the key `{then}`, and the project's key is now `{now}`"),
                )
                .help(format!("`plimsoll keys rotate --from {then} --to {now}` encrypts the table anew")));
            }
            if stored.check != mark.check {
                return Err(Error::new(
                    Kind::Input,
                    format!("the key `{now}` is not the one that `{column}` was protected with"),
                )
                .help("give the key that it was, or declare the new one under another id and rotate"));
            }
        }
        Ok(())
    }
}

/// How the table says that its columns are protected.
pub(crate) fn marks(table: &DeltaTable) -> Result<BTreeMap<String, Mark>> {
    let snapshot = table.snapshot().map_err(|e| error::delta("reading the table", e))?;
    let property = snapshot.metadata().configuration().get(PROPERTY);
    Ok(property.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default())
}

pub(crate) fn seal(sealer: &Sealer, value: &[u8]) -> Result<String> {
    sealer.seal(value).ok_or_else(|| Error::new(Kind::Input, "a value is too long to be encrypted"))
}

#[cfg(test)]
mod tests;
