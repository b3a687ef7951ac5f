//! Avro's object container: the schema stands in its header, the records in compressed blocks behind it.

use std::io::BufReader;

use arrow::datatypes::SchemaRef;
use arrow_avro::reader::ReaderBuilder;
use engine::{Error, Kind, Result};

use super::input::Source;
use super::typed::{Batches, Sequential};

pub struct Avro;

impl Sequential for Avro {
    fn open(input: BufReader<Source>, path: &str, batch_rows: usize) -> Result<(SchemaRef, Batches)> {
        let reader = ReaderBuilder::new().with_batch_size(batch_rows).with_utf8_view(true).build(input);
        let reader = reader.map_err(|error| damaged(path, &error.to_string()))?;
        let schema = reader.schema();
        let path = path.to_owned();
        Ok((schema, Box::new(reader.map(move |batch| batch.map_err(|error| damaged(&path, &error.to_string()))))))
    }
}

fn damaged(path: &str, why: &str) -> Error {
    Error::new(Kind::Input, format!("`{path}` is not an intact Avro file: {why}"))
        .at(path)
        .help("deliver it again; check that it is an Avro object container file")
}
