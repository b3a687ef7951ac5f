//! Reference checks: the keys of the referenced table, held once, looked up in the same pass as all other row checks.

use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, SortField};
use contract::{Dataset, Rule};
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, cast, ident,
};
use datafusion::prelude::SessionContext;
use engine::{Error, Kind, Reference, Result};
use futures::StreamExt;

use crate::{Local, error};

/// One function per reference check, by check id: true where the reference is broken. A check whose table does not exist yet
/// finds no key, so every reference is broken; that is what the data says.
pub(crate) async fn load(
    local: &Local,
    context: &SessionContext,
    dataset: &Dataset,
    tables: &[Reference],
) -> Result<HashMap<String, Arc<ScalarUDF>>> {
    let mut functions = HashMap::new();
    for check in &dataset.checks {
        let Rule::Reference { columns, to_dataset, to_columns } = &check.rule else { continue };
        let Some(table) = tables.iter().find(|table| table.dataset == *to_dataset) else { continue };
        let types: Vec<DataType> = columns
            .iter()
            .filter_map(|name| dataset.column(name))
            .map(|column| sql::arrow_type(&column.data_type))
            .collect();
        if types.len() != columns.len() || columns.len() != to_columns.len() {
            continue;
        }
        let keys = Keys::read(local, context, table, to_columns, types)
            .await
            .map_err(|e| e.at(format!("check {}", check.id)))?;
        functions.insert(check.id.clone(), Arc::new(ScalarUDF::from(MissingKey::new(&check.id, keys))));
    }
    Ok(functions)
}

struct Keys {
    converter: RowConverter,
    rows: HashSet<Box<[u8]>>,
    types: Vec<DataType>,
    _reservation: MemoryReservation,
}

impl Keys {
    async fn read(
        local: &Local,
        context: &SessionContext,
        reference: &Reference,
        columns: &[String],
        types: Vec<DataType>,
    ) -> Result<Self> {
        let doing = format!("reading the keys of {}", reference.dataset);
        let converter = RowConverter::new(types.iter().cloned().map(SortField::new).collect())
            .map_err(|e| error::arrow(&doing, e))?;
        let reservation = MemoryConsumer::new("reference keys").register(local.sessions.pool());
        let mut keys = Self { converter, rows: HashSet::new(), types, _reservation: reservation };
        let Some(table) = local.tables.open(&reference.table).await? else { return Ok(keys) };
        let provider = table.table_provider().with_session(Arc::new(context.state())).await;
        let provider = provider.map_err(|e| error::datafusion(&doing, e))?;
        table.update_datafusion_session(&context.state()).map_err(|e| error::delta(&doing, e))?;
        let select = columns
            .iter()
            .zip(&keys.types)
            .map(|(name, to)| cast(ident(name), to.clone()).alias(name))
            .collect::<Vec<_>>();
        let frame = context.read_table(provider).and_then(|frame| frame.select(select));
        let mut stream = frame
            .map_err(|e| error::datafusion(&doing, e))?
            .execute_stream()
            .await
            .map_err(|e| error::datafusion(&doing, e))?;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(|e| error::datafusion(&doing, e))?;
            keys.add(batch.columns(), &doing)?;
        }
        Ok(keys)
    }

    fn add(&mut self, columns: &[ArrayRef], doing: &str) -> Result<()> {
        let rows = self.converter.convert_columns(columns).map_err(|e| error::arrow(doing, e))?;
        let mut grown = 0;
        for row in rows.iter() {
            if !self.rows.contains(row.data()) {
                grown += row.data().len() + 48;
                self.rows.insert(row.data().into());
            }
        }
        self._reservation.try_grow(grown).map_err(|e| {
            Error::new(Kind::Refused, format!("{doing}: the memory limit was reached: {e}"))
                .help("raise `memory` in plimsoll.toml: the keys of a referenced table are held in memory")
        })
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
