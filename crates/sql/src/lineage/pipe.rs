//! Pipe syntax: `FROM t |> WHERE … |> AGGREGATE …`, each operator making a new result of the one before.

use std::rc::Rc;

use datafusion::sql::sqlparser::ast::{
    AssignmentTarget, Expr, ExprWithAliasAndOrderBy, PipeOperator, Query, SelectItem, SetOperator, SetQuantifier,
};

use super::flow::{Flow, Indirect, Use};
use super::projection::{hide, put};
use super::query::of_shape;
use super::resolve::{Aliases, Place, Resolver};
use super::scope::{Column, Env, Item, Scope, Shape};

impl Resolver<'_> {
    pub fn pipe(&mut self, operator: &PipeOperator, mut shape: Shape, env: &Env, parent: Option<&Scope>) -> Shape {
        let mut rows = Flow { direct: Vec::new(), indirect: std::mem::take(&mut shape.rows) };
        let mut scope = of_shape(shape.clone(), parent);
        let mut items = shape.items;
        let place = Place { scope: &scope, env, aliases: Aliases::Lateral };
        match operator {
            PipeOperator::Where { expr } => self.expr(place, expr, Use::rows(Indirect::Filter), &mut rows),
            PipeOperator::OrderBy { exprs } => self.orders(place, exprs, Use::rows(Indirect::Sort), &mut rows),
            PipeOperator::Select { exprs } => {
                items = self.pipe_items(exprs, &mut scope, env);
            }
            PipeOperator::Extend { exprs } => {
                let added = self.pipe_items(exprs, &mut scope, env);
                items.extend(added);
            }
            PipeOperator::Set { assignments } => {
                for assignment in assignments {
                    let AssignmentTarget::ColumnName(name) = &assignment.target else { continue };
                    let Some(ident) = name.0.last().and_then(|part| part.as_ident()) else { continue };
                    let flow = Rc::new(self.value(place, &assignment.value));
                    let column = Column { name: self.named(ident), flow };
                    put(&mut items, &column.name.key.clone(), column);
                }
            }
            PipeOperator::Drop { columns } => {
                let keys: Vec<String> = columns.iter().map(|column| self.dialect.key(column)).collect();
                hide(&mut items, &keys);
            }
            PipeOperator::Rename { mappings } => {
                for mapping in mappings {
                    let flow = self.value(place, &Expr::Identifier(mapping.ident.clone()));
                    let column = Column { name: self.named(&mapping.alias), flow: Rc::new(flow) };
                    put(&mut items, &self.dialect.key(&mapping.ident), column);
                }
            }
            PipeOperator::Aggregate { full_table_exprs, group_by_expr } => {
                items.clear();
                for (index, grouped) in group_by_expr.iter().enumerate() {
                    let column = self.pipe_column(place, grouped, index);
                    rows.absorb(&column.flow, Use::rows(Indirect::GroupBy));
                    items.push(Item::Column(column));
                }
                for (index, aggregate) in full_table_exprs.iter().enumerate() {
                    let column = self.pipe_column(place, aggregate, group_by_expr.len() + index);
                    items.push(Item::Column(column));
                }
            }
            PipeOperator::Union { set_quantifier, queries } => {
                return self.pipe_set(items, rows, SetOperator::Union, *set_quantifier, queries, env, parent);
            }
            PipeOperator::Intersect { set_quantifier, queries } => {
                return self.pipe_set(items, rows, SetOperator::Intersect, *set_quantifier, queries, env, parent);
            }
            PipeOperator::Except { set_quantifier, queries } => {
                return self.pipe_set(items, rows, SetOperator::Except, *set_quantifier, queries, env, parent);
            }
            PipeOperator::Join(join) => {
                self.join(join, &mut scope, env, &mut rows);
                items = self.star(&scope);
            }
            PipeOperator::Pivot { aggregate_functions, value_column, value_source, .. } => {
                let turned: Vec<Expr> = value_column.iter().cloned().map(Expr::Identifier).collect();
                items = self.pivot(place, items, aggregate_functions, &turned, value_source, &mut rows).items;
            }
            PipeOperator::Unpivot { value_column, name_column, unpivot_columns, .. } => {
                let columns: Vec<_> = unpivot_columns
                    .iter()
                    .map(|column| datafusion::sql::sqlparser::ast::ExprWithAlias {
                        expr: Expr::Identifier(column.clone()),
                        alias: None,
                    })
                    .collect();
                items = self.unpivot(place, items, std::slice::from_ref(value_column), name_column, &columns).items;
            }
            PipeOperator::Call { function, .. } => {
                let mut flow = Flow::default();
                self.function(place, function, Use::VALUE, &mut flow);
                rows.absorb(&flow, Use::rows(Indirect::Filter));
            }
            PipeOperator::Limit { .. } | PipeOperator::As { .. } | PipeOperator::TableSample { .. } => {}
        }
        Shape { items, rows: rows.indirect }
    }

    fn pipe_items(&mut self, exprs: &[SelectItem], scope: &mut Scope, env: &Env) -> Vec<Item> {
        let mut items = Vec::with_capacity(exprs.len());
        for (index, item) in exprs.iter().enumerate() {
            self.select_item(item, index, scope, env, &mut items);
        }
        items
    }

    fn pipe_column(&mut self, place: Place, expr: &ExprWithAliasAndOrderBy, index: usize) -> Column {
        let name = match &expr.expr.alias {
            Some(alias) => self.named(alias),
            None => self.expression_name(&expr.expr.expr, index),
        };
        Column { name, flow: Rc::new(self.value(place, &expr.expr.expr)) }
    }

    #[allow(clippy::too_many_arguments)] // the operator's three parts and where it stands
    fn pipe_set(
        &mut self,
        items: Vec<Item>,
        rows: Flow,
        operator: SetOperator,
        quantifier: SetQuantifier,
        queries: &[Query],
        env: &Env,
        parent: Option<&Scope>,
    ) -> Shape {
        let mut shape = Shape { items, rows: rows.indirect };
        for query in queries {
            let right = (*self.query(query, env, parent)).clone();
            shape = self.set_operation(shape, right, operator, quantifier);
        }
        shape
    }
}
