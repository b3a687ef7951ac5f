//! The rows of a stored file as the columns of the new contract.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use arrow::datatypes::DataType;
use contract::privacy::Care;
use contract::{Column, Dataset};
use datafusion::common::ScalarValue;
use datafusion::functions::string::expr_fn::{concat, concat_ws};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarUDF, Volatility, cast, create_udf, ident, lit, try_cast, when,
};
use datafusion::prelude::{DataFrame, SessionContext};
use deltalake::DeltaTable;
use engine::keys::Keys;
use engine::{Error, Kind, Result};
use pipeline::migration::{Made, Migration, Protect, Target};

use crate::{Local, error, input};

/// The stored columns that go along, so that a refused row is kept as it was: the column of the frame, and the name that a reader
/// of the dead letter knows it by.
pub(super) fn raws(dataset: &Dataset, migration: &Migration) -> Vec<(String, String)> {
    let lives_as = |stored: &str| {
        let target = migration.targets.iter().find(|target| origin(target) == Some(stored))?;
        dataset.column(&target.column).map(|column| column.source_name.clone())
    };
    let stored = migration.stored.iter().enumerate();
    let named = stored.map(|(index, stored)| (kept(index), lives_as(&stored.name), stored.name.clone()));
    let all: Vec<_> = named.collect();
    let taken: Vec<&String> = all.iter().filter_map(|(_, name, _)| name.as_ref()).collect();
    // What is dropped keeps its name, if no other has it now.
    all.iter()
        .filter(|(_, name, was)| name.is_some() || !taken.contains(&was))
        .map(|(column, name, was)| (column.clone(), name.as_ref().unwrap_or(was).clone()))
        .collect()
}

/// The dataset with what is dropped: a refused row is kept with those values too.
pub(super) fn both(dataset: &Dataset, migration: &Migration) -> Dataset {
    let mut both = dataset.clone();
    for stored in migration.stored.iter().filter(|stored| dataset.column(&stored.name).is_none()) {
        let classification = stored.classification.clone();
        let privacy = contract::Privacy {
            classes: classification.iter().cloned().collect(),
            care: classification.as_deref().filter(|class| !class.eq_ignore_ascii_case("public")).map(|_| Care::Sealed),
            protection: stored.protection.clone(),
            ..contract::Privacy::default()
        };
        both.columns.push(Column { classification, privacy, ..stored.column() });
    }
    both
}

fn kept(index: usize) -> String {
    format!("__stored_{index}")
}

fn origin(target: &Target) -> Option<&str> {
    match &target.made {
        Made::Stored(name) | Made::Cast(name) | Made::Shaped(name) => Some(name),
        Made::Fill(_) | Made::Null => None,
    }
}

/// The contract's columns, `_conform` where a value can be of no use, and the stored columns.
pub(crate) async fn frame(
    local: &Local,
    context: &SessionContext,
    dataset: &Dataset,
    migration: &Migration,
    table: &DeltaTable,
    paths: Vec<String>,
) -> Result<DataFrame> {
    let stored = migration.stored_as(dataset);
    let frame = input::read(context, table, &stored, Some(paths)).await?;
    let mut select = Vec::with_capacity(migration.targets.len() + migration.stored.len() + 1);
    let mut unfit: Vec<(Expr, String)> = Vec::new();
    for target in &migration.targets {
        let Some(column) = dataset.column(&target.column) else {
            return Err(Error::new(Kind::Bug, format!("the migration makes {}, which is no column", target.column)));
        };
        let (made, fails) = made(local, target, column, &stored)?;
        unfit.extend(fails.map(|fails| (fails, reason(column))));
        select.push(made.alias(&column.name));
    }
    select.extend(conform(unfit)?);
    let olds = migration.stored.iter().enumerate();
    select.extend(olds.map(|(index, stored)| ident(&stored.name).alias(kept(index))));
    frame.select(select).map_err(|e| error::datafusion(&format!("planning the migration of {}", dataset.name), e))
}

