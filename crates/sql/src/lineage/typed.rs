//! Lineage from a planned query: every name is resolved, every star expanded, so nothing is left to tell apart.

mod expr;

use datafusion::common::{Column, DFSchema, JoinType};
use datafusion::logical_expr::expr::GroupingSet;
use datafusion::logical_expr::{Aggregate, Distinct, Expr, Join, LogicalPlan, RecursiveQuery, TableScan};

use super::flow::{Direct, Flow, Indirect, Leaves, Steer, Use, tidy_steers};

/// Rounds until a recursive query's dependences no longer grow.
const ROUNDS_MAX: usize = 64;

/// What a node of the plan gives: a flow per field of its schema, and what decides about its rows.
#[derive(Debug, Clone, Default, PartialEq)]
struct Node {
    columns: Vec<Flow>,
    rows: Vec<Steer>,
}

/// The output columns of a plan: name, flow, rows.
pub fn columns(plan: &LogicalPlan) -> (Leaves, Vec<(String, Flow, Vec<Steer>)>) {
    let mut walk = Walk { leaves: Leaves::default(), outer: Vec::new(), work: Vec::new() };
    let mut node = walk.node(plan);
    tidy_steers(&mut node.rows);
    let names = plan.schema().fields().iter().map(|field| field.name().clone());
    let columns = names.zip(node.columns).map(|(name, flow)| (name, flow.tidied(), node.rows.clone())).collect();
    (walk.leaves, columns)
}

struct Walk<'p> {
    leaves: Leaves,
    /// The inputs of the queries around a subquery, the innermost last.
    outer: Vec<(&'p DFSchema, Node)>,
    /// Recursive queries by name, as far as they are followed.
    work: Vec<(String, Node)>,
}

/// Where an expression's columns are looked up.
#[derive(Clone, Copy)]
struct Input<'a, 'p> {
    schema: &'p DFSchema,
    node: &'a Node,
}

