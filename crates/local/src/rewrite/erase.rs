//! One person's rows taken out, and what still had them deleted: files of older versions, and the log entries whose statistics may
//! name the person.

use std::collections::HashSet;

use arrow::array::{Array, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use contract::Dataset;
use contract::privacy::Method;
use deltalake::checkpoints::create_checkpoint;
use engine::keys::{DOMAIN, Envelope, Keys, Sealer};
use engine::{DeadLetter, Kept, Person, Result, Rewritten, TableRef};
use futures::TryStreamExt;
use object_store::ObjectStoreExt;

use super::{encryption_property, nothing_published, replaced};
use crate::encryption::TableKey;
use crate::{Local, dead_letter, delta, error, publish, vault};

/// Begins the run under which an erasure's commit stands.
const ERASURE: &str = "erase-";
/// A value that is shorter occurs in a raw form by chance.
const CERTAIN_CHARS: usize = 6;

pub(crate) async fn erase(local: &Local, of: &Kept, person: &Person) -> Result<Rewritten> {
    let keys = &local.keys;
    let mut done = Rewritten::default();
    let mut unfinished = false;
    if let Some(table) = local.tables.open_rows(&of.table).await? {
        let mut change = |batch: RecordBatch| without(keys, batch, person);
        let key = TableKey::of(&of.dataset, keys)?;
        let new = replaced(local, of, &table, &mut change, None, key.clone()).await?;
        // An erasure that was cut off has its commit and not yet deleted what was behind it.
        unfinished = publish::last_run_of(local, &of.table).await?.is_some_and(|run| run.starts_with(ERASURE));
        if new.count > 0 {
            done.count = new.count;
            let run = format!("{ERASURE}{}", of.run);
            let property = encryption_property(&table, key.as_deref())?;
            let commit = publish::rewritten(local, &of.table, &table, &run, new.adds, &new.removes, property).await?;
            done.commit = Some(commit.ok_or_else(|| nothing_published(of))?);
        }
        engine::fault::step("erased").await;
        if new.count > 0 || unfinished {
            forget(local, &of.table, &mut done).await?;
        }
    }
    let letters = dead_letter::DeadLetters::new(local, &of.table);
    let (mut ids, mut unread) = (HashSet::new(), 0);
    letters
        .each(&mut |found| {
            for letter in &found {
                match concerns(letter, of, person) {
                    Some(true) => drop(ids.insert(letter.id.clone())),
                    Some(false) => {}
                    None => unread += 1,
                }
            }
            Ok(())
        })
        .await?;
    done.unread = unread;
    if !ids.is_empty() {
        let ids: Vec<String> = ids.into_iter().collect();
        done.dead_letters = publish::discard_dead_letters(local, &of.table, &ids).await?;
    }
    if done.dead_letters > 0 || unfinished {
        forget(local, &dead_letter::table(&of.table), &mut done).await?;
    }
    done.tokens = vault::forget(local, &of.table, &person.forms).await?;
    if done.tokens > 0 || unfinished {
        forget(local, &vault::table(&of.table), &mut done).await?;
    }
    Ok(done)
}

/// The protected forms of a value, with every key: a table may still be under an older one.
pub(crate) fn forms(keys: &Keys, dataset: &Dataset, column: &str, value: &str) -> Vec<String> {
    let protection = dataset.column(column).and_then(|column| column.privacy.protection.as_ref());
    let Some(protection) = protection.filter(|protection| protection.method.keeps_equality()) else {
        return Vec::new();
    };
    let domain = protection.domain.as_deref().unwrap_or(DOMAIN);
    let held = keys.ids().filter_map(|id| Some((id, keys.get(id).ok()?)));
    held.filter_map(|(id, key)| match protection.method {
        Method::Hash => Some(key.hash(domain, value.as_bytes())),
        Method::Token => Some(key.token(domain, value.as_bytes())),
        _ => Sealer::equal(id, key, domain).seal(value.as_bytes()),
    })
    .collect()
}

/// The rows that are not the person's.
fn without(keys: &Keys, batch: RecordBatch, person: &Person) -> Result<(RecordBatch, u64)> {
    let options = FormatOptions::new();
    let mut stays = vec![true; batch.num_rows()];
    for name in &person.columns {
        let Some(column) = batch.column_by_name(name) else { continue };
        let shown = ArrayFormatter::try_new(column.as_ref(), &options).map_err(|e| error::arrow("erasing", e))?;
        for (row, stays) in stays.iter_mut().enumerate() {
            *stays &= column.is_null(row) || !is_person(keys, &shown.value(row).to_string(), person);
        }
    }
    let gone = stays.iter().filter(|stays| !**stays).count() as u64;
    if gone == 0 {
        return Ok((batch, 0));
    }
    let kept = filter_record_batch(&batch, &BooleanArray::from(stays)).map_err(|e| error::arrow("erasing", e))?;
    Ok((kept, gone))
}

fn is_person(keys: &Keys, text: &str, person: &Person) -> bool {
    if person.forms.iter().any(|form| form == text) {
        return true;
    }
    // What is encrypted at random, or with an older key, is opened.
    let sealed = Envelope::of(text).and_then(|envelope| Some((envelope, keys.get(envelope.key).ok()?)));
    let opened = sealed.and_then(|(envelope, key)| envelope.open(key));
    opened.is_some_and(|opened| person.forms.first().is_some_and(|value| opened.value == value.as_bytes()))
}

/// Whether a dead letter is the person's; `None` when its raw form cannot be taken apart.
fn concerns(letter: &DeadLetter, of: &Kept, person: &Person) -> Option<bool> {
    let raw = letter.raw.as_deref()?;
    if Envelope::of(raw).is_some() {
        return None;
    }
    let named: Vec<&str> = of
        .dataset
        .columns
        .iter()
        .filter(|column| person.columns.contains(&column.name))
        .flat_map(|column| [column.name.as_str(), column.source_name.as_str()])
        .collect();
    let value = person.forms.first()?;
    // Columns may have had other names when it was refused: then it is the person's wherever the value stands, if it is no chance.
    let is_theirs = |fields: Vec<(&str, String)>| {
        let has_names = fields.iter().any(|(name, _)| named.contains(name));
        let found =
            fields.iter().any(|(name, text)| (!has_names || named.contains(name)) && person.forms.contains(text));
        (has_names || !found || is_certain(value)).then_some(found)
    };
    if let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(raw) {
        let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return is_theirs(fields.iter().map(|(name, value)| (name.as_str(), text(value))).collect());
    }
    let fields = raw.split([',', ';', '\t', '|']).map(|field| field.trim().trim_matches('"'));
    let header: Vec<&str> =
        letter.header.as_deref().map(|header| header.split([',', ';', '\t', '|']).map(str::trim).collect())?;
    let simple = !raw.contains('"') && raw.split([',', ';', '\t', '|']).count() == header.len();
    if simple {
        return is_theirs(header.iter().copied().zip(fields.map(str::to_owned)).collect());
    }
    is_certain(value).then(|| raw.contains(value.as_str()))
}

/// Whether it does not stand somewhere by chance.
fn is_certain(value: &str) -> bool {
    value.chars().count() >= CERTAIN_CHARS
}

/// Deletes every data file that the newest version does not have, and the log behind a checkpoint.
async fn forget(local: &Local, at: &TableRef, done: &mut Rewritten) -> Result<()> {
    let Some(table) = local.tables.open(at).await? else { return Ok(()) };
    let live: HashSet<String> = delta::files(&table)?.into_iter().map(|add| add.path).collect();
    create_checkpoint(&table, None).await.map_err(|e| error::delta("writing a checkpoint", e).at(&at.url))?;
    let newest = delta::version(&table);
    let store = local.tables.log_store(at)?.object_store(None);
    let failed = |e| error::store("deleting what had the person", e).at(&at.url);
    let objects: Vec<_> = store.list(None).try_collect().await.map_err(failed)?;
    for object in objects {
        let path = object.location.to_string();
        let name = object.location.filename().unwrap_or_default();
        let is_data = name.starts_with("part-") && name.ends_with(".parquet") && !live.contains(&path);
        let version = path.strip_prefix("_delta_log/").and_then(|name| name.split('.').next()?.parse::<i64>().ok());
        let is_log = version.is_some_and(|version| version < newest);
        if !is_data && !is_log {
            continue;
        }
        store.delete(&object.location).await.map_err(failed)?;
        match is_log {
            true => done.log_entries += 1,
            false => done.files.push(format!("{}{path}", folder_of(at))),
        }
    }
    done.files.sort();
    Ok(())
}

/// The table's folder in the warehouse.
fn folder_of(at: &TableRef) -> String {
    let parts: Vec<&str> = at.url.trim_end_matches('/').rsplit('/').take(2).collect();
    match parts.as_slice() {
        [name, parent] if parent.starts_with('_') => format!("{parent}/{name}/"),
        [name, ..] => format!("{name}/"),
        [] => String::new(),
    }
}
