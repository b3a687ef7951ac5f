//! Letters as records of the CSV source that their table is read from: those that a migration wrote, and those with a header from
//! before the contract changed.

use contract::Dataset;
use engine::DeadLetter;
use pipeline::project::CsvOptions;
use serde_json::Value;

/// What a record of the source looks like.
pub(super) struct Records {
    options: CsvOptions,
    /// As the files name them and as the contract does, in the contract's order.
    columns: Vec<(String, String)>,
}

/// What a header from then says to the contract of now.
#[derive(Debug, PartialEq)]
pub(super) enum Header {
    AsIs,
    /// With the names of now.
    Named(String),
    /// Columns are lacking and others left over: which is which nobody can tell.
    Foreign,
}

impl Records {
    pub fn new(options: &CsvOptions, dataset: &Dataset) -> Self {
        let columns = dataset.columns.iter().map(|column| (column.source_name.clone(), column.name.clone())).collect();
        Self { options: options.clone(), columns }
    }

    /// Its raw form and the header above it; `None` for a letter that came from a file, or that the source has no words for.
    pub fn of(&self, letter: &DeadLetter) -> Option<(String, Option<String>)> {
        if letter.file.is_some() || letter.header.is_some() {
            return None;
        }
        let Ok(Value::Object(fields)) = serde_json::from_str(letter.raw.as_deref()?) else { return None };
        let values = self.columns.iter().map(|(column, _)| self.field(fields.get(column)));
        let values = values.collect::<Option<Vec<String>>>()?;
        let names = self.columns.iter().map(|(column, _)| self.quoted(column)).collect();
        Some((self.joined(values), self.options.header.then(|| self.joined(names))))
    }

    /// A column that has got another name at the source since is known by its name in the contract. One that is new is NULL in a row
    /// of then, where nothing is left over that it could be.
    pub fn header(&self, header: &str) -> Header {
        let Some(mut names) = self.names(header) else { return Header::Foreign };
        let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
        let is_of = |name: &str| self.columns.iter().any(|(source, _)| same(source, name));
        let (mut is_named, mut lacks) = (false, false);
        for (source, column) in &self.columns {
            if names.iter().any(|name| same(name, source)) {
                continue;
            }
            match names.iter().position(|name| same(name, column) && !is_of(name)) {
                Some(place) => {
                    names[place].clone_from(source);
                    is_named = true;
                }
                None => lacks = true,
            }
        }
        match () {
            () if lacks && names.iter().any(|name| !is_of(name)) => Header::Foreign,
            () if is_named => Header::Named(self.joined(names.iter().map(|name| self.quoted(name)).collect())),
            () => Header::AsIs,
        }
    }

    fn names(&self, header: &str) -> Option<Vec<String>> {
        let (mut text, mut ends) = (vec![0; header.len() + 1], vec![0; header.len() + 1]);
        let mut reader =
            csv_core::ReaderBuilder::new().delimiter(self.options.delimiter).quote(self.options.quote).build();
        let line = format!("{}\n", header.trim_end_matches(['\r', '\n']));
        let (_, _, _, fields) = reader.read_record(line.as_bytes(), &mut text, &mut ends);
        let starts = std::iter::once(&0).chain(&ends);
        let fields = starts.zip(&ends).take(fields).map(|(start, end)| {
            let bytes = text.get(*start..*end)?;
            String::from_utf8(bytes.to_vec()).ok()
        });
        fields.collect()
    }

    /// Everything but NULL is quoted, so that no text is taken for NULL.
    fn field(&self, value: Option<&Value>) -> Option<String> {
        match value {
            None | Some(Value::Null) => self.options.null.first().cloned(),
            Some(Value::String(text)) => Some(self.quoted(text)),
            Some(other) => Some(self.quoted(&other.to_string())),
        }
    }

    fn quoted(&self, text: &str) -> String {
        let quote = char::from(self.options.quote);
        let doubled = text.replace(quote, &format!("{quote}{quote}"));
        format!("{quote}{doubled}{quote}")
    }

    fn joined(&self, fields: Vec<String>) -> String {
        fields.join(&char::from(self.options.delimiter).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(options: CsvOptions, raw: &str) -> Option<(String, Option<String>)> {
        let column = |name: &str| (name.to_owned(), name.to_owned());
        let records = Records { options, columns: vec![column("id"), column("na;me")] };
        records.of(&DeadLetter { raw: Some(raw.to_owned()), ..DeadLetter::default() })
    }

    #[test]
    fn every_value_is_what_it_was() {
        let semicolon = CsvOptions { delimiter: b';', ..CsvOptions::default() };
        let header = Some("\"id\";\"na;me\"".to_owned());
        for (raw, record) in [
            (r#"{"id":1,"na;me":"a;\"b\"\nc","gone":true}"#, "\"1\";\"a;\"\"b\"\"\nc\""),
            (r#"{"na;me":null}"#, ";"),
            (r#"{"id":"","na;me":{"a":[1,null]}}"#, r#""";"{""a"":[1,null]}""#),
        ] {
            assert_eq!(told(semicolon.clone(), raw), Some((record.to_owned(), header.clone())), "{raw}");
        }
        let bare = CsvOptions { header: false, null: vec!["NULL".to_owned()], ..CsvOptions::default() };
        assert_eq!(told(bare, r#"{"id":"NULL"}"#), Some(("\"NULL\",NULL".to_owned(), None)));
    }

    #[test]
    fn what_cannot_be_said_is_left() {
        let no_null = CsvOptions { null: Vec::new(), ..CsvOptions::default() };
        assert_eq!(told(no_null, r#"{"id":1}"#), None);
        assert_eq!(told(CsvOptions::default(), "1,Ann"), None);
        assert_eq!(told(CsvOptions::default(), "[1]"), None);
    }

    #[test]
    fn a_header_of_then_is_read_by_the_names_of_now() {
        let column = |source: &str, name: &str| (source.to_owned(), name.to_owned());
        let columns = vec![column("id", "id"), column("countries", "country"), column("n", "amount")];
        let records = Records { options: CsvOptions::default(), columns };
        let named = |header: &str| Header::Named(header.to_owned());
        for (header, read) in [
            ("id,countries,n", Header::AsIs),
            ("n,ID,Countries,gone", Header::AsIs),
            ("id,country,n", named("\"id\",\"countries\",\"n\"")),
            ("\"country\",amount,\"a,b\",id\r\n", named("\"countries\",\"n\",\"a,b\",\"id\"")),
            // New since, or gone; both may be one that was renamed.
            ("id,n", Header::AsIs),
            ("id,other,n", Header::Foreign),
            // A column of now has that name.
            ("id,country,countries", Header::Foreign),
        ] {
            assert_eq!(records.header(header), read, "{header}");
        }
    }
}
