//! The dependences of a planned expression.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::super::flow::{Direct, Flow, Indirect, Use};
use super::super::words;
use super::{Input, Walk};

impl<'p> Walk<'p> {
    pub(super) fn expr(&mut self, input: Input<'_, 'p>, expr: &'p Expr, how: Use, out: &mut Flow) {
        let computed = how.at_least(Direct::Transformation);
        match expr {
            Expr::Column(column) => {
                if let Some(flow) = self.column(input, column) {
                    out.absorb(&flow, how);
                }
            }
            Expr::OuterReferenceColumn(_, column) => {
                let found = self
                    .outer
                    .iter()
                    .rev()
                    .find_map(|(schema, node)| node.columns.get(schema.maybe_index_of_column(column)?).cloned());
                if let Some(flow) = found {
                    out.absorb(&flow, how);
                }
            }
            Expr::Alias(alias) => self.expr(input, &alias.expr, how, out),
            Expr::Case(case) => {
                let steering = how.steering(Indirect::Conditional);
                if let Some(operand) = &case.expr {
                    self.expr(input, operand, steering, out);
                }
                for (when, then) in &case.when_then_expr {
                    self.expr(input, when, steering, out);
                    self.expr(input, then, computed, out);
                }
                if let Some(otherwise) = &case.else_expr {
                    self.expr(input, otherwise, computed, out);
                }
            }
            Expr::AggregateFunction(function) => {
                let params = &function.params;
                let value = how.at_least(Direct::Aggregation).masking(words::masks(function.func.name()));
                self.exprs(input, &params.args, value, out);
                self.exprs(input, params.filter.as_deref(), how.steering(Indirect::Conditional), out);
                self.sorts(input, &params.order_by, how.steering(Indirect::Sort), out);
            }
            Expr::WindowFunction(function) => {
                let params = &function.params;
                let name = function.fun.name();
                let kind = if words::is_aggregate(name) { Direct::Aggregation } else { Direct::Transformation };
                self.exprs(input, &params.args, how.at_least(kind).masking(words::masks(name)), out);
                self.exprs(input, &params.partition_by, how.steering(Indirect::Window), out);
                self.sorts(input, &params.order_by, how.steering(Indirect::Window), out);
                self.exprs(input, params.filter.as_deref(), how.steering(Indirect::Conditional), out);
            }
            Expr::ScalarFunction(function) => {
                let name = function.func.name();
                let masked = computed.masking(words::masks(name));
                for (index, argument) in function.args.iter().enumerate() {
                    let decides = index < words::deciding_arguments(name) || name == "nullif" && index == 1;
                    let how = if decides { masked.steering(Indirect::Conditional) } else { masked };
                    self.expr(input, argument, how, out);
                }
            }
            Expr::ScalarSubquery(subquery) => self.subquery(input, &subquery.subquery, how, out),
            Expr::InSubquery(of) => {
                self.expr(input, &of.expr, computed, out);
                self.subquery(input, &of.subquery.subquery, computed, out);
            }
            Expr::SetComparison(of) => {
                self.expr(input, &of.expr, computed, out);
                self.subquery(input, &of.subquery.subquery, computed, out);
            }
            Expr::Exists(exists) => {
                let node = self.inside(input, &exists.subquery.subquery);
                out.absorb_steers(&node.rows, how);
            }
            _ => self.children(input, expr, computed, out),
        }
    }

    fn exprs(&mut self, input: Input<'_, 'p>, exprs: impl IntoIterator<Item = &'p Expr>, how: Use, out: &mut Flow) {
        for expr in exprs {
            self.expr(input, expr, how, out);
        }
    }

    fn sorts(&mut self, input: Input<'_, 'p>, sorts: &'p [Sort], how: Use, out: &mut Flow) {
        for sort in sorts {
            self.expr(input, &sort.expr, how, out);
        }
    }

    /// Operators, casts and their like: the value is computed from all of what they hold.
    fn children(&mut self, input: Input<'_, 'p>, expr: &'p Expr, how: Use, out: &mut Flow) {
        let mut children: Vec<&'p Expr> = Vec::new();
        let _ = expr.apply_children(|child| {
            children.push(child);
            Ok(TreeNodeRecursion::Continue)
        });
        for child in children {
            self.expr(input, child, how, out);
        }
    }

    fn subquery(&mut self, input: Input<'_, 'p>, plan: &'p LogicalPlan, how: Use, out: &mut Flow) {
        let node = self.inside(input, plan);
        for column in &node.columns {
            out.absorb(column, how);
        }
        out.absorb_steers(&node.rows, how);
    }

    fn inside(&mut self, input: Input<'_, 'p>, plan: &'p LogicalPlan) -> super::Node {
        self.outer.push((input.schema, input.node.clone()));
        let node = self.node(plan);
        self.outer.pop();
        node
    }
}
