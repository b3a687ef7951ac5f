//! Random queries whose results do not depend on an order that SQL leaves open.

/// A table, and for each column whether it is a number; the others are text.
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [(&'static str, bool)],
}

pub const TABLES: [Table; 2] = [
    Table { name: "t", columns: &[("id", true), ("a", true), ("b", true), ("s", false), ("g", false)] },
    Table { name: "u", columns: &[("id", true), ("k", true), ("v", true), ("s", false), ("w", false)] },
];

/// A small generator of random numbers, so that a seed gives the same query everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d);
        (0..4).for_each(|_| drop(dice.below(2).to_string()));
        dice
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % limit.max(1) as u64) as usize
    }

    pub fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// A column that an expression may name.
#[derive(Clone)]
struct Name {
    sql: String,
    is_number: bool,
}

/// What FROM offers.
struct Source {
    sql: String,
    columns: Vec<Name>,
}

/// Writes one query; each relation gets a name of its own.
struct Writer<'d> {
    dice: &'d mut Dice,
    aliases: usize,
    depth: usize,
}

/// How deeply queries are nested.
const DEPTH_MAX: usize = 3;

pub fn query(dice: &mut Dice) -> String {
    let mut writer = Writer { dice, aliases: 0, depth: 0 };
    let kinds: Vec<bool> = (0..1 + writer.dice.below(3)).map(|_| writer.dice.one_in(2)).collect();
    writer.query(&kinds, &[])
}

fn listed(items: &[String]) -> String {
    items.join(", ")
}

