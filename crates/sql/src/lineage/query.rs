//! From a query to its columns and what they depend on.

use std::rc::Rc;

use datafusion::sql::sqlparser::ast::{
    Cte, LimitClause, ObjectName, OrderBy, OrderByKind, Query, Select, SetExpr, SetOperator, SetQuantifier, Values,
    With,
};

use super::flow::{Direct, Flow, Indirect, Use, tidy_steers};
use super::resolve::{Aliases, DEPTH_MAX, Place, Resolver};
use super::schemas::Named;
use super::scope::{Column, Env, Item, Relation, Rest, Scope, Shape};

/// Rounds until a recursive query's dependences no longer grow; each round carries them at least one column further.
const ROUNDS_MAX: usize = 64;

impl Resolver<'_> {
    pub fn query(&mut self, query: &Query, env: &Env, parent: Option<&Scope>) -> Rc<Shape> {
        if self.depth >= DEPTH_MAX {
            self.too_deep = true;
            return Rc::default();
        }
        self.depth += 1;
        let own = Env { around: Some(env), ..Env::default() };
        if let Some(with) = &query.with {
            self.with(with, &own, parent);
        }
        let mut shape = match &*query.body {
            SetExpr::Select(select) => self.select(select, query.order_by.as_ref(), &own, parent),
            body => {
                let mut shape = self.set_expr(body, &own, parent);
                if let Some(order_by) = &query.order_by {
                    self.order_of_shape(order_by, &mut shape, &own, parent);
                }
                shape
            }
        };
        self.limits(query, &mut shape, &own, parent);
        for operator in &query.pipe_operators {
            shape = self.pipe(operator, shape, &own, parent);
        }
        self.depth -= 1;
        tidy_steers(&mut shape.rows);
        Rc::new(shape)
    }

    /// Puts the common table expressions into `env`, each seeing those before it.
    pub fn with(&mut self, with: &With, env: &Env, parent: Option<&Scope>) {
        for cte in &with.cte_tables {
            let shape = self.cte(cte, with.recursive || self.dialect.recursive_without_keyword(), env, parent);
            let key = self.dialect.key(&cte.alias.name);
            env.queries.borrow_mut().push((key, shape));
        }
    }

    fn cte(&mut self, cte: &Cte, recursive: bool, env: &Env, parent: Option<&Scope>) -> Rc<Shape> {
        let names: Vec<Named> = cte.alias.columns.iter().map(|column| self.named(&column.name)).collect();
        if recursive
            && let SetExpr::SetOperation { left, .. } = &*cte.query.body
            && names_table(&cte.query, &cte.alias.name.value)
        {
            return self.recursive_cte(cte, left, &names, env, parent);
        }
        let shape = self.query(&cte.query, env, parent);
        if names.is_empty() { shape } else { Rc::new((*shape).clone().renamed(&names, self.leaves)) }
    }

    /// The first branch gives the columns; then the whole query is followed with what is known so far, until nothing is new.
    fn recursive_cte(
        &mut self,
        cte: &Cte,
        anchor: &SetExpr,
        names: &[Named],
        env: &Env,
        parent: Option<&Scope>,
    ) -> Rc<Shape> {
        let key = self.dialect.key(&cte.alias.name);
        let own = Env { around: Some(env), ..Env::default() };
        if let Some(with) = &cte.query.with {
            self.with(with, &own, parent);
        }
        let first = self.set_expr(anchor, &own, parent).renamed(names, self.leaves);
        let mut known = Rc::new(first);
        for _ in 0..ROUNDS_MAX {
            let round = Env { around: Some(env), ..Env::default() };
            round.queries.borrow_mut().push((key.clone(), Rc::clone(&known)));
            let next = (*self.query(&cte.query, &round, parent)).clone().renamed(names, self.leaves);
            if next == *known {
                break;
            }
            known = Rc::new(next);
        }
        known
    }

    pub fn set_expr(&mut self, body: &SetExpr, env: &Env, parent: Option<&Scope>) -> Shape {
        match body {
            SetExpr::Select(select) => self.select(select, None, env, parent),
            SetExpr::Query(query) => (*self.query(query, env, parent)).clone(),
            SetExpr::SetOperation { .. } => self.set_operations(body, env, parent),
            SetExpr::Values(values) => self.values(values, env, parent),
            SetExpr::Table(table) => {
                let parts = [&table.schema_name, &table.table_name].into_iter().flatten();
                let name = ObjectName::from(
                    parts.map(|part| datafusion::sql::sqlparser::ast::Ident::new(part.clone())).collect::<Vec<_>>(),
                );
                (*self.table_shape(&name, env).1).clone()
            }
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => self.write(statement, env, parent),
        }
    }

    /// A chain of set operations leans to the left and may be long, so it is walked and not recursed.
    fn set_operations(&mut self, body: &SetExpr, env: &Env, parent: Option<&Scope>) -> Shape {
        let mut rights = Vec::new();
        let mut left_side = body;
        while let SetExpr::SetOperation { left, op, set_quantifier, right } = left_side {
            rights.push((*op, *set_quantifier, &**right));
            left_side = left;
        }
        let mut shape = self.set_expr(left_side, env, parent);
        for (operator, quantifier, right) in rights.into_iter().rev() {
            let right = self.set_expr(right, env, parent);
            shape = self.set_operation(shape, right, operator, quantifier);
        }
        shape
    }

    pub fn set_operation(
        &mut self,
        left: Shape,
        right: Shape,
        operator: SetOperator,
        quantifier: SetQuantifier,
    ) -> Shape {
        use SetQuantifier::{All, AllByName, ByName, DistinctByName};
        let mut rows = left.rows.clone();
        rows.extend(&right.rows);
        let mut shape = match operator {
            // What is taken away decides about rows; nothing of it is in the result.
            SetOperator::Except | SetOperator::Minus => {
                let mut flow = Flow { direct: Vec::new(), indirect: rows };
                for column in right.columns() {
                    flow.absorb(&column.flow, Use::rows(Indirect::Filter));
                }
                for rest in right.rests() {
                    let star = rest.star(self.leaves);
                    flow.absorb(&star, Use::rows(Indirect::Filter));
                }
                Shape { items: left.items, rows: flow.indirect }
            }
            SetOperator::Union | SetOperator::Intersect => {
                let by_name = matches!(quantifier, AllByName | ByName | DistinctByName);
                let items = if by_name { by_names(left, right) } else { self.by_position(&left.items, right.items) };
                Shape { items, rows }
            }
        };
        if !matches!(quantifier, All | AllByName) {
            self.distinct(&mut shape);
        }
        tidy_steers(&mut shape.rows);
        shape
    }

    /// Equal rows become one, so each column decides about the rows.
    pub fn distinct(&mut self, shape: &mut Shape) {
        let mut flow = Flow { direct: Vec::new(), indirect: std::mem::take(&mut shape.rows) };
        for column in shape.columns() {
            flow.absorb(&column.flow, Use::rows(Indirect::GroupBy));
        }
        for rest in shape.rests() {
            let star = rest.star(self.leaves);
            flow.absorb(&star, Use::rows(Indirect::GroupBy));
        }
        shape.rows = flow.indirect;
    }

    /// The names of the left, the values of both.
    fn by_position(&mut self, left: &[Item], right: Vec<Item>) -> Vec<Item> {
        let names: Vec<Option<&Named>> = left
            .iter()
            .map(|item| match item {
                Item::Column(column) => Some(&column.name),
                Item::Rest(_) => None,
            })
            .collect();
        if names.iter().all(Option::is_some) && right.iter().any(|item| matches!(item, Item::Rest(_))) {
            let names: Vec<Named> = names.into_iter().flatten().cloned().collect();
            let right = super::scope::place(&right, &names, self.leaves);
            return merged(left, right);
        }
        merged(left, right)
    }

    fn values(&mut self, values: &Values, env: &Env, parent: Option<&Scope>) -> Shape {
        let scope = Scope::inside(parent);
        let place = Place { scope: &scope, env, aliases: Aliases::Lateral };
        let mut flows: Vec<Flow> = Vec::new();
        for row in &values.rows {
            for (index, expr) in row.content.iter().enumerate() {
                if index == flows.len() {
                    flows.push(Flow::default());
                }
                self.expr(place, expr, Use::VALUE, &mut flows[index]);
            }
        }
        let column = |(index, flow): (usize, Flow)| {
            let text = format!("column{}", index + 1);
            Item::Column(Column { name: Named { key: text.clone(), text }, flow: Rc::new(flow.tidied()) })
        };
        Shape { items: flows.into_iter().enumerate().map(column).collect(), rows: Vec::new() }
    }

    pub fn select(&mut self, select: &Select, order_by: Option<&OrderBy>, env: &Env, parent: Option<&Scope>) -> Shape {
        let mut scope = Scope { windows: &select.named_window, ..Scope::inside(parent) };
        let mut rows = Flow::default();
        for from in &select.from {
            self.from(from, &mut scope, env, &mut rows);
        }
        for view in &select.lateral_views {
            self.lateral_view(view, &mut scope, env, &mut rows);
        }
        let items = self.projection(select, &mut scope, env);
        let mut shape = Shape { items, rows: Vec::new() };
        self.conditions(select, &scope, env, &mut rows);
        let place = Place { scope: &scope, env, aliases: Aliases::AfterKnown };
        self.grouping(place, select, &shape, &mut rows);
        if let Some(order_by) = order_by {
            self.order(Place { aliases: Aliases::First, ..place }, order_by, &shape, &mut rows);
        }
        shape.rows = rows.indirect;
        if let Some(into) = &select.into {
            self.select_into(&into.name, &shape);
        }
        shape
    }

    /// WHERE and its like.
    fn conditions(&mut self, select: &Select, scope: &Scope, env: &Env, rows: &mut Flow) {
        use datafusion::sql::sqlparser::ast::ConnectByKind;
        let filter = Use::rows(Indirect::Filter);
        let place = Place { scope, env, aliases: Aliases::Lateral };
        self.exprs(place, [&select.prewhere, &select.selection].into_iter().flatten(), filter, rows);
        let place = Place { aliases: Aliases::AfterKnown, ..place };
        self.exprs(place, [&select.having, &select.qualify].into_iter().flatten(), filter, rows);
        for connect in &select.connect_by {
            match connect {
                ConnectByKind::ConnectBy { relationships, .. } => {
                    self.exprs(place, relationships, Use::rows(Indirect::Join), rows);
                }
                ConnectByKind::StartWith { condition, .. } => self.expr(place, condition, filter, rows),
            }
        }
        let sort = Use::rows(Indirect::Sort);
        self.exprs(place, select.cluster_by.iter().chain(&select.distribute_by), sort, rows);
        self.orders(place, &select.sort_by, sort, rows);
    }

    fn order(&mut self, place: Place, order_by: &OrderBy, shape: &Shape, rows: &mut Flow) {
        let sort = Use::rows(Indirect::Sort);
        match &order_by.kind {
            OrderByKind::All(_) => {
                for column in shape.columns() {
                    rows.absorb(&column.flow, sort);
                }
            }
            OrderByKind::Expressions(orders) => {
                for order in orders {
                    match position(&order.expr).and_then(|index| shape.items.get(index)) {
                        Some(item) => self.item(item, sort, rows),
                        None => self.expr(place, &order.expr, sort, rows),
                    }
                }
            }
        }
    }

    pub fn item(&mut self, item: &Item, how: Use, out: &mut Flow) {
        match item {
            Item::Column(column) => out.absorb(&column.flow, how),
            Item::Rest(rest) => {
                let star = rest.star(self.leaves);
                out.absorb(&star, how);
            }
        }
    }

    /// ORDER BY behind a set operation or VALUES sees the result's columns only.
    pub fn order_of_shape(&mut self, order_by: &OrderBy, shape: &mut Shape, env: &Env, parent: Option<&Scope>) {
        let mut rows = Flow { direct: Vec::new(), indirect: std::mem::take(&mut shape.rows) };
        let scope = of_shape(shape.clone(), parent);
        self.order(Place { scope: &scope, env, aliases: Aliases::First }, order_by, shape, &mut rows);
        shape.rows = rows.indirect;
    }

    fn limits(&mut self, query: &Query, shape: &mut Shape, env: &Env, parent: Option<&Scope>) {
        let Some(limit) = &query.limit_clause else { return };
        let mut rows = Flow { direct: Vec::new(), indirect: std::mem::take(&mut shape.rows) };
        let scope = of_shape(shape.clone(), parent);
        let place = Place { scope: &scope, env, aliases: Aliases::First };
        let filter = Use::rows(Indirect::Filter);
        match limit {
            LimitClause::LimitOffset { limit, offset, limit_by } => {
                self.exprs(place, limit, filter, &mut rows);
                self.exprs(place, offset.as_ref().map(|offset| &offset.value), filter, &mut rows);
                self.exprs(place, limit_by, filter, &mut rows);
            }
            LimitClause::OffsetCommaLimit { offset, limit } => self.exprs(place, [offset, limit], filter, &mut rows),
        }
        shape.rows = rows.indirect;
    }
}

