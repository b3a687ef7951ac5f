//! A letter that a migration wrote, as a record of the CSV source that its table is read from.

use contract::Dataset;
use engine::DeadLetter;
use pipeline::project::CsvOptions;
use serde_json::Value;

/// What a record of the source looks like.
pub(super) struct Records {
    options: CsvOptions,
    /// As the files name them, in the contract's order.
    columns: Vec<String>,
}

impl Records {
    pub fn new(options: &CsvOptions, dataset: &Dataset) -> Self {
        let columns = dataset.columns.iter().map(|column| column.source_name.clone()).collect();
        Self { options: options.clone(), columns }
    }

    /// Its raw form and the header above it; `None` for a letter that came from a file, or that the source has no words for.
    pub fn of(&self, letter: &DeadLetter) -> Option<(String, Option<String>)> {
        if letter.file.is_some() || letter.header.is_some() {
            return None;
        }
        let Ok(Value::Object(fields)) = serde_json::from_str(letter.raw.as_deref()?) else { return None };
        let values = self.columns.iter().map(|column| self.field(fields.get(column)));
        let values = values.collect::<Option<Vec<String>>>()?;
        let names = self.columns.iter().map(|column| self.quoted(column)).collect();
        Some((self.joined(values), self.options.header.then(|| self.joined(names))))
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
        let records = Records { options, columns: vec!["id".to_owned(), "na;me".to_owned()] };
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
}
