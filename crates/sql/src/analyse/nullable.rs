//! Which columns of a plan's result can be NULL, as far as the SQL tells.
//!
//! DataFusion knows the inputs' required columns and what outer joins do to them. Two things are added: a condition that
//! NULL does not pass makes its columns non-null behind it, and an aggregate over the non-empty groups of a GROUP BY is not
//! NULL when its arguments are not.

use std::sync::Arc;

use datafusion::arrow::datatypes::Field;
use datafusion::common::{DFSchema, JoinType, NullEquality, Result};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Join, LogicalPlan, Operator};

/// One flag per column of the plan's schema: whether it can be NULL.
pub(super) fn refine(plan: &LogicalPlan) -> Result<Vec<bool>> {
    let schema = plan.schema();
    let own = || schema.fields().iter().map(|field| field.is_nullable()).collect::<Vec<_>>();
    Ok(match plan {
        LogicalPlan::Projection(projection) => of_exprs(&projection.expr, &narrowed(&projection.input)?)?,
        LogicalPlan::Filter(filter) => {
            let mut nullable = refine(&filter.input)?;
            reject(&filter.predicate, filter.input.schema(), &mut nullable);
            nullable
        }
        LogicalPlan::Aggregate(aggregate) => {
            let input = narrowed(&aggregate.input)?;
            let grouped = !aggregate.group_expr.is_empty();
            let mut nullable = own();
            let plain = !aggregate.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_)));
            if plain {
                nullable = of_exprs(&aggregate.group_expr, &input)?;
                for expr in &aggregate.aggr_expr {
                    nullable.push(expr.nullable(&input)? && !(grouped && keeps_non_null(expr, &input)?));
                }
            }
            nullable
        }
        LogicalPlan::Window(window) => {
            let input = narrowed(&window.input)?;
            let mut nullable = refine(&window.input)?;
            nullable.extend(of_exprs(&window.window_expr, &input)?);
            nullable
        }
        LogicalPlan::Join(join) => of_join(join, own())?,
        LogicalPlan::Union(union) => {
            let mut nullable = vec![false; schema.fields().len()];
            for input in &union.inputs {
                for (all, one) in nullable.iter_mut().zip(refine(input)?) {
                    *all |= one;
                }
            }
            nullable
        }
        LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Repartition(_)
        | LogicalPlan::Distinct(datafusion::logical_expr::Distinct::All(_)) => match plan.inputs().as_slice() {
            [input] => refine(input)?,
            _ => own(),
        },
        _ => own(),
    })
}

/// The plan's schema with what is known about NULL.
fn narrowed(plan: &LogicalPlan) -> Result<DFSchema> {
    let schema = plan.schema();
    let fields = schema.iter().zip(refine(plan)?).map(|((table, field), nullable)| {
        let field = Field::clone(field).with_nullable(field.is_nullable() && nullable);
        (table.cloned(), Arc::new(field))
    });
    DFSchema::new_with_metadata(fields.collect(), schema.metadata().clone())
}

fn of_exprs(exprs: &[Expr], input: &DFSchema) -> Result<Vec<bool>> {
    exprs.iter().map(|expr| expr.nullable(input)).collect()
}

fn of_join(join: &Join, own: Vec<bool>) -> Result<Vec<bool>> {
    let (left, right) = (refine(&join.left)?, refine(&join.right)?);
    let open = |side: Vec<bool>| vec![true; side.len()];
    let mut nullable = match join.join_type {
        JoinType::Inner => [left, right].concat(),
        JoinType::Left => [left, open(right)].concat(),
        JoinType::Right => [open(left), right].concat(),
        JoinType::Full => [open(left), open(right)].concat(),
        JoinType::LeftSemi | JoinType::LeftAnti => left,
        JoinType::RightSemi | JoinType::RightAnti => right,
        JoinType::LeftMark | JoinType::RightMark => own,
    };
    if join.join_type == JoinType::Inner && join.null_equality == NullEquality::NullEqualsNothing {
        for (left, right) in &join.on {
            reject_columns(&[left, right], &join.schema, &mut nullable);
        }
        if let Some(filter) = &join.filter {
            reject(filter, &join.schema, &mut nullable);
        }
    }
    Ok(nullable)
}

/// Marks columns that cannot be NULL where the condition is true.
fn reject(condition: &Expr, schema: &DFSchema, nullable: &mut [bool]) {
    for part in split_conjunction(condition) {
        match part {
            Expr::IsNotNull(inner) | Expr::IsTrue(inner) | Expr::IsFalse(inner) | Expr::Not(inner) => {
                reject_columns(&[inner], schema, nullable);
            }
            Expr::BinaryExpr(BinaryExpr { left, op, right }) if rejects_null(*op) => {
                reject_columns(&[left, right], schema, nullable);
            }
            Expr::Between(between) => reject_columns(&[&between.expr, &between.low, &between.high], schema, nullable),
            Expr::InList(list) => reject_columns(&[&list.expr], schema, nullable),
            Expr::Like(like) => reject_columns(&[&like.expr, &like.pattern], schema, nullable),
            Expr::Column(_) => reject_columns(&[part], schema, nullable),
            _ => {}
        }
    }
}

fn rejects_null(operator: Operator) -> bool {
    operator.supports_propagation()
        || matches!(operator, Operator::NotEq | Operator::RegexMatch | Operator::RegexNotMatch)
}

/// Columns themselves, also behind a cast, which gives NULL for NULL.
fn reject_columns(exprs: &[&Expr], schema: &DFSchema, nullable: &mut [bool]) {
    for expr in exprs {
        let mut inner = *expr;
        while let Expr::Cast(cast) = inner {
            inner = &cast.expr;
        }
        if let Expr::Column(column) = inner
            && let Some(at) = schema.maybe_index_of_column(column)
            && let Some(flag) = nullable.get_mut(at)
        {
            *flag = false;
        }
    }
}

/// Aggregates that return one of their arguments' values, or a number made from all of them.
fn keeps_non_null(expr: &Expr, input: &DFSchema) -> Result<bool> {
    const NAMES: [&str; 12] = [
        "sum",
        "min",
        "max",
        "avg",
        "mean",
        "median",
        "first_value",
        "last_value",
        "bool_and",
        "bool_or",
        "array_agg",
        "string_agg",
    ];
    let mut expr = expr;
    while let Expr::Alias(alias) = expr {
        expr = &alias.expr;
    }
    let Expr::AggregateFunction(call) = expr else { return Ok(false) };
    if call.params.filter.is_some() || !NAMES.contains(&call.func.name()) {
        return Ok(false);
    }
    for argument in &call.params.args {
        if argument.nullable(input)? {
            return Ok(false);
        }
    }
    Ok(true)
}