/// A scope whose one relation is what a query gave so far.
pub fn of_shape<'a>(shape: Shape, parent: Option<&'a Scope<'a>>) -> Scope<'a> {
    let relation = Relation { alias: None, path: Vec::new(), shape: Rc::new(shape), by_name_only: false };
    Scope { relations: vec![relation], ..Scope::inside(parent) }
}

/// The place in the SELECT that `ORDER BY 2` means, counted from nought.
pub fn position(expr: &datafusion::sql::sqlparser::ast::Expr) -> Option<usize> {
    use datafusion::sql::sqlparser::ast::{Expr, Value};
    let Expr::Value(value) = expr else { return None };
    let Value::Number(number, _) = &value.value else { return None };
    number.to_string().parse::<usize>().ok()?.checked_sub(1)
}

/// Item by item; where either side has a rest, what follows cannot be paired and is put together.
fn merged(left: &[Item], right: Vec<Item>) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::with_capacity(left.len());
    let mut right = right.into_iter();
    let mut left = left.iter();
    loop {
        match (left.next(), right.next()) {
            (Some(Item::Column(one)), Some(Item::Column(other))) => {
                let mut flow = (*one.flow).clone();
                flow.absorb(&other.flow, Use::VALUE);
                items.push(Item::Column(Column { name: one.name.clone(), flow: Rc::new(flow.tidied()) }));
            }
            (Some(Item::Rest(one)), Some(Item::Rest(other))) => {
                let mut rest = one.clone();
                for origin in other.origins {
                    if !rest.origins.contains(&origin) {
                        rest.origins.push(origin);
                    }
                }
                rest.hidden.retain(|hidden| other.hidden.contains(hidden));
                items.push(Item::Rest(rest));
            }
            (Some(item @ Item::Rest(_)), Some(Item::Column(column))) => {
                // The column is one of the rest's; which name it has there is not known.
                let Item::Rest(rest) = item else { break };
                let mut rest: Rest = rest.clone();
                rest.origins.push(super::scope::Origin::Flow(Rc::clone(&column.flow)));
                items.push(Item::Rest(rest));
            }
            (Some(Item::Column(column)), Some(Item::Rest(rest))) => {
                items.push(Item::Column(column.clone()));
                items.push(Item::Rest(rest));
            }
            (Some(item), None) => items.push(item.clone()),
            (None, Some(item)) => {
                // More columns on the right: they are in the rest on the left, if there is one.
                let into = items.iter_mut().rev().find_map(|item| match item {
                    Item::Rest(rest) => Some(rest),
                    Item::Column(_) => None,
                });
                if let (Some(rest), Item::Column(column)) = (into, item) {
                    rest.origins.push(super::scope::Origin::Flow(Rc::clone(&column.flow)));
                }
            }
            (None, None) => break,
        }
    }
    items
}

