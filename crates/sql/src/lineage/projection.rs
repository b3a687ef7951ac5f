//! The SELECT list: wildcards, names, GROUP BY.

use std::rc::Rc;

use datafusion::sql::sqlparser::ast::{
    CastKind, Distinct, ExcludeSelectItem, Expr, GroupByExpr, GroupByWithModifier, Ident, ObjectName, RenameSelectItem,
    Select, SelectItem, SelectItemQualifiedWildcardKind, WildcardAdditionalOptions,
};

use super::flow::{Flow, Indirect, Use};
use super::query::{computed, position};
use super::resolve::{Aliases, COLUMNS_MAX, Place, Resolver};
use super::schemas::Named;
use super::scope::{Column, Env, Item, Relation, Rest, Scope, Shape};
use super::words;

impl Resolver<'_> {
    /// The columns of a SELECT. They are put into the scope as aliases one by one, for those behind them.
    pub fn projection(&mut self, select: &Select, scope: &mut Scope, env: &Env) -> Vec<Item> {
        let mut items = Vec::with_capacity(select.projection.len());
        // `FROM t` alone means all of its columns.
        if select.projection.is_empty() && !select.from.is_empty() {
            items = self.star(scope);
        }
        for (index, item) in select.projection.iter().enumerate() {
            self.select_item(item, index, scope, env, &mut items);
        }
        if let Some(exclude) = &select.exclude {
            let keys = self.excluded(exclude);
            hide(&mut items, &keys);
        }
        items
    }

    pub fn select_item(
        &mut self,
        item: &SelectItem,
        index: usize,
        scope: &mut Scope,
        env: &Env,
        items: &mut Vec<Item>,
    ) {
        let place = Place { scope, env, aliases: Aliases::Lateral };
        let columns: Vec<Column> = match item {
            SelectItem::UnnamedExpr(expr) => {
                let name = self.expression_name(expr, index);
                vec![Column { name, flow: Rc::new(self.value(place, expr)) }]
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                vec![Column { name: self.named(alias), flow: Rc::new(self.value(place, expr)) }]
            }
            SelectItem::ExprWithAliases { expr, aliases } => {
                let flow = Rc::new(self.value(place, expr));
                let column = |alias: &Ident| Column { name: self.named(alias), flow: Rc::clone(&flow) };
                aliases.iter().map(column).collect()
            }
            SelectItem::Wildcard(options) => {
                let star = self.star(scope);
                let star = self.with_options(star, options, scope, env);
                return items.extend(star);
            }
            SelectItem::QualifiedWildcard(kind, options) => {
                let star = self.qualified_star(place, kind);
                let star = self.with_options(star, options, scope, env);
                return items.extend(star);
            }
        };
        scope.aliases.extend(columns.iter().cloned());
        items.extend(columns.into_iter().map(Item::Column));
    }

    /// All columns in sight: those that USING merged first, then each relation's others.
    pub fn star(&mut self, scope: &Scope) -> Vec<Item> {
        let mut items: Vec<Item> = scope.merged.iter().cloned().map(Item::Column).collect();
        let merged: Vec<String> = scope.merged.iter().map(|column| column.name.key.clone()).collect();
        for relation in &scope.relations {
            let mut own = relation.shape.items.clone();
            hide(&mut own, &merged);
            items.extend(own);
            if items.len() > COLUMNS_MAX {
                self.too_deep = true;
                items.truncate(COLUMNS_MAX);
                break;
            }
        }
        items
    }

    fn qualified_star(&mut self, place: Place, kind: &SelectItemQualifiedWildcardKind) -> Vec<Item> {
        let name = match kind {
            SelectItemQualifiedWildcardKind::ObjectName(name) => name,
            SelectItemQualifiedWildcardKind::Expr(expr) => {
                let flow = computed(&self.value(place, expr));
                return vec![Item::Rest(Rest::flow(Rc::new(flow)))];
            }
        };
        let parts = self.parts(name);
        let keys: Vec<String> = parts.iter().map(|part| self.dialect.key(part)).collect();
        let mut scope = Some(place.scope);
        while let Some(here) = scope {
            if let Some(relation) = here.relation(&keys) {
                let relation: &Relation = relation;
                return relation.shape.items.clone();
            }
            scope = here.parent;
        }
        // `struct_column.*`
        let (flow, _) = self.name(place, &parts);
        let known = flow.direct.iter().all(|source| {
            let table = self.leaves.column_of(source.leaf).table;
            table.is_some_and(|table| self.leaves.table_of(table).known)
        });
        if known {
            return vec![Item::Rest(Rest::flow(Rc::new(computed(&flow))))];
        }
        let table = self.leaves.table(keys, &super::resolve::dotted(&parts), false);
        vec![Item::Rest(Rest::table(table))]
    }

    /// EXCEPT, EXCLUDE, REPLACE, RENAME, ILIKE.
    fn with_options(
        &mut self,
        mut items: Vec<Item>,
        options: &WildcardAdditionalOptions,
        scope: &Scope,
        env: &Env,
    ) -> Vec<Item> {
        if let Some(ilike) = &options.opt_ilike {
            items.retain(|item| match item {
                Item::Column(column) => like(&column.name.text.to_lowercase(), &ilike.pattern.to_lowercase()),
                Item::Rest(_) => true,
            });
        }
        if let Some(exclude) = &options.opt_exclude {
            let keys = self.excluded(exclude);
            hide(&mut items, &keys);
        }
        if let Some(except) = &options.opt_except {
            let keys: Vec<String> = std::iter::once(&except.first_element)
                .chain(&except.additional_elements)
                .map(|ident| self.dialect.key(ident))
                .collect();
            hide(&mut items, &keys);
        }
        let place = Place { scope, env, aliases: Aliases::Lateral };
        for element in options.opt_replace.iter().flat_map(|replace| &replace.items) {
            let flow = self.value(place, &element.expr);
            let column = Column { name: self.named(&element.column_name), flow: Rc::new(flow) };
            put(&mut items, &column.name.key.clone(), column);
        }
        let renames: &[_] = match &options.opt_rename {
            Some(RenameSelectItem::Single(one)) => std::slice::from_ref(one),
            Some(RenameSelectItem::Multiple(many)) => many,
            None => &[],
        };
        for rename in renames {
            let old = self.named(&rename.ident);
            let flow = items.iter().find_map(|item| match item {
                Item::Column(column) if column.name.key == old.key => Some(Rc::clone(&column.flow)),
                _ => None,
            });
            let flow = flow.unwrap_or_else(|| {
                let rest = items.iter().find_map(|item| match item {
                    Item::Rest(rest) => Some(rest.clone()),
                    Item::Column(_) => None,
                });
                rest.map(|rest| rest.column(self.leaves, &old)).unwrap_or_default()
            });
            let column = Column { name: self.named(&rename.alias), flow };
            put(&mut items, &old.key, column);
        }
        items
    }

    fn excluded(&self, exclude: &ExcludeSelectItem) -> Vec<String> {
        let names: &[ObjectName] = match exclude {
            ExcludeSelectItem::Single(one) => std::slice::from_ref(one),
            ExcludeSelectItem::Multiple(many) => many,
        };
        let last = |name: &ObjectName| Some(self.dialect.key(name.0.last()?.as_ident()?));
        names.iter().filter_map(last).collect()
    }

    /// The name of a column that got none: the column it is, or the expression as written.
    pub fn expression_name(&self, expr: &Expr, index: usize) -> Named {
        match expr {
            Expr::Identifier(ident) => self.named(ident),
            Expr::CompoundIdentifier(parts) => match parts.last() {
                Some(last) => self.named(last),
                None => Named { text: String::new(), key: String::new() },
            },
            Expr::Nested(inner) | Expr::Prior(inner) => self.expression_name(inner, index),
            Expr::Named { name, .. } => self.named(name),
            Expr::Cast { expr: inner, kind: CastKind::DoubleColon, .. }
                if matches!(**inner, Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Cast { .. }) =>
            {
                self.expression_name(inner, index)
            }
            Expr::CompoundFieldAccess { access_chain, .. } => {
                use datafusion::sql::sqlparser::ast::AccessExpr;
                match access_chain.last() {
                    Some(AccessExpr::Dot(Expr::Identifier(ident))) => self.named(ident),
                    _ => self.written(expr, index),
                }
            }
            _ => self.written(expr, index),
        }
    }

    fn written(&self, expr: &Expr, index: usize) -> Named {
        let text = if self.names_expressions { expr.to_string() } else { format!("expression {}", index + 1) };
        Named { key: self.dialect.plain_key(&text), text }
    }

    /// GROUP BY and DISTINCT: what makes rows one.
    pub fn grouping(&mut self, place: Place, select: &Select, shape: &Shape, rows: &mut Flow) {
        let how = Use::rows(Indirect::GroupBy);
        let modifiers: &[GroupByWithModifier] = match &select.group_by {
            GroupByExpr::All(modifiers) => {
                let plain = select.projection.iter().zip(&shape.items).filter(|(item, _)| !aggregates(item));
                for (_, item) in plain {
                    self.item(item, how, rows);
                }
                modifiers
            }
            GroupByExpr::Expressions(exprs, modifiers) => {
                for expr in exprs {
                    match position(expr).and_then(|index| shape.items.get(index)) {
                        Some(item) => self.item(item, how, rows),
                        None => self.expr(place, expr, how, rows),
                    }
                }
                modifiers
            }
        };
        for modifier in modifiers {
            if let GroupByWithModifier::GroupingSets(expr) = modifier {
                self.expr(place, expr, how, rows);
            }
        }
        match &select.distinct {
            Some(Distinct::On(exprs)) => {
                self.exprs(Place { aliases: Aliases::First, ..place }, exprs, how, rows);
            }
            Some(Distinct::Distinct) => {
                for item in &shape.items {
                    self.item(item, how, rows);
                }
            }
            Some(Distinct::All) | None => {}
        }
    }
}