impl Writer<'_> {
    /// A query with columns `c0`, `c1`, … of these kinds. `outer` may be named in its conditions.
    fn query(&mut self, kinds: &[bool], outer: &[Name]) -> String {
        self.depth += 1;
        let body = match self.dice.below(if self.depth < DEPTH_MAX { 10 } else { 4 }) {
            0 => self.grouped(kinds),
            1 => self.windowed(kinds),
            2 | 3 => self.select(kinds, outer),
            4 => {
                let how = self.dice.pick(&["UNION ALL", "UNION", "INTERSECT", "EXCEPT"]);
                format!("{} {how} {}", self.select(kinds, &[]), self.select(kinds, &[]))
            }
            5 => self.with(kinds),
            6 => self.recursive(kinds),
            7 => self.distinct_on(kinds),
            8 => self.qualified(kinds),
            _ => {
                // In the order of all columns, equal rows are the same.
                let order: Vec<String> = (1..=kinds.len()).map(|at| at.to_string()).collect();
                format!("{} ORDER BY {} LIMIT {}", self.select(kinds, &[]), listed(&order), 1 + self.dice.below(6))
            }
        };
        self.depth -= 1;
        body
    }

    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("r{}", self.aliases)
    }

    fn kinds(&mut self) -> Vec<bool> {
        (0..2 + self.dice.below(2)).map(|at| at == 0 || self.dice.one_in(2)).collect()
    }

    fn with(&mut self, kinds: &[bool]) -> String {
        let (name, own) = (self.alias(), self.kinds());
        let inner = self.query(&own, &[]);
        let (from, columns) = (self.source(), named(&name, &own));
        let joined = Source {
            sql: format!("{} JOIN {name} ON {}", from.sql, self.matched(&from.columns, &columns)),
            columns: from.columns.into_iter().chain(columns).collect(),
        };
        let items = self.items(kinds, &joined.columns);
        format!("WITH {name} AS ({inner}) SELECT {items} FROM {}{}", joined.sql, self.condition(&joined.columns, &[]))
    }

    /// Counts up from each row of a table, and takes a column along.
    fn recursive(&mut self, kinds: &[bool]) -> String {
        let (name, base) = (self.alias(), self.alias());
        let table = &TABLES[self.dice.below(TABLES.len())];
        let column =
            |(column, is_number): &(&str, bool)| Name { sql: format!("{base}.{column}"), is_number: *is_number };
        let columns: Vec<Name> = table.columns.iter().map(column).collect();
        let start = format!(
            "SELECT {base}.id AS c0, {} AS c1, {} AS c2 FROM {} {base} WHERE {}",
            self.expr(&columns, true, 1),
            self.expr(&columns, false, 1),
            table.name,
            self.predicate(&columns, 0)
        );
        let own = named(&name, &[true, true, false]);
        let items = self.items(kinds, &own);
        format!(
            "WITH RECURSIVE {name} AS ({start} UNION ALL SELECT {name}.c0 + 1, {name}.c1, {name}.c2 FROM {name} WHERE {name}.c0 < {}) \
             SELECT {items} FROM {name}{}",
            1 + self.dice.below(3),
            self.condition(&own, &[])
        )
    }

    /// The first row of each group, in the order of all that is selected, so that ties are the same.
    fn distinct_on(&mut self, kinds: &[bool]) -> String {
        let from = self.source();
        let group = self.column(&from.columns, false);
        let exprs: Vec<String> = kinds.iter().map(|is_number| self.expr(&from.columns, *is_number, 1)).collect();
        let items: Vec<String> = exprs.iter().enumerate().map(|(at, expr)| format!("{expr} AS c{at}")).collect();
        let condition = self.condition(&from.columns, &[]);
        format!(
            "SELECT DISTINCT ON ({group}) {} FROM {}{condition} ORDER BY {group}, {}",
            listed(&items),
            from.sql,
            listed(&exprs)
        )
    }

    fn qualified(&mut self, kinds: &[bool]) -> String {
        let from = self.source();
        let items = self.items(kinds, &from.columns);
        let (part, order) = (self.expr(&from.columns, false, 1), self.expr(&from.columns, true, 1));
        let condition = self.condition(&from.columns, &[]);
        format!(
            "SELECT {items} FROM {}{condition} QUALIFY rank() OVER (PARTITION BY {part} ORDER BY {order}) <= {}",
            from.sql,
            1 + self.dice.below(3)
        )
    }

    fn select(&mut self, kinds: &[bool], outer: &[Name]) -> String {
        let from = self.source();
        let distinct = if self.dice.one_in(6) { "DISTINCT " } else { "" };
        let items = self.items(kinds, &from.columns);
        format!("SELECT {distinct}{items} FROM {}{}", from.sql, self.condition(&from.columns, outer))
    }

    fn items(&mut self, kinds: &[bool], columns: &[Name]) -> String {
        let item = |(at, is_number): (usize, &bool)| format!("{} AS c{at}", self.expr(columns, *is_number, 2));
        listed(&kinds.iter().enumerate().map(item).collect::<Vec<_>>())
    }

    fn condition(&mut self, columns: &[Name], outer: &[Name]) -> String {
        if outer.is_empty() && self.dice.one_in(3) {
            return String::new();
        }
        let own = self.predicate(columns, 2);
        if outer.is_empty() {
            return format!(" WHERE {own}");
        }
        format!(" WHERE {} AND {own}", self.matched(columns, outer))
    }

    /// An equality of a column of either side.
    fn matched(&mut self, left: &[Name], right: &[Name]) -> String {
        let is_number = self.dice.one_in(2);
        let of = |dice: &mut Dice, names: &[Name]| {
            let fitting: Vec<&Name> = names.iter().filter(|name| name.is_number == is_number).collect();
            fitting.get(dice.below(fitting.len())).map(|name| name.sql.clone())
        };
        match (of(self.dice, left), of(self.dice, right)) {
            (Some(left), Some(right)) => format!("{left} = {right}"),
            _ => "1 = 1".to_owned(),
        }
    }

    fn relation(&mut self) -> Source {
        let name = self.alias();
        if self.depth < DEPTH_MAX && self.dice.one_in(4) {
            let kinds = self.kinds();
            let sql = format!("({}) {name}", self.query(&kinds, &[]));
            return Source { sql, columns: named(&name, &kinds) };
        }
        let table = &TABLES[self.dice.below(TABLES.len())];
        let column =
            |(column, is_number): &(&str, bool)| Name { sql: format!("{name}.{column}"), is_number: *is_number };
        Source { sql: format!("{} {name}", table.name), columns: table.columns.iter().map(column).collect() }
    }

    fn source(&mut self) -> Source {
        let left = self.relation();
        if self.dice.one_in(2) {
            return left;
        }
        if self.dice.one_in(6) {
            return self.merged();
        }
        if self.dice.one_in(8) {
            return self.with_values(left);
        }
        let right = self.relation();
        let how = self.dice.pick(&[
            "JOIN",
            "JOIN",
            "LEFT JOIN",
            "RIGHT JOIN",
            "FULL JOIN",
            "LEFT SEMI JOIN",
            "LEFT ANTI JOIN",
            "CROSS JOIN",
        ]);
        let on = match how {
            "CROSS JOIN" => String::new(),
            _ if self.dice.one_in(4) => {
                let (equal, more) = (self.matched(&left.columns, &right.columns), self.predicate(&right.columns, 1));
                format!(" ON {equal} AND {more}")
            }
            _ => format!(" ON {}", self.matched(&left.columns, &right.columns)),
        };
        let sql = format!("{} {how} {}{on}", left.sql, right.sql);
        let only_left = how.contains("SEMI") || how.contains("ANTI");
        let columns = if only_left { left.columns } else { left.columns.into_iter().chain(right.columns).collect() };
        Source { sql, columns }
    }

    /// A join by columns of the same name, which become one.
    fn merged(&mut self) -> Source {
        let (left, right) = (self.alias(), self.alias());
        let how = self.dice.pick(&["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]);
        let sql = match self.dice.below(3) {
            0 => format!("t {left} NATURAL {how} u {right}"),
            1 => format!("t {left} {how} u {right} USING (id, s)"),
            _ => format!("t {left} {how} u {right} USING (id)"),
        };
        let mut columns = vec![Name { sql: "id".to_owned(), is_number: true }];
        if !sql.ends_with("(id)") {
            columns.push(Name { sql: "s".to_owned(), is_number: false });
        }
        for (alias, names) in [(&left, ["a", "b", "g"]), (&right, ["k", "v", "w"])] {
            let own = |name: &str| Name { sql: format!("{alias}.{name}"), is_number: !matches!(name, "g" | "w") };
            columns.extend(names.map(own));
        }
        Source { sql, columns }
    }

    /// Rows that stand in the query itself, or in a list of each row.
    fn with_values(&mut self, left: Source) -> Source {
        let name = self.alias();
        let mut columns = left.columns;
        let sql = if self.dice.one_in(2) {
            format!("{} CROSS JOIN (VALUES (1, 'a'), (2, 'b')) {name}(x, y)", left.sql)
        } else {
            let (one, other) = (self.column(&columns, true), self.column(&columns, false));
            format!("{} CROSS JOIN LATERAL (SELECT {one} + 1 AS x, upper({other}) AS y) {name}", left.sql)
        };
        columns.push(Name { sql: format!("{name}.x"), is_number: true });
        columns.push(Name { sql: format!("{name}.y"), is_number: false });
        Source { sql, columns }
    }

    fn grouped(&mut self, kinds: &[bool]) -> String {
        let from = self.source();
        let groups: Vec<String> = (0..1 + self.dice.below(2))
            .map(|_| self.column(&from.columns, false))
            .filter(|name| name.contains('.'))
            .collect();
        let condition = self.condition(&from.columns, &[]);
        let item = |(at, is_number): (usize, &bool)| {
            let made = match is_number {
                true => self.aggregate(&from.columns),
                false if groups.is_empty() || self.dice.one_in(3) => {
                    let value = self.expr(&from.columns, false, 1);
                    match self.dice.one_in(2) {
                        true => format!("max({value})"),
                        false => format!("string_agg({value}, ',' ORDER BY {value})"),
                    }
                }
                false => groups[at % groups.len()].clone(),
            };
            format!("{made} AS c{at}")
        };
        let items = listed(&kinds.iter().enumerate().map(item).collect::<Vec<_>>());
        let by = match (groups.is_empty(), self.dice.below(5)) {
            (true, _) => String::new(),
            (_, 0) => format!(" GROUP BY ROLLUP ({})", listed(&groups)),
            (_, 1) => format!(" GROUP BY CUBE ({})", listed(&groups)),
            _ => format!(" GROUP BY {}", listed(&groups)),
        };
        let having = match self.dice.one_in(3) {
            true => format!(" HAVING {} > {}", self.aggregate(&from.columns), self.dice.below(4)),
            false => String::new(),
        };
        format!("SELECT {items} FROM {}{condition}{by}{having}", from.sql)
    }

    fn aggregate(&mut self, columns: &[Name]) -> String {
        let value = self.expr(columns, true, 1);
        let made = match self.dice.below(7) {
            0 => "count(*)".to_owned(),
            1 => format!("count(DISTINCT {value})"),
            2 => format!("count({})", self.expr(columns, false, 1)),
            3 => format!("min({value})"),
            4 => format!("max({value})"),
            _ => format!("sum({value})"),
        };
        match self.dice.one_in(4) {
            true => format!("{made} FILTER (WHERE {})", self.predicate(columns, 1)),
            false => made,
        }
    }

    /// Only functions that give equal rows the same value.
    fn windowed(&mut self, kinds: &[bool]) -> String {
        let from = self.source();
        let condition = self.condition(&from.columns, &[]);
        let item = |(at, is_number): (usize, &bool)| {
            let part = match self.dice.one_in(3) {
                true => String::new(),
                false => format!("PARTITION BY {}", self.expr(&from.columns, false, 1)),
            };
            let order = format!("ORDER BY {}", self.expr(&from.columns, true, 1));
            let value = self.expr(&from.columns, *is_number, 1);
            let made = match (is_number, self.dice.below(5)) {
                (_, 0) => format!("max({value}) OVER ({part})"),
                (_, 1) => format!("min({value}) OVER ({part} {order})"),
                (true, 2) => format!("rank() OVER ({part} {order})"),
                (true, 3) => format!("dense_rank() OVER ({part} {order})"),
                (true, 4) => format!("sum({value}) OVER ({part} {order})"),
                _ => value,
            };
            format!("{made} AS c{at}")
        };
        let items = listed(&kinds.iter().enumerate().map(item).collect::<Vec<_>>());
        format!("SELECT {items} FROM {}{condition}", from.sql)
    }

    fn column(&mut self, columns: &[Name], is_number: bool) -> String {
        let fitting: Vec<&Name> = columns.iter().filter(|name| name.is_number == is_number).collect();
        match fitting.get(self.dice.below(fitting.len())) {
            Some(name) => name.sql.clone(),
            None if is_number => self.dice.below(5).to_string(),
            None => format!("'{}'", self.dice.pick(&["a", "b", "ab"])),
        }
    }

    fn expr(&mut self, columns: &[Name], is_number: bool, depth: usize) -> String {
        if depth == 0 || self.dice.one_in(2) {
            return self.column(columns, is_number);
        }
        let one = |writer: &mut Self| writer.expr(columns, is_number, depth - 1);
        match (is_number, self.dice.below(9)) {
            (_, 0) => format!("coalesce({}, {})", one(self), one(self)),
            (_, 1) => {
                let condition = self.predicate(columns, depth - 1);
                format!("CASE WHEN {condition} THEN {} ELSE {} END", one(self), one(self))
            }
            (_, 2) => format!("nullif({}, {})", one(self), one(self)),
            (_, 3) if self.depth < DEPTH_MAX => {
                let inner = TABLES[self.dice.below(TABLES.len())].name;
                let (alias, outer) = (self.alias(), self.column(columns, true));
                let value = if is_number { "id" } else { "s" };
                format!("(SELECT max({alias}.{value}) FROM {inner} {alias} WHERE {alias}.id = {outer})")
            }
            (true, 4) if self.dice.one_in(3) => {
                format!("CASE {} WHEN 1 THEN {} WHEN 2 THEN {} END", self.column(columns, true), one(self), one(self))
            }
            (true, 4) => format!("length({})", self.expr(columns, false, depth - 1)),
            (true, 5) => format!("abs({})", one(self)),
            (true, 6) => format!("({} * {})", one(self), one(self)),
            (true, _) => format!("({} + {})", one(self), one(self)),
            (false, 4) => format!("upper({})", one(self)),
            (false, 5) => format!("CAST({} AS VARCHAR)", self.expr(columns, true, depth - 1)),
            (false, 6) => format!("replace({}, 'a', {})", one(self), one(self)),
            (false, 7) => format!("substr({}, 1, {})", one(self), self.expr(columns, true, 0)),
            (false, _) => format!("({} || {})", one(self), one(self)),
        }
    }

    fn predicate(&mut self, columns: &[Name], depth: usize) -> String {
        if depth > 0 && self.dice.one_in(4) {
            let how = self.dice.pick(&["AND", "OR"]);
            return format!("({} {how} {})", self.predicate(columns, depth - 1), self.predicate(columns, depth - 1));
        }
        let numbers = self.dice.one_in(2);
        let value = self.expr(columns, numbers, depth.min(1));
        match self.dice.below(8) {
            0 => format!("{value} IS NOT NULL"),
            1 => format!("NOT ({value} IS NULL)"),
            2 if numbers => format!("{value} BETWEEN 0 AND {}", self.dice.below(4)),
            2 => format!("{value} LIKE 'a%'"),
            3 if numbers => format!("{value} IN (1, 2, 3)"),
            3 => format!("{value} IN ('a', 'ab')"),
            4 if depth > 1 && self.depth < DEPTH_MAX => {
                let how = self.dice.pick(&["EXISTS", "NOT EXISTS"]);
                format!("{how} ({})", self.correlated(columns))
            }
            5 if depth > 1 && self.depth < DEPTH_MAX => {
                let how = self.dice.pick(&["IN", "NOT IN"]);
                let outer = self.column(columns, true);
                format!("{outer} {how} ({})", self.query(&[true], &[]))
            }
            _ => format!("{value} {} {}", self.dice.pick(&["=", "<>", "<", ">="]), self.column(columns, numbers)),
        }
    }

    /// A subquery that looks at the row around it.
    fn correlated(&mut self, columns: &[Name]) -> String {
        let table = &TABLES[self.dice.below(TABLES.len())];
        let alias = self.alias();
        let own = |(column, is_number): &(&str, bool)| Name { sql: format!("{alias}.{column}"), is_number: *is_number };
        let own: Vec<Name> = table.columns.iter().map(own).collect();
        let matched = self.matched(&own, columns);
        format!("SELECT 1 FROM {} {alias} WHERE {matched} AND {}", table.name, self.predicate(&own, 0))
    }
}

fn named(alias: &str, kinds: &[bool]) -> Vec<Name> {
    let name = |(at, is_number): (usize, &bool)| Name { sql: format!("{alias}.c{at}"), is_number: *is_number };
    kinds.iter().enumerate().map(name).collect()
}