impl<'p> Walk<'p> {
    fn node(&mut self, plan: &'p LogicalPlan) -> Node {
        match plan {
            LogicalPlan::Projection(projection) => {
                let inner = self.node(&projection.input);
                self.computed(&projection.expr, projection.input.schema(), inner)
            }
            LogicalPlan::Filter(filter) => {
                let inner = self.node(&filter.input);
                self.decided([&filter.predicate], Indirect::Filter, filter.input.schema(), inner)
            }
            LogicalPlan::Window(window) => {
                let inner = self.node(&window.input);
                let mut added = self.computed(&window.window_expr, window.input.schema(), inner.clone());
                added.columns.splice(0..0, inner.columns);
                added
            }
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate),
            LogicalPlan::Sort(sort) => {
                let inner = self.node(&sort.input);
                let exprs = sort.expr.iter().map(|sort| &sort.expr);
                self.decided(exprs, Indirect::Sort, sort.input.schema(), inner)
            }
            LogicalPlan::Join(join) => self.join(join),
            LogicalPlan::Union(union) => {
                let mut nodes = union.inputs.iter().map(|input| self.node(input)).collect::<Vec<_>>().into_iter();
                let mut all = nodes.next().unwrap_or_default();
                for node in nodes {
                    for (column, other) in all.columns.iter_mut().zip(&node.columns) {
                        column.absorb(other, Use::VALUE);
                    }
                    all.rows.extend(node.rows);
                }
                all
            }
            LogicalPlan::TableScan(scan) => self.scan(scan),
            LogicalPlan::Values(values) => {
                let nothing = Node::default();
                let mut columns = vec![Flow::default(); values.schema.fields().len()];
                for row in &values.values {
                    for (column, expr) in columns.iter_mut().zip(row) {
                        self.expr(Input { schema: &values.schema, node: &nothing }, expr, Use::VALUE, column);
                    }
                }
                Node { columns, rows: Vec::new() }
            }
            LogicalPlan::Distinct(Distinct::All(input)) => {
                let mut node = self.node(input);
                let mut rows = Flow::default();
                for column in &node.columns {
                    rows.absorb(column, Use::rows(Indirect::GroupBy));
                }
                node.rows.extend(rows.indirect);
                node
            }
            LogicalPlan::Distinct(Distinct::On(on)) => {
                let inner = self.node(&on.input);
                let inner = self.decided(&on.on_expr, Indirect::GroupBy, on.input.schema(), inner);
                let sorts = on.sort_expr.iter().flatten().map(|sort| &sort.expr);
                let inner = self.decided(sorts, Indirect::Sort, on.input.schema(), inner);
                self.computed(&on.select_expr, on.input.schema(), inner)
            }
            LogicalPlan::Unnest(unnest) => {
                let inner = self.node(&unnest.input);
                let mut rows = Flow { direct: Vec::new(), indirect: inner.rows };
                for (index, _) in &unnest.list_type_columns {
                    if let Some(list) = inner.columns.get(*index) {
                        rows.absorb(list, Use::rows(Indirect::Join));
                    }
                }
                let taken: Vec<usize> = unnest
                    .list_type_columns
                    .iter()
                    .map(|(index, _)| *index)
                    .chain(unnest.struct_type_columns.iter().copied())
                    .collect();
                let column = |index: &usize| {
                    let flow = inner.columns.get(*index).cloned().unwrap_or_default();
                    if taken.contains(index) { transformed(&flow) } else { flow }
                };
                Node { columns: unnest.dependency_indices.iter().map(column).collect(), rows: rows.indirect }
            }
            LogicalPlan::RecursiveQuery(query) => self.recursive(query),
            LogicalPlan::Limit(limit) => self.node(&limit.input),
            LogicalPlan::SubqueryAlias(alias) => self.node(&alias.input),
            LogicalPlan::Subquery(subquery) => self.node(&subquery.subquery),
            LogicalPlan::Repartition(repartition) => self.node(&repartition.input),
            other => self.unknown(other),
        }
    }

    /// A node of a kind that queries do not have: all of its inputs' columns may be in each of its own.
    fn unknown(&mut self, plan: &'p LogicalPlan) -> Node {
        let mut all = Flow::default();
        let mut rows = Vec::new();
        for input in plan.inputs() {
            let node = self.node(input);
            for column in &node.columns {
                all.absorb(column, Use::VALUE.at_least(Direct::Transformation));
            }
            rows.extend(node.rows);
        }
        Node { columns: vec![all; plan.schema().fields().len()], rows }
    }

    fn computed(&mut self, exprs: &'p [Expr], schema: &'p DFSchema, inner: Node) -> Node {
        let mut columns = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let mut flow = Flow::default();
            self.expr(Input { schema, node: &inner }, expr, Use::VALUE, &mut flow);
            columns.push(flow.tidied());
        }
        Node { columns, rows: inner.rows }
    }

    fn decided(
        &mut self,
        exprs: impl IntoIterator<Item = &'p Expr>,
        kind: Indirect,
        schema: &'p DFSchema,
        mut inner: Node,
    ) -> Node {
        let mut rows = Flow { direct: Vec::new(), indirect: std::mem::take(&mut inner.rows) };
        for expr in exprs {
            self.expr(Input { schema, node: &inner }, expr, Use::rows(kind), &mut rows);
        }
        rows.tidy();
        inner.rows = rows.indirect;
        inner
    }

    fn aggregate(&mut self, aggregate: &'p Aggregate) -> Node {
        let schema: &DFSchema = aggregate.input.schema();
        let inner = self.node(&aggregate.input);
        let inner = self.decided(&aggregate.group_expr, Indirect::GroupBy, schema, inner);
        let groups: Vec<&Expr> = match aggregate.group_expr.as_slice() {
            [Expr::GroupingSet(set)] => distinct(set),
            exprs => exprs.iter().collect(),
        };
        let own = aggregate.schema.fields().len() - aggregate.aggr_expr.len();
        let mut columns = Vec::with_capacity(aggregate.schema.fields().len());
        let mut decides = Flow::default();
        for group in &groups {
            let mut flow = Flow::default();
            self.expr(Input { schema, node: &inner }, group, Use::VALUE, &mut flow);
            decides.absorb(&flow, Use::rows(Indirect::GroupBy));
            columns.push(flow.tidied());
        }
        // Grouping sets add a column that says which of the sets a row belongs to.
        columns.resize(own, decides);
        for expr in &aggregate.aggr_expr {
            let mut flow = Flow::default();
            self.expr(Input { schema, node: &inner }, expr, Use::VALUE, &mut flow);
            columns.push(flow.tidied());
        }
        Node { columns, rows: inner.rows }
    }

    fn join(&mut self, join: &'p Join) -> Node {
        let (left, right) = (self.node(&join.left), self.node(&join.right));
        let mut rows = Flow { direct: Vec::new(), indirect: left.rows.clone() };
        rows.indirect.extend(&right.rows);
        let how = Use::rows(Indirect::Join);
        for (one, other) in &join.on {
            self.expr(Input { schema: join.left.schema(), node: &left }, one, how, &mut rows);
            self.expr(Input { schema: join.right.schema(), node: &right }, other, how, &mut rows);
        }
        if let Some(filter) = &join.filter {
            // The filter sees both sides, also where only one of them is in the result.
            let sides = [(join.left.schema(), &left), (join.right.schema(), &right)];
            for column in filter.column_refs() {
                let found = sides.iter().find_map(|(schema, node)| Some((schema.maybe_index_of_column(column)?, node)));
                if let Some((index, node)) = found
                    && let Some(flow) = node.columns.get(index)
                {
                    rows.absorb(flow, how);
                }
            }
        }
        rows.tidy();
        let columns = match join.join_type {
            JoinType::LeftSemi | JoinType::LeftAnti => left.columns,
            JoinType::RightSemi | JoinType::RightAnti => right.columns,
            JoinType::LeftMark | JoinType::RightMark => {
                let mut columns = if join.join_type == JoinType::LeftMark { left.columns } else { right.columns };
                // Whether there was a partner: decided by what the join compares.
                columns.push(Flow { direct: Vec::new(), indirect: rows.indirect.clone() });
                columns
            }
            _ => left.columns.into_iter().chain(right.columns).collect(),
        };
        Node { columns, rows: rows.indirect }
    }

    fn scan(&mut self, scan: &'p TableScan) -> Node {
        let name = scan.table_name.table();
        if let Some((_, node)) = self.work.iter().rev().find(|(work, _)| work == name) {
            return node.clone();
        }
        let table = self.leaves.table(vec![name.to_owned()], name, true);
        let fields = scan.projected_schema.fields().iter();
        let columns = fields.map(|field| Flow::leaf(self.leaves.column(Some(table), field.name(), field.name())));
        Node { columns: columns.collect(), rows: Vec::new() }
    }

    fn recursive(&mut self, query: &'p RecursiveQuery) -> Node {
        let mut known = self.node(&query.static_term);
        for _ in 0..ROUNDS_MAX {
            self.work.push((query.name.clone(), known.clone()));
            let step = self.node(&query.recursive_term);
            self.work.pop();
            let mut next = known.clone();
            for (column, more) in next.columns.iter_mut().zip(&step.columns) {
                column.absorb(more, Use::VALUE);
                column.tidy();
            }
            next.rows.extend(step.rows);
            tidy_steers(&mut next.rows);
            if next == known {
                break;
            }
            known = next;
        }
        known
    }

    fn column(&self, input: Input<'_, 'p>, column: &Column) -> Option<Flow> {
        let index = input.schema.maybe_index_of_column(column)?;
        input.node.columns.get(index).cloned()
    }
}

fn transformed(flow: &Flow) -> Flow {
    let mut out = Flow::default();
    out.absorb(flow, Use::VALUE.at_least(Direct::Transformation));
    out.tidied()
}

fn distinct(set: &GroupingSet) -> Vec<&Expr> {
    set.distinct_expr()
}
