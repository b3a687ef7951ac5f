//! The protection of one column.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder, new_null_array};
use arrow::datatypes::DataType;
use contract::Column;
use contract::privacy::{Method, Protection};
use engine::keys::{DOMAIN, Key, Sealer, VAULT};
use engine::{Error, Kind, Result};

use super::{seal, values};
use crate::error;

pub(crate) struct ColumnProtector {
    /// The column's place in the contract.
    pub index: usize,
    pub name: String,
    method: Method,
    domain: String,
    /// Id and key, where the method needs one.
    key: Option<(String, Key)>,
    tokens: Arc<Mutex<BTreeMap<String, String>>>,
}

impl ColumnProtector {
    pub fn new(
        index: usize,
        column: &Column,
        protection: &Protection,
        key: Option<(&str, &Key)>,
        tokens: Arc<Mutex<BTreeMap<String, String>>>,
    ) -> Self {
        Self {
            index,
            name: column.name.clone(),
            method: protection.method.clone(),
            domain: protection.domain.clone().unwrap_or_else(|| DOMAIN.to_owned()),
            key: key.map(|(id, key)| (id.to_owned(), key.clone())),
            tokens,
        }
    }

    pub fn keeps_equality(&self) -> bool {
        self.method.keeps_equality()
    }

    /// The protected values, of the same type; NULL stays NULL.
    pub fn apply(&self, array: &ArrayRef) -> Result<ArrayRef> {
        let doing = "protecting values";
        let of_type = array.data_type().clone();
        let made = match &self.method {
            Method::Null => return Ok(new_null_array(&of_type, array.len())),
            Method::Hash => {
                let (_, key) = self.keyed()?;
                let hash = key.hashes(&self.domain);
                self.texts(array, |value| Ok(hash(value.as_bytes())))?
            }
            Method::Encrypt => {
                let (id, key) = self.keyed()?;
                let sealer = Sealer::equal(id, key, &self.domain);
                self.texts(array, |value| seal(&sealer, value.as_bytes()))?
            }
            Method::EncryptRandom => {
                let (id, key) = self.keyed()?;
                let sealer = Sealer::random(id, key, &self.domain);
                self.texts(array, |value| seal(&sealer, value.as_bytes()))?
            }
            Method::Token => self.tokens(array)?,
            Method::Redact { with } => self.texts(array, |_| Ok(with.clone()))?,
            Method::Partial { first, last, with } => {
                self.texts(array, |value| Ok(values::partial(value, *first as usize, *last as usize, with)))?
            }
            Method::Band { width } if is_text(&of_type) => {
                self.texts(array, |value| Ok(values::band_text(value, *width)))?
            }
            Method::Band { width } => values::numbers(array, |value| (value / width).floor() * width)?,
            Method::Grid { size } => values::numbers(array, |value| (value / size).round() * size)?,
            Method::Noise { scale } => {
                let (_, key) = self.keyed()?;
                let share = key.shares(&self.domain);
                values::numbers(array, |value| value + values::laplace(share(&value.to_le_bytes()), *scale))?
            }
            Method::Truncate { to } => values::truncated(array, *to)?,
        };
        if *made.data_type() == of_type {
            return Ok(made);
        }
        arrow::compute::cast(&made, &of_type).map_err(|e| error::arrow(doing, e))
    }

    #[cfg(test)]
    pub(super) fn tokens_for_test(&self) -> BTreeMap<String, String> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keyed(&self) -> Result<(&str, &Key)> {
        let key = self.key.as_ref().map(|(id, key)| (id.as_str(), key));
        key.ok_or_else(|| Error::new(Kind::Bug, format!("the protection of {} has no key", self.name)))
    }

    fn tokens(&self, array: &ArrayRef) -> Result<ArrayRef> {
        let (id, key) = self.keyed()?;
        let (sealer, token) = (Sealer::random(id, key, VAULT), key.tokens(&self.domain));
        let mut fresh: Vec<(String, String)> = Vec::new();
        let made = self.texts(array, |value| {
            let token = token(value.as_bytes());
            fresh.push((token.clone(), value.to_owned()));
            Ok(token)
        })?;
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        for (token, value) in fresh {
            if let Entry::Vacant(vacant) = tokens.entry(token) {
                vacant.insert(seal(&sealer, value.as_bytes())?);
            }
        }
        Ok(made)
    }

    fn texts(&self, array: &ArrayRef, mut each: impl FnMut(&str) -> Result<String>) -> Result<ArrayRef> {
        let texts =
            arrow::compute::cast(array, &DataType::Utf8View).map_err(|e| error::arrow("protecting values", e))?;
        let texts: &StringViewArray = texts.as_string_view();
        let mut made = StringViewBuilder::with_capacity(texts.len());
        for value in texts {
            match value {
                Some(value) => made.append_value(each(value)?),
                None => made.append_null(),
            }
        }
        Ok(Arc::new(made.finish()))
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}
