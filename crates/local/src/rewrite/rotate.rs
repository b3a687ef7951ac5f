//! Values encrypted with one key, encrypted with another.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use engine::keys::{Resealed, Resealer};
use engine::{Error, Kept, Kind, Result, Rewritten};

use super::{encryption_property, nothing_published, replaced, texts};
use crate::encryption::TableKey;
use crate::protect::{self, PROPERTY};
use crate::{Local, dead_letter, error, publish, vault};

pub(crate) async fn rotate(local: &Local, of: &Kept, from: &str, to: &str) -> Result<Rewritten> {
    let keys = &local.keys;
    let mut resealer = Resealer::new((from, keys.get(from)?), (to, keys.get(to)?));
    let mut done = Rewritten::default();
    if let Some(table) = local.tables.open_rows(&of.table).await? {
        let mut change = |batch: RecordBatch| sealed_anew(&mut resealer, &batch, from);
        // A table whose contract names its key keeps to that key.
        let named = of.dataset.encryption.as_ref().map(|encryption| encryption.key.as_deref().unwrap_or(to));
        let key = named.map(|id| Ok::<_, Error>(Arc::new(TableKey::new(id, keys.get(id)?)))).transpose()?;
        let retired = Some(from).filter(|from| named.is_some_and(|named| named != *from));
        let new = replaced(local, of, &table, &mut change, retired, key.clone()).await?;
        let mut marks = protect::marks(&table)?;
        let mut marked = false;
        for mark in marks.values_mut() {
            let reversible = mark.method == "encrypt" || mark.method == "encrypt-random";
            if reversible && mark.key.as_deref() == Some(from) {
                (mark.key, mark.check) = (Some(to.to_owned()), Some(keys.get(to)?.check()));
                marked = true;
            }
        }
        if new.count > 0 || marked {
            done.count = new.count;
            let mut properties = encryption_property(&table, key.as_deref())?;
            if !marks.is_empty() {
                properties.push((PROPERTY.to_owned(), serde_json::to_string(&marks).unwrap_or_default()));
            }
            let commit =
                publish::rewritten(local, &of.table, &table, &of.run, new.adds, &new.removes, properties).await?;
            done.commit = Some(commit.ok_or_else(|| nothing_published(of))?);
        }
    }
    let mut letters = 0;
    let mut raw = |text: &str| anew(&mut resealer, text, from);
    dead_letter::DeadLetters::new(local, &of.table).reseal(&mut raw, &mut letters).await?;
    done.dead_letters = letters;
    done.tokens = vault::reseal(local, &of.table, &of.dataset.name, &mut raw).await?;
    Ok(done)
}

fn sealed_anew(resealer: &mut Resealer<'_>, batch: &RecordBatch, from: &str) -> Result<(RecordBatch, u64)> {
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    let mut count = 0;
    for column in &mut columns {
        let Some(mut values) = texts(column) else { continue };
        let mut touched = 0;
        for value in values.iter_mut().flatten() {
            if let Some(sealed) = anew(resealer, value, from)? {
                *value = sealed;
                touched += 1;
            }
        }
        if touched > 0 {
            let made: ArrayRef = Arc::new(StringViewArray::from_iter(values));
            *column = arrow::compute::cast(&made, column.data_type()).map_err(|e| error::arrow("rotating keys", e))?;
        }
        count += touched;
    }
    let batch = RecordBatch::try_new(batch.schema(), columns).map_err(|e| error::arrow("rotating keys", e))?;
    Ok((batch, count))
}

/// The text encrypted with the other key; `None` when it is not encrypted with this one.
fn anew(resealer: &mut Resealer<'_>, text: &str, from: &str) -> Result<Option<String>> {
    match resealer.reseal(text) {
        Resealed::Sealed(sealed) => Ok(Some(sealed)),
        Resealed::Other => Ok(None),
        Resealed::Unreadable => {
            let message = format!("a value encrypted with the key `{from}` cannot be read with it");
            Err(Error::new(Kind::Input, message)
                .help("the key has the same id and is another one, or the value was changed"))
        }
    }
}
