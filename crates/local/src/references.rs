//! Reference checks: the keys of the referenced table, looked up in the same pass as all other row checks.
//!
//! Keys are held once, in memory. Those that do not fit are joined instead, by sorting both sides, which may spill.

use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, SortField};
use contract::{Dataset, Rule};
use datafusion::common::JoinType;
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, cast, ident, lit,
};
use datafusion::prelude::{DataFrame, SessionContext};
use engine::{Reference, Result, StageJob};
use futures::StreamExt;

use crate::protect::{self, Protected, Protector};
use crate::{Local, error};

/// What a set entry costs beside the key itself. Bytes.
const KEY_OVERHEAD: usize = 48;

/// The reference checks of a stage, ready to be part of its plan.
#[derive(Default)]
pub(crate) struct References {
    /// By check id: true where the reference is broken.
    pub broken: HashMap<String, Expr>,
    joins: Vec<Join>,
}

/// Keys that are joined: columns `__k<n>_<i>`, and `__known<n>` that is NULL where the join found nothing.
struct Join {
    keys: DataFrame,
    on: Vec<Expr>,
}

impl References {
    /// The rows with what the expressions of `broken` look at.
    pub fn joined(&self, context: &SessionContext, frame: &DataFrame) -> DataFusionResult<DataFrame> {
        if !self.joins.is_empty() {
            // A hash join would hold all keys in memory.
            context.state_ref().write().config_mut().options_mut().optimizer.prefer_hash_join = false;
        }
        self.joins.iter().try_fold(frame.clone(), |frame, join| {
            frame.join_on(join.keys.clone(), JoinType::Left, join.on.iter().cloned())
        })
    }
}

/// Every reference check whose table is among `tables`. A check whose table does not exist yet finds no key, so every reference is
/// broken; that is what the data says.
pub(crate) async fn load(
    local: &Local,
    context: &SessionContext,
    job: &StageJob,
    protector: Option<&Protector>,
) -> Result<References> {
    let (dataset, tables) = (job.dataset.as_ref(), &job.references);
    let mut references = References::default();
    let mut budget = local.sessions.key_bytes();
    for check in &dataset.checks {
        let Rule::Reference { columns, to_dataset, to_columns } = &check.rule else { continue };
        let Some(table) = tables.iter().find(|table| table.dataset == *to_dataset) else { continue };
        let types: Vec<DataType> = columns
            .iter()
            .filter_map(|path| dataset.place(path))
            .map(|place| sql::arrow_type(place.data_type))
            .collect();
        if types.len() != columns.len() || columns.len() != to_columns.len() {
            continue;
        }
        let inside = columns.first().filter(|path| columns.len() == 1 && dataset.column(path).is_none());
        let at = |e: engine::Error| e.at(format!("check {}", check.id));
        let source = KeySource { local, context, reference: table, columns: to_columns, types: &types };
        let referring = source.referring(dataset, columns, protector).await.map_err(at)?;
        let broken = match source.hold(budget).await.map_err(at)? {
            Some(keys) => {
                budget = budget.saturating_sub(keys.reservation.size());
                let missing = ScalarUDF::from(MissingKey::new(&check.id, keys));
                match inside {
                    Some(path) => match sql::any_value(dataset, path, |value| missing.call(vec![value])) {
                        Ok(broken) => broken,
                        Err(_) => continue,
                    },
                    None => missing.call(referring),
                }
            }
            // Values inside a column cannot be joined.
            None if inside.is_some() => continue,
            None => {
                let number = references.joins.len();
                references.joins.push(source.join(number, referring).await.map_err(at)?);
                let complete = columns.iter().map(|name| ident(name).is_not_null());
                complete.fold(ident(format!("__known{number}")).is_null(), Expr::and)
            }
        };
        references.broken.insert(check.id.clone(), broken);
    }
    Ok(references)
}

/// The referenced columns of a table, cast to the types of those that refer to them.
struct KeySource<'a> {
    local: &'a Local,
    context: &'a SessionContext,
    reference: &'a Reference,
    columns: &'a [String],
    types: &'a [DataType],
}

