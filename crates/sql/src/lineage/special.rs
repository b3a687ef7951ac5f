//! The rarer things in FROM: PIVOT, UNPIVOT, rows out of JSON and XML, MATCH_RECOGNIZE.

use std::rc::Rc;

use datafusion::sql::sqlparser::ast::{
    Expr, ExprWithAlias, Ident, PivotValueSource, TableFactor, Value, XmlTableColumn,
};

use super::dialect::Dialect;
use super::flow::{Flow, Indirect, Use};
use super::projection::hide;
use super::query::computed;
use super::resolve::{Aliases, Place, Resolver};
use super::schemas::Named;
use super::scope::{Column, Env, Item, Rest, Scope, Shape};

impl Resolver<'_> {
    pub fn special_factor(&mut self, factor: &TableFactor, scope: &mut Scope, env: &Env, rows: &mut Flow) {
        let place = Place { scope, env, aliases: Aliases::Lateral };
        let relation = match factor {
            TableFactor::Pivot { table, aggregate_functions, value_column, value_source, alias, .. } => {
                let (source, inner) = self.source(table, scope, env, rows);
                let place = Place { scope: &inner, env, aliases: Aliases::Lateral };
                let shape = self.pivot(place, source, aggregate_functions, value_column, value_source, rows);
                self.aliased(Rc::new(shape), Vec::new(), alias.as_ref())
            }
            TableFactor::Unpivot { table, value, name, columns, alias, .. } => {
                let (source, inner) = self.source(table, scope, env, rows);
                let place = Place { scope: &inner, env, aliases: Aliases::Lateral };
                let shape = self.unpivot(place, source, &idents(value), name, columns);
                self.aliased(Rc::new(shape), Vec::new(), alias.as_ref())
            }
            TableFactor::JsonTable { json_expr, columns, alias, .. } => {
                let flow = computed(&self.value(place, json_expr));
                let mut names = Vec::new();
                self.json_columns(columns, &mut names);
                self.document_rows(flow, names, alias.as_ref(), rows)
            }
            TableFactor::OpenJsonTable { json_expr, columns, alias, .. } => {
                let flow = computed(&self.value(place, json_expr));
                let mut names: Vec<Named> = columns.iter().map(|column| self.named(&column.name)).collect();
                if names.is_empty() {
                    let named = |text: &str| Named { text: text.to_owned(), key: self.dialect.plain_key(text) };
                    names = ["key", "value", "type"].map(named).into();
                }
                self.document_rows(flow, names, alias.as_ref(), rows)
            }
            TableFactor::XmlTable { row_expression, passing, columns, alias, .. } => {
                let mut flow = computed(&self.value(place, row_expression));
                for argument in &passing.arguments {
                    let value = self.value(place, &argument.expr);
                    flow.absorb(&computed(&value), Use::VALUE);
                }
                let names = columns.iter().map(|column: &XmlTableColumn| self.named(&column.name)).collect();
                self.document_rows(flow.tidied(), names, alias.as_ref(), rows)
            }
            TableFactor::MatchRecognize { table, partition_by, order_by, measures, symbols, alias, .. } => {
                let (source, inner) = self.source(table, scope, env, rows);
                let place = Place { scope: &inner, env, aliases: Aliases::Lateral };
                self.exprs(place, partition_by, Use::rows(Indirect::GroupBy), rows);
                self.orders(place, order_by, Use::rows(Indirect::Sort), rows);
                let mut items = source;
                for symbol in symbols {
                    // `A.price` is the column of the row that matched A.
                    let flow = self.value_without_qualifiers(place, &symbol.definition);
                    rows.absorb(&flow, Use::rows(Indirect::Filter));
                }
                for measure in measures {
                    let flow = Rc::new(computed(&self.value_without_qualifiers(place, &measure.expr)));
                    items.push(Item::Column(Column { name: self.named(&measure.alias), flow }));
                }
                self.aliased(Rc::new(Shape { items, rows: Vec::new() }), Vec::new(), alias.as_ref())
            }
            TableFactor::SemanticView { name, alias, .. } => {
                let (path, shape) = self.table_shape(name, env);
                self.aliased(shape, path, alias.as_ref())
            }
            _ => return,
        };
        scope.relations.push(relation);
    }

    /// The columns of the table that is turned, and a scope that sees them by its name.
    fn source<'p>(
        &mut self,
        table: &TableFactor,
        scope: &Scope<'p>,
        env: &Env,
        rows: &mut Flow,
    ) -> (Vec<Item>, Scope<'p>) {
        let mut inner = Scope::inside(scope.parent);
        self.factor(table, &mut inner, env, rows);
        (self.star(&inner), inner)
    }

    fn value_without_qualifiers(&mut self, place: Place, expr: &Expr) -> Flow {
        use std::ops::ControlFlow;
        let mut bare = expr.clone();
        let _ = datafusion::sql::sqlparser::ast::visit_expressions_mut(&mut bare, |expr| {
            if let Expr::CompoundIdentifier(parts) = expr
                && let Some(last) = parts.last().cloned()
            {
                *expr = Expr::Identifier(last);
            }
            ControlFlow::<()>::Continue(())
        });
        self.value(place, &bare)
    }

    /// Each value of the turned column becomes a column per aggregate; all columns that are not used group the rows.
    pub fn pivot(
        &mut self,
        place: Place,
        source: Vec<Item>,
        aggregates: &[ExprWithAlias],
        turned: &[Expr],
        values: &PivotValueSource,
        rows: &mut Flow,
    ) -> Shape {
        let mut used: Vec<String> = Vec::new();
        for expr in turned.iter().chain(aggregates.iter().map(|aggregate| &aggregate.expr)) {
            self.columns_named(expr, &mut used);
        }
        let mut decides = Flow::default();
        self.exprs(place, turned, Use::rows(Indirect::Conditional), &mut decides);
        let mut items = source;
        hide(&mut items, &used);
        for item in &items {
            self.item(item, Use::rows(Indirect::GroupBy), rows);
        }
        let flows: Vec<Rc<Flow>> = aggregates
            .iter()
            .map(|aggregate| {
                let mut flow = self.value(place, &aggregate.expr);
                flow.absorb_steers(&decides.indirect, Use::VALUE);
                Rc::new(flow.tidied())
            })
            .collect();
        match values {
            PivotValueSource::List(list) => {
                for value in list {
                    for (aggregate, flow) in aggregates.iter().zip(&flows) {
                        let name = self.pivot_name(value, aggregate, aggregates.len() > 1);
                        items.push(Item::Column(Column { name, flow: Rc::clone(flow) }));
                    }
                }
            }
            PivotValueSource::Any(_) | PivotValueSource::Subquery(_) => {
                if let PivotValueSource::Subquery(query) = values {
                    let shape = self.query(query, place.env, place.scope.parent);
                    rows.indirect.extend(&shape.rows);
                }
                let mut all = Flow::default();
                for flow in &flows {
                    all.absorb(flow, Use::VALUE);
                }
                items.push(Item::Rest(Rest::flow(Rc::new(all.tidied()))));
            }
        }
        Shape { items, rows: Vec::new() }
    }

    /// How the dialect names a pivoted column.
    fn pivot_name(&self, value: &ExprWithAlias, aggregate: &ExprWithAlias, several: bool) -> Named {
        let label = match &value.alias {
            Some(alias) => self.named(alias),
            None => self.literal_name(&value.expr),
        };
        let suffix = match &aggregate.alias {
            Some(alias) => Some(alias.value.clone()),
            None if several => Some(aggregate.expr.to_string()),
            None => None,
        };
        // A single aggregate's alias is not a part of the name in Spark.
        let suffix = suffix.filter(|_| several || !self.dialect.is_spark());
        let Some(suffix) = suffix else { return label };
        let text = match self.dialect {
            Dialect::BigQuery => format!("{suffix}_{}", label.text),
            _ => format!("{}_{suffix}", label.text),
        };
        Named { key: self.dialect.plain_key(&text), text }
    }

    fn literal_name(&self, expr: &Expr) -> Named {
        let text = match expr {
            Expr::Value(value) => match &value.value {
                Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => {
                    // Snowflake keeps the quotes of a text in the column's name.
                    let text = if self.dialect == Dialect::Snowflake { format!("'{text}'") } else { text.clone() };
                    let ident = Ident::with_quote('"', text);
                    return self.named(&ident);
                }
                other => other.to_string(),
            },
            Expr::Identifier(ident) => return self.named(ident),
            Expr::CompoundIdentifier(parts) if !parts.is_empty() => return self.named(&parts[parts.len() - 1]),
            other => other.to_string(),
        };
        Named { key: self.dialect.plain_key(&text), text }
    }

    /// Columns that an expression names, by their last part.
    fn columns_named(&self, expr: &Expr, names: &mut Vec<String>) {
        use std::ops::ControlFlow;
        let _ = datafusion::sql::sqlparser::ast::visit_expressions(expr, |expr| {
            match expr {
                Expr::Identifier(ident) => names.push(self.dialect.key(ident)),
                Expr::CompoundIdentifier(parts) => names.extend(parts.last().map(|last| self.dialect.key(last))),
                _ => {}
            }
            ControlFlow::<()>::Continue(())
        });
    }

    /// Columns become rows: one column says which it was, the others hold its value.
    pub fn unpivot(
        &mut self,
        place: Place,
        source: Vec<Item>,
        values: &[Ident],
        name: &Ident,
        columns: &[ExprWithAlias],
    ) -> Shape {
        let mut used = Vec::new();
        let mut labels = Flow::default();
        let mut flows: Vec<Flow> = vec![Flow::default(); values.len()];
        for column in columns {
            let parts: &[Expr] = match &column.expr {
                Expr::Tuple(parts) => parts,
                one => std::slice::from_ref(one),
            };
            for (index, part) in parts.iter().enumerate() {
                self.columns_named(part, &mut used);
                let flow = self.value(place, part);
                // The name of a column is no value of it, but which columns there are decides what the label can be.
                labels.absorb(&flow, Use::VALUE.steering(Indirect::Conditional));
                if let Some(own) = flows.get_mut(index) {
                    own.absorb(&flow, Use::VALUE);
                }
            }
        }
        let mut items = source;
        hide(&mut items, &used);
        items.push(Item::Column(Column { name: self.named(name), flow: Rc::new(labels.tidied()) }));
        for (value, flow) in values.iter().zip(flows) {
            items.push(Item::Column(Column { name: self.named(value), flow: Rc::new(flow.tidied()) }));
        }
        Shape { items, rows: Vec::new() }
    }
}

fn idents(expr: &Expr) -> Vec<Ident> {
    match expr {
        Expr::Identifier(ident) => vec![ident.clone()],
        Expr::CompoundIdentifier(parts) => parts.last().cloned().into_iter().collect(),
        Expr::Tuple(parts) => parts.iter().flat_map(idents).collect(),
        Expr::Nested(inner) => idents(inner),
        _ => Vec::new(),
    }
}