/// The column's value, and where it cannot be had from what is stored.
fn made(local: &Local, target: &Target, column: &Column, stored: &Dataset) -> Result<(Expr, Option<Expr>)> {
    let wanted = sql::arrow_type(&column.data_type);
    Ok(match &target.made {
        Made::Null => (cast(lit(ScalarValue::Null), wanted), None),
        Made::Stored(name) => match target.protect {
            Protect::Open | Protect::Anew => {
                let opened = open(local.keys.clone(), &column.name).call(vec![ident(name)]);
                (cast(opened, wanted), None)
            }
            Protect::Keep | Protect::Apply => (ident(name), None),
        },
        // Each field that stays is as wide or wider, so nothing can be lost.
        Made::Shaped(name) => (cast(ident(name), wanted), None),
        Made::Cast(name) => {
            let Some(was) = stored.column(name) else {
                return Err(Error::new(Kind::Bug, format!("the table has no column {name}")));
            };
            let value = converted(ident(name), &sql::arrow_type(&was.data_type), &wanted);
            let lost = value.clone().is_null();
            let fails = match is_text(&was.data_type) || is_text(&column.data_type) {
                true => lost,
                false => lost.or(cast(value.clone(), sql::arrow_type(&was.data_type)).not_eq(ident(name))),
            };
            (value, Some(ident(name).is_not_null().and(fails)))
        }
        Made::Fill(text) => {
            let made = sql::expression(text, stored).map_err(|found| {
                let first = found.first().map(|found| found.message.clone()).unwrap_or_default();
                Error::new(
                    Kind::Input,
                    format!("`fill` of `{}` is no expression over the stored columns: {first}", column.name),
                )
                .help("it is SQL over the columns of the table as it is now")
            })?;
            let value = try_cast(try_cast(made.clone(), plain(&wanted)), wanted);
            (value.clone(), Some(made.is_not_null().and(value.is_null())))
        }
    })
}

fn is_text(data_type: &contract::DataType) -> bool {
    *data_type == contract::DataType::String
}

/// By way of plain text, which every conversion knows.
fn converted(value: Expr, from: &DataType, to: &DataType) -> Expr {
    let value = if plain(from) == *from { value } else { cast(value, plain(from)) };
    match plain(to) == *to {
        true => try_cast(value, to.clone()),
        false => try_cast(try_cast(value, plain(to)), to.clone()),
    }
}

fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View => DataType::Utf8,
        other => other.clone(),
    }
}

fn reason(column: &Column) -> String {
    let said = format!("the stored value cannot be kept as {}", column.data_type);
    let failure = serde_json::json!({
        "check": format!("{}.type", column.name), "column": column.name, "reason": said,
    });
    failure.to_string()
}

/// NULL for a row whose values all fit.
fn conform(unfit: Vec<(Expr, String)>) -> Result<Option<Expr>> {
    let failed = |e| error::datafusion("planning the migration", e);
    let Some(any) = unfit.iter().map(|(fails, _)| fails.clone()).reduce(Expr::or) else { return Ok(None) };
    let mut said = Vec::with_capacity(unfit.len());
    for (fails, reason) in unfit {
        said.push(when(fails, lit(reason)).otherwise(lit(ScalarValue::Utf8(None))).map_err(failed)?);
    }
    let list = concat(vec![lit("["), concat_ws(lit(","), said), lit("]")]);
    let conform = when(any, cast(list, DataType::Utf8)).otherwise(lit(ScalarValue::Utf8(None))).map_err(failed)?;
    Ok(Some(conform.alias(engine::source::CONFORM)))
}

/// Decrypts the values of a column. One that is not encrypted, or whose key is not there, ends the migration.
fn open(keys: Keys, column: &str) -> ScalarUDF {
    let name = column.to_owned();
    let run = move |arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let opened =
            opened(&keys, &arrays[0], &name).map_err(|e| datafusion::error::DataFusionError::External(Box::new(e)))?;
        Ok(ColumnarValue::Array(opened))
    };
    let text = DataType::Utf8View;
    create_udf("plimsoll_open", vec![text.clone()], text, Volatility::Immutable, Arc::new(run))
}

fn opened(keys: &Keys, array: &ArrayRef, column: &str) -> Result<ArrayRef> {
    let texts = arrow::compute::cast(array, &DataType::Utf8View).map_err(|e| error::arrow("decrypting", e))?;
    let mut made = StringViewBuilder::with_capacity(texts.len());
    for text in texts.as_string_view() {
        let Some(text) = text else {
            made.append_null();
            continue;
        };
        let value = keys.open(text)?.and_then(|opened| String::from_utf8(opened.value.to_vec()).ok());
        let value = value.ok_or_else(|| {
            Error::new(Kind::Input, format!("a value of `{column}` cannot be decrypted"))
                .help("give the key that it was protected with")
        })?;
        made.append_value(value);
    }
    Ok(Arc::new(made.finish()))
}