/// UNION BY NAME: equal names are one column, the others are added.
fn by_names(left: Shape, right: Shape) -> Vec<Item> {
    let mut items = left.items;
    for item in right.items {
        match item {
            Item::Column(other) => {
                let same = items.iter_mut().find_map(|item| match item {
                    Item::Column(column) if column.name.key == other.name.key => Some(column),
                    _ => None,
                });
                match same {
                    Some(column) => {
                        let mut flow = (*column.flow).clone();
                        flow.absorb(&other.flow, Use::VALUE);
                        column.flow = Rc::new(flow.tidied());
                    }
                    None => items.push(Item::Column(other)),
                }
            }
            Item::Rest(other) => {
                let rest = items.iter_mut().find_map(|item| match item {
                    Item::Rest(rest) => Some(rest),
                    Item::Column(_) => None,
                });
                match rest {
                    Some(rest) => rest.origins.extend(other.origins),
                    None => items.push(Item::Rest(other)),
                }
            }
        }
    }
    items
}

/// Whether the query's text names a table so; a look at the tables of FROM is enough to tell a recursion.
fn names_table(query: &Query, name: &str) -> bool {
    use std::ops::ControlFlow;
    let found = datafusion::sql::sqlparser::ast::visit_relations(query, |relation: &ObjectName| {
        let same = relation.0.len() == 1
            && relation.0[0].as_ident().is_some_and(|ident| ident.value.eq_ignore_ascii_case(name));
        if same { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    found.is_break()
}

/// A flow that is an expression and not only a column's name.
pub fn computed(flow: &Flow) -> Flow {
    let mut out = Flow::default();
    out.absorb(flow, Use::VALUE.at_least(Direct::Transformation));
    out.tidied()
}