/// Whether an item of the SELECT makes one value of many rows, as far as its outermost calls show.
fn aggregates(item: &SelectItem) -> bool {
    let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { return false };
    use std::ops::ControlFlow;
    datafusion::sql::sqlparser::ast::visit_expressions(expr, |expr| match expr {
        Expr::Function(function)
            if function.over.is_none() && words::is_aggregate(&super::call::function_name(&function.name)) =>
        {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

/// Takes columns away.
pub fn hide(items: &mut Vec<Item>, keys: &[String]) {
    if keys.is_empty() {
        return;
    }
    items.retain(|item| !matches!(item, Item::Column(column) if keys.contains(&column.name.key)));
    for item in items {
        if let Item::Rest(rest) = item {
            rest.hidden.extend_from_slice(keys);
        }
    }
}

/// Puts a column in the place of one, or before the rest in which that one is.
pub fn put(items: &mut Vec<Item>, key: &str, column: Column) {
    let place = items.iter().position(|item| matches!(item, Item::Column(other) if other.name.key == key));
    if let Some(place) = place {
        items[place] = Item::Column(column);
        return;
    }
    hide(items, &[key.to_owned()]);
    let before = items.iter().position(|item| matches!(item, Item::Rest(_))).unwrap_or(items.len());
    items.insert(before, Item::Column(column));
}

/// SQL's LIKE with `%` and `_`.
fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut of) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(of) {
            Some('%') => {
                retry = Some((at, of + 1));
                of += 1;
            }
            Some(wanted) if *wanted == '_' || *wanted == text[at] => {
                at += 1;
                of += 1;
            }
            _ => match retry {
                Some((from, then)) => {
                    retry = Some((from + 1, then));
                    at = from + 1;
                    of = then;
                }
                None => return false,
            },
        }
    }
    pattern[of..].iter().all(|c| *c == '%')
}
