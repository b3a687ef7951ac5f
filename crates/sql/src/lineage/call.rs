//! From a function's call to what its value depends on: arguments, windows, filters.

use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArgumentList, FunctionArguments,
    Ident, NamedWindowExpr, ObjectName, ObjectNamePart, WindowSpec, WindowType,
};

use super::flow::{Direct, Flow, Indirect, Use};
use super::resolve::{Place, Resolver};
use super::scope::{Lookup, Relation};
use super::words;

/// Named windows may name each other; a chain of more is a mistake or an attack.
const WINDOWS_MAX: usize = 16;

impl Resolver<'_> {
    pub fn function(&mut self, place: Place, function: &Function, how: Use, out: &mut Flow) {
        let name = function_name(&function.name);
        let aggregates = words::is_aggregate(&name);
        let kind = if aggregates { Direct::Aggregation } else { Direct::Transformation };
        let computed = how.at_least(kind).masking(words::masks(&name));
        if let FunctionArguments::List(list) = &function.parameters {
            self.arguments(place, &name, list, computed, out);
        }
        match &function.args {
            FunctionArguments::List(list) => self.arguments(place, &name, list, computed, out),
            FunctionArguments::Subquery(query) => {
                let shape = self.query(query, place.env, Some(place.scope));
                for column in shape.columns() {
                    out.absorb(&column.flow, computed);
                }
                for rest in shape.rests() {
                    let star = rest.star(self.leaves);
                    out.absorb(&star, computed);
                }
                out.absorb_steers(&shape.rows, how);
            }
            FunctionArguments::None => {}
        }
        if let Some(filter) = &function.filter {
            self.expr(place, filter, how.steering(Indirect::Conditional), out);
        }
        self.orders(place, &function.within_group, computed, out);
        match &function.over {
            Some(WindowType::WindowSpec(spec)) => self.window_spec(place, spec, how, out, 0),
            Some(WindowType::NamedWindow(name)) => self.named_window(place, name, how, out, 0),
            None => {}
        }
    }

    fn arguments(&mut self, place: Place, name: &str, list: &FunctionArgumentList, computed: Use, out: &mut Flow) {
        let deciding = words::deciding_arguments(name);
        for (index, argument) in list.args.iter().enumerate() {
            let how = match name {
                // DECODE(value, search, result, …, default): what is compared only decides.
                "decode" if list.args.len() > 2 => {
                    let last = index + 1 == list.args.len();
                    let result = index > 0 && index.is_multiple_of(2) || last && list.args.len().is_multiple_of(2);
                    if result { computed } else { computed.steering(Indirect::Conditional) }
                }
                "nullif" if index == 1 => computed.steering(Indirect::Conditional),
                _ if index < deciding => computed.steering(Indirect::Conditional),
                _ => computed,
            };
            self.argument(place, name, argument, how, out);
        }
        for clause in &list.clauses {
            match clause {
                FunctionArgumentClause::OrderBy(orders) => {
                    self.orders(place, orders, computed.steering(Indirect::Sort), out);
                }
                FunctionArgumentClause::Having(bound) => {
                    self.expr(place, &bound.1, computed.steering(Indirect::Conditional), out);
                }
                FunctionArgumentClause::Limit(limit) => self.expr(place, limit, computed, out),
                _ => {}
            }
        }
    }

    fn argument(&mut self, place: Place, function: &str, argument: &FunctionArg, how: Use, out: &mut Flow) {
        let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) =
            argument;
        match arg {
            // MySQL: the value that would have been inserted.
            FunctionArgExpr::Expr(Expr::Identifier(ident)) if function == "values" => {
                let inserted = Ident::new("values");
                self.expr(place, &Expr::CompoundIdentifier(vec![inserted, ident.clone()]), how, out);
            }
            FunctionArgExpr::Expr(Expr::Identifier(ident)) if ident.quote_style.is_none() => {
                let key = self.dialect.key(ident);
                let known = matches!(place.scope.lookup(&key), Lookup::Known(_));
                if !known && words::takes_date_part(function) && words::is_date_part(&ident.value) {
                    return;
                }
                let by_alias =
                    place.scope.relations.iter().find(|relation| relation.alias.as_deref() == Some(key.as_str()));
                match by_alias {
                    // `to_json(t)`: the row as a whole.
                    Some(relation) if !known => {
                        let relation: Relation = relation.clone();
                        self.all_columns(&relation, how, out);
                    }
                    _ => self.expr(place, &Expr::Identifier(ident.clone()), how, out),
                }
            }
            FunctionArgExpr::Expr(expr) => self.expr(place, expr, how, out),
            // `count(*)` counts rows and looks into no column.
            _ if function == "count" => {}
            FunctionArgExpr::QualifiedWildcard(name) => self.whole_row(place, name, how, out),
            FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_) => {
                let relations: Vec<Relation> = place.scope.relations.clone();
                for relation in &relations {
                    self.all_columns(relation, how, out);
                }
            }
        }
    }

    /// `t.*` where one value is asked for.
    pub fn whole_row(&mut self, place: Place, name: &ObjectName, how: Use, out: &mut Flow) {
        let keys: Vec<String> = self.parts(name).iter().map(|part| self.dialect.key(part)).collect();
        let mut scope = Some(place.scope);
        while let Some(here) = scope {
            if let Some(relation) = here.relation(&keys) {
                let relation: Relation = relation.clone();
                return self.all_columns(&relation, how, out);
            }
            scope = here.parent;
        }
    }

    pub fn all_columns(&mut self, relation: &Relation, how: Use, out: &mut Flow) {
        let how = how.at_least(Direct::Transformation);
        for column in relation.shape.columns() {
            out.absorb(&column.flow, how);
        }
        for rest in relation.shape.rests() {
            let star = rest.star(self.leaves);
            out.absorb(&star, how);
        }
    }

    fn window_spec(&mut self, place: Place, spec: &WindowSpec, how: Use, out: &mut Flow, depth: usize) {
        let steering = how.steering(Indirect::Window);
        if let Some(base) = &spec.window_name {
            self.named_window(place, base, how, out, depth + 1);
        }
        self.exprs(place, &spec.partition_by, steering, out);
        self.orders(place, &spec.order_by, steering, out);
    }

    fn named_window(&mut self, place: Place, name: &Ident, how: Use, out: &mut Flow, depth: usize) {
        if depth > WINDOWS_MAX {
            return;
        }
        let Some(definition) = self.window(place.scope, name) else { return };
        match &definition.1 {
            NamedWindowExpr::NamedWindow(other) => self.named_window(place, other, how, out, depth + 1),
            NamedWindowExpr::WindowSpec(spec) => self.window_spec(place, spec, how, out, depth + 1),
        }
    }
}

/// The last part, in lower case: the same function may be reached through a schema.
pub fn function_name(name: &ObjectName) -> String {
    match name.0.last() {
        Some(ObjectNamePart::Identifier(ident)) => ident.value.to_ascii_lowercase(),
        Some(ObjectNamePart::Function(function)) => function.name.value.to_ascii_lowercase(),
        None => String::new(),
    }
}
