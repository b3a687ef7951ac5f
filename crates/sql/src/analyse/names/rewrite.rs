//! Gives column names the contract's case, everywhere alike: where they are read, and where aliases define them anew.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Query, Select, SelectItem, TableAlias, TableFactor,
    TableWithJoins, VisitMut, VisitorMut,
};

use super::Folded;

pub(super) fn columns(query: &mut Query, folded: &Folded) {
    if !folded.is_empty() {
        let _ = query.visit(&mut Columns(folded));
    }
}

pub(in super::super) fn expression(expr: &mut Expr, folded: &Folded) {
    if !folded.is_empty() {
        let _ = expr.visit(&mut Columns(folded));
    }
}

struct Columns<'a>(&'a Folded);

impl VisitorMut for Columns<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        for cte in query.with.iter_mut().flat_map(|with| &mut with.cte_tables) {
            self.alias(&mut cte.alias);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for item in &mut select.projection {
            if let SelectItem::ExprWithAlias { alias, .. } = item {
                self.0.apply(alias);
            }
        }
        for TableWithJoins { joins, .. } in &mut select.from {
            for join in joins {
                if let Some(JoinConstraint::Using(columns)) = constraint(&mut join.join_operator) {
                    columns.iter_mut().for_each(|column| self.last_part(column));
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } = factor
        {
            self.alias(alias);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => self.0.apply(ident),
            // The first part names the table.
            Expr::CompoundIdentifier(parts) => parts.iter_mut().skip(1).for_each(|part| self.0.apply(part)),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Columns<'_> {
    fn alias(&self, alias: &mut TableAlias) {
        alias.columns.iter_mut().for_each(|column| self.0.apply(&mut column.name));
    }

    fn last_part(&self, name: &mut ObjectName) {
        if let Some(ObjectNamePart::Identifier(ident)) = name.0.last_mut() {
            self.0.apply(ident);
        }
    }
}

fn constraint(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::Semi(constraint)
        | JoinOperator::LeftSemi(constraint)
        | JoinOperator::RightSemi(constraint)
        | JoinOperator::Anti(constraint)
        | JoinOperator::LeftAnti(constraint)
        | JoinOperator::RightAnti(constraint) => Some(constraint),
        _ => None,
    }
}
