//! A test of one column's values as a scalar function: what no native kernel does.

use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, BooleanArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// Decides each value of an array; what it says where the array is NULL does not matter.
pub(super) trait Test: Send + Sync {
    fn holds(&self, array: &dyn Array) -> Result<BooleanBuffer>;
}

/// `name(column)`: true where the test holds, NULL for NULL. The name says everything about the test: two tests of one name
/// are the same.
pub(super) fn call(name: String, test: impl Test + 'static, column: Expr) -> Expr {
    let signature = Signature::any(1, Volatility::Immutable);
    ScalarUDF::new_from_impl(ColumnTest { name, test: Arc::new(test), signature }).call(vec![column])
}

struct ColumnTest {
    name: String,
    test: Arc<dyn Test>,
    signature: Signature,
}

impl ScalarUDFImpl for ColumnTest {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(value) = arguments.args.first() else {
            return exec_err!("`{}` needs a column", self.name);
        };
        let array = value.to_array(arguments.number_rows)?;
        let holds = BooleanArray::new(self.test.holds(&array)?, array.logical_nulls());
        Ok(ColumnarValue::Array(Arc::new(holds)))
    }
}

impl Debug for ColumnTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for ColumnTest {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ColumnTest {}

impl Hash for ColumnTest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}