impl KeySource<'_> {
    fn doing(&self) -> String {
        format!("reading the keys of {}", self.reference.dataset)
    }

    /// `None` without a table. The columns are named `<prefix><i>`.
    async fn frame(&self, prefix: &str) -> Result<Option<DataFrame>> {
        let doing = self.doing();
        let failed = |e| error::datafusion(&doing, e);
        let Some(table) = self.local.tables.open_rows(&self.reference.table).await? else { return Ok(None) };
        let provider = table.table_provider().with_session(Arc::new(self.context.state())).await.map_err(failed)?;
        table.update_datafusion_session(&self.context.state()).map_err(|e| error::delta(&doing, e))?;
        let select: Vec<Expr> = self
            .columns
            .iter()
            .zip(self.types)
            .enumerate()
            .map(|(index, (name, to))| cast(ident(name), to.clone()).alias(format!("{prefix}{index}")))
            .collect();
        let frame = self.context.read_table(provider).and_then(|frame| frame.select(select));
        frame.map(Some).map_err(failed)
    }

    /// All keys in memory; `None` when they need more than `budget`, or more than there is.
    async fn hold(&self, budget: usize) -> Result<Option<Keys>> {
        let doing = self.doing();
        let failed = |e| error::datafusion(&doing, e);
        let converter = RowConverter::new(self.types.iter().cloned().map(SortField::new).collect())
            .map_err(|e| error::arrow(&doing, e))?;
        let reservation = MemoryConsumer::new("reference keys").register(self.local.sessions.pool());
        let mut keys = Keys { converter, rows: HashSet::new(), types: self.types.to_vec(), reservation };
        let Some(frame) = self.frame("key").await? else { return Ok(Some(keys)) };
        let mut stream = frame.execute_stream().await.map_err(failed)?;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(failed)?;
            if !keys.add(batch.columns(), budget).map_err(|e| error::arrow(&doing, e))? {
                return Ok(None);
            }
        }
        Ok(Some(keys))
    }

    /// The columns that refer, as the referenced table has them: where it keeps its keys protected, in their protected form.
    async fn referring(
        &self,
        dataset: &Dataset,
        columns: &[String],
        protector: Option<&Protector>,
    ) -> Result<Vec<Expr>> {
        let plain = || columns.iter().map(ident).collect();
        let Some(protector) = protector else { return Ok(plain()) };
        let Some(table) = self.local.tables.open(&self.reference.table).await? else { return Ok(plain()) };
        let marks = protect::marks(&table)?;
        let referring = columns.iter().zip(self.columns).map(|(name, to)| {
            let column = protector.column(name).filter(|column| column.keeps_equality() && marks.contains_key(to));
            match (column, dataset.column(name)) {
                (Some(column), Some(of)) => Protected::expr(column, sql::arrow_type(&of.data_type)),
                _ => ident(name),
            }
        });
        Ok(referring.collect())
    }

    async fn join(&self, number: usize, referring: Vec<Expr>) -> Result<Join> {
        let doing = self.doing();
        let failed = |e| error::datafusion(&doing, e);
        let prefix = format!("__k{number}_");
        let Some(frame) = self.frame(&prefix).await? else {
            return Err(engine::Error::new(engine::Kind::Outside, format!("{doing}: the table has vanished")));
        };
        let names: Vec<String> = (0..self.columns.len()).map(|index| format!("{prefix}{index}")).collect();
        let complete = names.iter().map(|name| ident(name).is_not_null()).reduce(Expr::and);
        let mut select: Vec<Expr> = names.iter().map(ident).collect();
        select.push(lit(true).alias(format!("__known{number}")));
        let keys = frame
            .filter(complete.unwrap_or_else(|| lit(true)))
            .and_then(DataFrame::distinct)
            .and_then(|frame| frame.select(select))
            .map_err(failed)?;
        let on = referring.into_iter().zip(&names).map(|(value, key)| value.eq(ident(key))).collect();
        Ok(Join { keys, on })
    }
}

struct Keys {
    converter: RowConverter,
    rows: HashSet<Box<[u8]>>,
    types: Vec<DataType>,
    reservation: MemoryReservation,
}

impl Keys {
    /// False when there is no room.
    fn add(&mut self, columns: &[ArrayRef], budget: usize) -> Result<bool, arrow::error::ArrowError> {
        let rows = self.converter.convert_columns(columns)?;
        let mut grown = 0;
        for row in rows.iter() {
            if !self.rows.contains(row.data()) {
                grown += row.data().len() + KEY_OVERHEAD;
                self.rows.insert(row.data().into());
            }
        }
        Ok(self.reservation.size() + grown <= budget && self.reservation.try_grow(grown).is_ok())
    }
}

/// `missing_key(columns…)`: true where no column is NULL and the keys do not hold the values.
struct MissingKey {
    name: String,
    keys: Keys,
    signature: Signature,
}

impl MissingKey {
    fn new(check: &str, keys: Keys) -> Self {
        let signature = Signature::exact(keys.types.clone(), Volatility::Immutable);
        Self { name: format!("missing_key_{check}"), keys, signature }
    }
}

impl std::fmt::Debug for MissingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} over {} keys", self.name, self.keys.rows.len())
    }
}

/// Two of them are equal when they look into the same keys.
impl PartialEq for MissingKey {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for MissingKey {}

impl Hash for MissingKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for MissingKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DataFusionResult<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let rows =
            self.keys.converter.convert_columns(&arrays).map_err(|e| DataFusionError::ArrowError(Box::new(e), None))?;
        let missing: BooleanArray = rows
            .iter()
            .enumerate()
            .map(|(row, key)| {
                let known = arrays.iter().any(|array| array.is_null(row)) || self.keys.rows.contains(key.data());
                Some(!known)
            })
            .collect();
        Ok(ColumnarValue::Array(Arc::new(missing)))
    }
}
