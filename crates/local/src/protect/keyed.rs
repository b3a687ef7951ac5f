//! A protection as a function of a plan: what a column will be, for lookups in tables where it is so already.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, ident,
};

use super::ColumnProtector;

/// `protected(column)`.
pub(crate) struct Protected {
    column: Arc<ColumnProtector>,
    name: String,
    signature: Signature,
}

impl Protected {
    pub fn expr(column: &Arc<ColumnProtector>, data_type: DataType) -> Expr {
        let function = Self {
            column: column.clone(),
            name: format!("protected_{}", column.name),
            signature: Signature::exact(vec![data_type], Volatility::Immutable),
        };
        ScalarUDF::from(function).call(vec![ident(&column.name)])
    }
}

impl std::fmt::Debug for Protected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for Protected {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.column, &other.column)
    }
}

impl Eq for Protected {}

impl Hash for Protected {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Protected {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        Ok(arguments.first().cloned().unwrap_or(DataType::Null))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(values) = arrays.first() else {
            return Err(DataFusionError::Internal("a protection takes one column".into()));
        };
        let made = self.column.apply(values).map_err(|e| DataFusionError::External(Box::new(e)))?;
        Ok(ColumnarValue::Array(made))
    }
}
