//! Physical types of a database: a column's own type beside the one that the contract declares.

use super::Declared;

/// A type of PostgreSQL by its full name, and what stands in its brackets.
#[derive(Debug, PartialEq, Eq)]
struct SqlType {
    name: String,
    arguments: Vec<u32>,
    array: bool,
}

/// Full names by the short ones that people write.
const SHORT: &[(&str, &str)] = &[
    ("int", "integer"),
    ("int4", "integer"),
    ("serial", "integer"),
    ("serial4", "integer"),
    ("int2", "smallint"),
    ("smallserial", "smallint"),
    ("int8", "bigint"),
    ("bigserial", "bigint"),
    ("serial8", "bigint"),
    ("bool", "boolean"),
    ("float4", "real"),
    ("float", "double precision"),
    ("float8", "double precision"),
    ("decimal", "numeric"),
    ("varchar", "character varying"),
    ("char", "character"),
    ("bpchar", "character"),
    ("timestamp", "timestamp without time zone"),
    ("timestamptz", "timestamp with time zone"),
    ("time", "time without time zone"),
    ("timetz", "time with time zone"),
    ("varbit", "bit varying"),
];

const KNOWN: &[&str] = &[
    "integer",
    "smallint",
    "bigint",
    "boolean",
    "real",
    "double precision",
    "numeric",
    "character varying",
    "character",
    "text",
    "timestamp without time zone",
    "timestamp with time zone",
    "time without time zone",
    "time with time zone",
    "date",
    "uuid",
    "json",
    "jsonb",
    "xml",
    "bytea",
    "interval",
    "money",
    "inet",
    "cidr",
    "macaddr",
    "name",
    "citext",
    "bit",
    "bit varying",
    "tsvector",
    "point",
];

impl Declared {
    /// Why a database's column of this type does not keep the promise; `None` when it does. Where the contract names no type
    /// that the database has, `None` inside says that its logical type must decide.
    pub fn broken_by_sql(&self, stored: &str) -> Option<Option<String>> {
        let declared = SqlType::parse(self.physical.as_deref()?)?;
        let fits = SqlType::parse(stored).is_some_and(|stored| declared.holds(&stored));
        Some((!fits).then(|| format!("the column is {stored}, not {}", self.physical.as_deref().unwrap_or_default())))
    }
}

impl SqlType {
    /// `None` for what PostgreSQL does not call a type.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let (text, array) = match text.strip_suffix("[]") {
            Some(item) => (item.trim_end().to_owned(), true),
            None => (text, false),
        };
        // The brackets of `timestamp(3) with time zone` stand within its name.
        let (before, inside, after) = match text.split_once('(') {
            Some((before, rest)) => {
                let (inside, after) = rest.split_once(')')?;
                (before, inside, after)
            }
            None => (text.as_str(), "", ""),
        };
        let words: Vec<&str> = before.split_whitespace().chain(after.split_whitespace()).collect();
        let name = words.join(" ");
        let name = SHORT.iter().find(|(short, _)| *short == name).map_or(name, |(_, full)| (*full).to_owned());
        let arguments = inside.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::parse);
        let arguments = arguments.collect::<Result<Vec<u32>, _>>().ok()?;
        // `character` alone is one character long.
        let arguments =
            if name == "character" && arguments.is_empty() && text != "bpchar" { vec![1] } else { arguments };
        KNOWN.contains(&name.as_str()).then_some(Self { name, arguments, array })
    }

    /// Whether every value of the other type is one of this.
    fn holds(&self, other: &Self) -> bool {
        const WHOLE: [&str; 3] = ["smallint", "integer", "bigint"];
        const BINARY: [&str; 2] = ["real", "double precision"];
        let within = |types: &[&str]| {
            let place = |name: &str| types.iter().position(|known| *known == name);
            place(&self.name).zip(place(&other.name)).is_some_and(|(own, other)| own >= other)
        };
        let text = |name: &str| name == "text" || name == "character varying";
        if self.array != other.array {
            return false;
        }
        if within(&WHOLE) || within(&BINARY) {
            return true;
        }
        let alike = self.name == other.name || (text(&self.name) && text(&other.name));
        alike && self.arguments_hold(other)
    }

    fn arguments_hold(&self, other: &Self) -> bool {
        if self.arguments.is_empty() {
            return true;
        }
        if other.arguments.is_empty() {
            return false;
        }
        let at = |of: &Self, place: usize| of.arguments.get(place).copied().unwrap_or(0);
        match self.name.as_str() {
            // Digits before the point, and behind it.
            "numeric" => {
                let whole = |of: &Self| at(of, 0).saturating_sub(at(of, 1));
                whole(self) >= whole(other) && at(self, 1) >= at(other, 1)
            }
            // Blanks fill it up to its length.
            "character" | "bit" => self.arguments == other.arguments,
            _ => at(self, 0) >= at(other, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SqlType;

    fn holds(declared: &str, stored: &str) -> bool {
        SqlType::parse(declared).zip(SqlType::parse(stored)).is_some_and(|(declared, stored)| declared.holds(&stored))
    }

    #[test]
    fn a_type_holds_what_is_no_wider() {
        for (declared, stored) in [
            ("INT", "integer"),
            ("bigint", "integer"),
            ("varchar(20)", "character varying(10)"),
            ("VARCHAR", "text"),
            ("decimal(10, 2)", "numeric(8,2)"),
            ("numeric", "numeric(8,2)"),
            ("timestamptz", "timestamp(3) with time zone"),
            ("text[]", "text[]"),
            ("char(3)", "character(3)"),
            ("double precision", "real"),
        ] {
            assert!(holds(declared, stored), "{declared} {stored}");
        }
        for (declared, stored) in [
            ("integer", "bigint"),
            ("varchar(10)", "text"),
            ("varchar(10)", "character varying(11)"),
            ("decimal(10,2)", "numeric"),
            ("decimal(10,2)", "numeric(10,3)"),
            ("decimal(10,4)", "numeric(10,2)"),
            ("timestamp", "timestamp with time zone"),
            ("text", "text[]"),
            ("date", "timestamp without time zone"),
            ("uuid", "text"),
            ("char(3)", "character(4)"),
        ] {
            assert!(!holds(declared, stored), "{declared} {stored}");
        }
        assert_eq!(SqlType::parse("STRING"), None);
        assert_eq!(SqlType::parse("varchar(max)"), None);
    }
}
