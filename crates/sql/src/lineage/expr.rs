//! From an expression to what its value depends on.

use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, Ident, JsonPathElem, LambdaFunction, OneOrManyWithParens, OrderByExpr, Query,
    Subscript,
};

use super::flow::{Direct, Flow, Indirect, Use};
use super::resolve::{DEPTH_MAX, Place, Resolver};

impl Resolver<'_> {
    /// What the expression's value depends on.
    pub fn value(&mut self, place: Place, expr: &Expr) -> Flow {
        let mut flow = Flow::default();
        self.expr(place, expr, Use::VALUE, &mut flow);
        flow.tidied()
    }

    pub fn exprs<'e>(&mut self, place: Place, exprs: impl IntoIterator<Item = &'e Expr>, how: Use, out: &mut Flow) {
        for expr in exprs {
            self.expr(place, expr, how, out);
        }
    }

    pub fn orders<'e>(
        &mut self,
        place: Place,
        orders: impl IntoIterator<Item = &'e OrderByExpr>,
        how: Use,
        out: &mut Flow,
    ) {
        for order in orders {
            self.expr(place, &order.expr, how, out);
        }
    }

    /// Adds what the expression depends on to `out`, used as `how` says.
    pub fn expr(&mut self, place: Place, expr: &Expr, how: Use, out: &mut Flow) {
        if self.depth >= DEPTH_MAX {
            self.too_deep = true;
            return;
        }
        self.depth += 1;
        self.expr_inside(place, expr, how, out);
        self.depth -= 1;
    }

    fn expr_inside(&mut self, place: Place, expr: &Expr, how: Use, out: &mut Flow) {
        let computed = how.at_least(Direct::Transformation);
        match expr {
            Expr::Identifier(ident) => self.column(place, std::slice::from_ref(ident), how, out),
            Expr::CompoundIdentifier(parts) => self.column(place, parts, how, out),
            Expr::Nested(inner) | Expr::OuterJoin(inner) | Expr::Prior(inner) => self.expr(place, inner, how, out),
            Expr::Named { expr, .. } => self.expr(place, expr, how, out),
            Expr::BinaryOp { .. } => self.operators(place, expr, computed, out),
            Expr::Function(function) => self.function(place, function, how, out),
            Expr::Case { operand, conditions, else_result, .. } => {
                let steering = how.steering(Indirect::Conditional);
                if let Some(operand) = operand {
                    self.expr(place, operand, steering, out);
                }
                for when in conditions {
                    self.expr(place, &when.condition, steering, out);
                    self.expr(place, &when.result, computed, out);
                }
                if let Some(result) = else_result {
                    self.expr(place, result, computed, out);
                }
            }
            Expr::Subquery(query) => self.subquery(place, query, how, out),
            Expr::Exists { subquery, .. } => {
                let shape = self.query(subquery, place.env, Some(place.scope));
                out.absorb_steers(&shape.rows, how);
            }
            Expr::InSubquery { expr, subquery, .. } => {
                self.expr(place, expr, computed, out);
                self.subquery(place, subquery, computed, out);
            }
            Expr::CompoundFieldAccess { root, access_chain } => self.access(place, root, access_chain, computed, out),
            Expr::JsonAccess { value, path } => {
                self.expr(place, value, computed, out);
                for element in &path.path {
                    match element {
                        JsonPathElem::Bracket { key } | JsonPathElem::ColonBracket { key } => {
                            self.expr(place, key, computed, out);
                        }
                        JsonPathElem::Dot { .. } => {}
                    }
                }
            }
            Expr::Lambda(lambda) => self.lambda(place, lambda, computed, out),
            _ => self.operands(place, expr, computed, out),
        }
    }

    fn column(&mut self, place: Place, parts: &[Ident], how: Use, out: &mut Flow) {
        let (flow, field) = self.name(place, parts);
        if self.noted.is_some() {
            let how = if field { how.at_least(Direct::Transformation) } else { how };
            parts.iter().for_each(|part| self.note_column(part, &flow, how));
        }
        out.absorb(&flow, if field { how.at_least(Direct::Transformation) } else { how });
    }

    /// A chain of operators leans to the left and may be long, so its left side is walked and not recursed.
    fn operators(&mut self, place: Place, expr: &Expr, how: Use, out: &mut Flow) {
        let mut rights = Vec::new();
        let mut left_side = expr;
        while let Expr::BinaryOp { left, op, right } = left_side {
            // `cursor%ROWCOUNT` is an attribute and no remainder.
            let attribute = *op == BinaryOperator::Modulo
                && matches!(&**right, Expr::Identifier(ident) if is_cursor_attribute(&ident.value));
            if attribute {
                break;
            }
            rights.push(&**right);
            left_side = left;
        }
        if !matches!(left_side, Expr::BinaryOp { .. }) {
            self.expr(place, left_side, how, out);
        }
        for right in rights.into_iter().rev() {
            self.expr(place, right, how, out);
        }
    }

    fn subquery(&mut self, place: Place, query: &Query, how: Use, out: &mut Flow) {
        let shape = self.query(query, place.env, Some(place.scope));
        for column in shape.columns() {
            out.absorb(&column.flow, how);
        }
        for rest in shape.rests() {
            let star = rest.star(self.leaves);
            out.absorb(&star, how);
        }
        out.absorb_steers(&shape.rows, how);
    }

    /// `a.b[1].c`: the names up to the first subscript are a column's name as usual.
    fn access(&mut self, place: Place, root: &Expr, chain: &[AccessExpr], how: Use, out: &mut Flow) {
        let mut names: Vec<Ident> = match root {
            Expr::Identifier(ident) => vec![ident.clone()],
            Expr::CompoundIdentifier(parts) => parts.clone(),
            _ => Vec::new(),
        };
        if names.is_empty() {
            self.expr(place, root, how, out);
        } else {
            names.extend(chain.iter().map_while(|access| match access {
                AccessExpr::Dot(Expr::Identifier(ident)) => Some(ident.clone()),
                _ => None,
            }));
            self.column(place, &names, how, out);
        }
        for access in chain {
            match access {
                AccessExpr::Dot(Expr::Identifier(_)) => {}
                AccessExpr::Dot(Expr::Function(function)) => self.function(place, function, how, out),
                AccessExpr::Dot(_) => {}
                AccessExpr::Subscript(Subscript::Index { index }) => self.expr(place, index, how, out),
                AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
                    self.exprs(place, [lower_bound, upper_bound, stride].into_iter().flatten(), how, out);
                }
            }
        }
    }

    fn lambda(&mut self, place: Place, lambda: &LambdaFunction, how: Use, out: &mut Flow) {
        let before = self.locals.len();
        let parameters: &[_] = match &lambda.params {
            OneOrManyWithParens::One(one) => std::slice::from_ref(one),
            OneOrManyWithParens::Many(many) => many,
        };
        for parameter in parameters {
            let key = self.dialect.key(&parameter.name);
            self.locals.push(key);
        }
        self.expr(place, &lambda.body, how, out);
        self.locals.truncate(before);
    }

    /// Expressions whose value is computed from all of their operands alike.
    fn operands(&mut self, place: Place, expr: &Expr, how: Use, out: &mut Flow) {
        match expr {
            Expr::IsFalse(one)
            | Expr::IsNotFalse(one)
            | Expr::IsTrue(one)
            | Expr::IsNotTrue(one)
            | Expr::IsNull(one)
            | Expr::IsNotNull(one)
            | Expr::IsUnknown(one)
            | Expr::IsNotUnknown(one) => self.expr(place, one, how, out),
            Expr::IsNormalized { expr, .. }
            | Expr::UnaryOp { expr, .. }
            | Expr::Cast { expr, .. }
            | Expr::Extract { expr, .. }
            | Expr::Ceil { expr, .. }
            | Expr::Floor { expr, .. }
            | Expr::Collate { expr, .. } => self.expr(place, expr, how, out),
            Expr::IsDistinctFrom(a, b) | Expr::IsNotDistinctFrom(a, b) => self.exprs(place, [&**a, &**b], how, out),
            Expr::InList { expr, list, .. } => {
                self.expr(place, expr, how, out);
                self.exprs(place, list, how, out);
            }
            Expr::InUnnest { expr, array_expr, .. } => self.exprs(place, [&**expr, &**array_expr], how, out),
            Expr::Between { expr, low, high, .. } => self.exprs(place, [&**expr, &**low, &**high], how, out),
            Expr::Like { expr, pattern, .. }
            | Expr::ILike { expr, pattern, .. }
            | Expr::SimilarTo { expr, pattern, .. }
            | Expr::RLike { expr, pattern, .. } => self.exprs(place, [&**expr, &**pattern], how, out),
            Expr::AnyOp { left, right, .. } | Expr::AllOp { left, right, .. } => {
                self.exprs(place, [&**left, &**right], how, out);
            }
            Expr::Convert { expr, styles, .. } => {
                self.expr(place, expr, how, out);
                self.exprs(place, styles, how, out);
            }
            Expr::AtTimeZone { timestamp, time_zone } => self.exprs(place, [&**timestamp, &**time_zone], how, out),
            Expr::Position { expr, r#in } => self.exprs(place, [&**expr, &**r#in], how, out),
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                self.expr(place, expr, how, out);
                self.exprs(place, [substring_from, substring_for].into_iter().flatten().map(|e| &**e), how, out);
            }
            Expr::Trim { expr, trim_what, trim_characters, .. } => {
                self.expr(place, expr, how, out);
                self.exprs(place, trim_what.as_deref(), how, out);
                self.exprs(place, trim_characters.iter().flatten(), how, out);
            }
            Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                self.exprs(place, [&**expr, &**overlay_what, &**overlay_from], how, out);
                self.exprs(place, overlay_for.as_deref(), how, out);
            }
            Expr::Prefixed { value, .. } => self.expr(place, value, how, out),
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                self.exprs(place, sets.iter().flatten(), how, out);
            }
            Expr::Tuple(values) | Expr::Struct { values, .. } => self.exprs(place, values, how, out),
            Expr::Dictionary(fields) => self.exprs(place, fields.iter().map(|field| &*field.value), how, out),
            Expr::Map(map) => {
                self.exprs(place, map.entries.iter().flat_map(|entry| [&*entry.key, &*entry.value]), how, out);
            }
            Expr::Array(array) => self.exprs(place, &array.elem, how, out),
            Expr::Interval(interval) => self.expr(place, &interval.value, how, out),
            Expr::MatchAgainst { columns, .. } => {
                for column in columns {
                    let parts = self.parts(column);
                    self.column(place, &parts, how, out);
                }
            }
            Expr::MemberOf(member) => self.exprs(place, [&*member.value, &*member.array], how, out),
            Expr::QualifiedWildcard(name, _) => self.whole_row(place, name, how, out),
            // Literals, and what the caller has taken apart already.
            _ => {}
        }
    }
}

fn is_cursor_attribute(word: &str) -> bool {
    ["ROWCOUNT", "FOUND", "NOTFOUND", "ISOPEN", "BULK_ROWCOUNT"].iter().any(|known| known.eq_ignore_ascii_case(word))
}
