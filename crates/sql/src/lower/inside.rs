//! Rules about values inside a value: fields of objects, items of arrays, keys and values of maps.
//!
//! The values at the place are laid out one after the other, each with its row, and the rule's expression is evaluated on
//! them like on any column. A row violates the rule when one of its values does. Where something on the way is NULL, there
//! is no value.

use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use contract::{DataType, Step};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, GenericListArray, ListArray, OffsetSizeTrait,
    RecordBatch, RecordBatchOptions, UInt32Array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::{DataType as ArrowType, Field, FieldRef, Schema, SchemaRef};
use datafusion::common::{DFSchema, Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_plan::PhysicalExpr;

use crate::functions::session_state;
use crate::types::arrow_type;

/// What the rule's expression calls one value.
pub(super) const VALUE: &str = "value";

/// True where `rule`, an expression over [`VALUE`], is true for any value at the place inside `column`.
pub(super) fn any(column: Expr, steps: &[Step], data_type: &DataType, rule: Expr) -> Result<Expr, String> {
    let schema = Arc::new(Schema::new(vec![Field::new(VALUE, arrow_type(data_type), true)]));
    any_of(column, steps, Shape::Value, schema, &rule)
}

/// The same for objects, whose fields are the columns of the rule's expression.
pub(super) fn any_object(column: Expr, steps: &[Step], fields: SchemaRef, rule: Expr) -> Result<Expr, String> {
    any_of(column, steps, Shape::Object, fields, &rule)
}

fn any_of(column: Expr, steps: &[Step], shape: Shape, schema: SchemaRef, rule: &Expr) -> Result<Expr, String> {
    let failed = |error: datafusion::error::DataFusionError| error.strip_backtrace();
    let columns = DFSchema::try_from(schema.as_ref().clone()).map_err(failed)?;
    let physical = session_state().create_physical_expr(rule.clone(), &columns).map_err(failed)?;
    // Two functions of one name are the same, so the name says all.
    let name = format!("any{steps:?}({rule})");
    let signature = Signature::any(1, Volatility::Immutable);
    let function = AnyInside { name, steps: steps.to_vec(), shape, schema, rule: physical, signature };
    Ok(ScalarUDF::new_from_impl(function).call(vec![column]))
}

/// A list of all values at the place inside `column`, for each row.
pub(super) fn values(column: Expr, steps: &[Step], data_type: &DataType) -> Expr {
    let item = Arc::new(Field::new_list_field(arrow_type(data_type), true));
    let name = format!("values{steps:?}");
    let signature = Signature::any(1, Volatility::Immutable);
    ScalarUDF::new_from_impl(ValuesInside { name, steps: steps.to_vec(), item, signature }).call(vec![column])
}

/// What the rule's expression has as columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One: the value.
    Value,
    /// The fields of the value.
    Object,
}

/// Values in a row of their own, with the row of the batch that each belongs to.
struct Laid {
    values: ArrayRef,
    /// `None`: value `i` belongs to row `i`.
    rows: Option<Vec<u32>>,
}

impl Laid {
    fn row(&self, at: usize) -> usize {
        self.rows.as_ref().map_or(at, |rows| rows[at] as usize)
    }

    fn along(column: ArrayRef, steps: &[Step]) -> Result<Self> {
        steps.iter().try_fold(Self { values: column, rows: None }, Self::step)
    }

    fn step(self, step: &Step) -> Result<Self> {
        let values = self.values.clone();
        match (step, values.data_type()) {
            (Step::Field(name), ArrowType::Struct(_)) => {
                let present = self.present()?;
                let object = present.values.as_struct();
                let Some(field) = object.column_by_name(name) else {
                    return exec_err!("an object has no field `{name}`");
                };
                Ok(Self { values: field.clone(), rows: present.rows })
            }
            (Step::Items, ArrowType::List(_)) => self.items(values.as_list::<i32>()),
            (Step::Items, ArrowType::LargeList(_)) => self.items(values.as_list::<i64>()),
            (Step::Keys | Step::Values, ArrowType::Map(..)) => {
                let map = values.as_map();
                let inner = if *step == Step::Keys { map.keys() } else { map.values() };
                self.flat(map.offsets(), map.nulls(), inner)
            }
            (step, other) => exec_err!("a rule about {step:?} met {other}"),
        }
    }

    /// Without the values that are NULL.
    fn present(self) -> Result<Self> {
        let Some(nulls) = self.values.nulls().filter(|nulls| nulls.null_count() > 0) else { return Ok(self) };
        let kept: Vec<u32> = nulls.valid_indices().map(index).collect();
        let rows = kept.iter().map(|at| index(self.row(*at as usize))).collect();
        Ok(Self { values: take(&self.values, &UInt32Array::from(kept), None)?, rows: Some(rows) })
    }

    fn items<O: OffsetSizeTrait>(&self, list: &GenericListArray<O>) -> Result<Self> {
        self.flat(list.offsets(), list.nulls(), list.values())
    }

    fn flat<O: OffsetSizeTrait>(
        &self,
        offsets: &OffsetBuffer<O>,
        nulls: Option<&NullBuffer>,
        inner: &ArrayRef,
    ) -> Result<Self> {
        let mut rows = Vec::with_capacity(inner.len());
        let mut kept: Vec<u32> = Vec::with_capacity(inner.len());
        for at in 0..offsets.len().saturating_sub(1) {
            if nulls.is_some_and(|nulls| nulls.is_null(at)) {
                continue;
            }
            let row = index(self.row(at));
            for item in offsets[at].as_usize()..offsets[at + 1].as_usize() {
                kept.push(index(item));
                rows.push(row);
            }
        }
        let whole = kept.len() == inner.len();
        let values = if whole { inner.clone() } else { take(inner, &UInt32Array::from(kept), None)? };
        Ok(Self { values, rows: Some(rows) })
    }
}

/// Batches have far fewer rows and items than this type can count.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

struct AnyInside {
    name: String,
    steps: Vec<Step>,
    shape: Shape,
    schema: SchemaRef,
    rule: Arc<dyn PhysicalExpr>,
    signature: Signature,
}

impl AnyInside {
    fn rows(&self, column: ArrayRef) -> Result<BooleanArray> {
        let count = column.len();
        let laid = Laid::along(column, &self.steps)?;
        let laid = if self.shape == Shape::Object { laid.present()? } else { laid };
        let columns: Vec<ArrayRef> = match self.shape {
            Shape::Value => vec![laid.values.clone()],
            Shape::Object => laid.values.as_struct().columns().to_vec(),
        };
        let typed = columns.iter().zip(self.schema.fields()).map(|(array, field)| {
            let right = array.data_type() == field.data_type();
            if right { Ok(array.clone()) } else { Ok(cast(array, field.data_type())?) }
        });
        let typed = typed.collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(laid.values.len()));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), typed, &options)?;
        let violated = self.rule.evaluate(&batch)?.into_array(batch.num_rows())?;
        let mut found = BooleanBufferBuilder::new(count);
        found.append_n(count, false);
        let violated = violated.as_boolean();
        for at in (0..violated.len()).filter(|at| violated.is_valid(*at) && violated.value(*at)) {
            found.set_bit(laid.row(at), true);
        }
        Ok(BooleanArray::new(found.finish(), None))
    }
}

struct ValuesInside {
    name: String,
    steps: Vec<Step>,
    item: FieldRef,
    signature: Signature,
}

impl ValuesInside {
    fn lists(&self, column: ArrayRef) -> Result<ListArray> {
        let count = column.len();
        let laid = Laid::along(column, &self.steps)?;
        let mut lengths = vec![0_usize; count];
        (0..laid.values.len()).for_each(|at| lengths[laid.row(at)] += 1);
        let values = cast(&laid.values, self.item.data_type())?;
        Ok(ListArray::try_new(self.item.clone(), OffsetBuffer::from_lengths(lengths), values, None)?)
    }
}

macro_rules! function_over_a_column {
    ($function:ident, $method:ident, |$own:ident| $type:expr) => {
        impl ScalarUDFImpl for $function {
            fn name(&self) -> &str {
                &self.name
            }

            fn signature(&self) -> &Signature {
                &self.signature
            }

            fn return_type(&self, _: &[ArrowType]) -> Result<ArrowType> {
                let $own = self;
                Ok($type)
            }

            fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
                let Some(value) = arguments.args.first() else { return exec_err!("`{}` needs a column", self.name) };
                let array = value.to_array(arguments.number_rows)?;
                Ok(ColumnarValue::Array(Arc::new(self.$method(array)?)))
            }
        }

        impl Debug for $function {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.name)
            }
        }

        impl PartialEq for $function {
            fn eq(&self, other: &Self) -> bool {
                self.name == other.name
            }
        }

        impl Eq for $function {}

        impl Hash for $function {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.name.hash(state);
            }
        }
    };
}

function_over_a_column!(AnyInside, rows, |_own| ArrowType::Boolean);
function_over_a_column!(ValuesInside, lists, |own| ArrowType::List(own.item.clone()));
