//! An object, or a local file, as Parquet's reader wants it: by ranges.

use std::fs::File;
use std::future::ready;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use pipeline::FileRef;

use crate::files::store::{Place, Stores, io_error};

#[derive(Clone)]
pub struct Object {
    place: Where,
    size: u64,
}

/// A local file is read at once, without a thread in between: its bytes are mostly in memory already.
#[derive(Clone)]
enum Where {
    Store(Arc<dyn ObjectStore>, Path),
    File(Arc<File>),
}

impl Object {
    pub fn new(store: Arc<dyn ObjectStore>, path: Path, size: u64) -> Self {
        Self { place: Where::Store(store, path), size }
    }

    /// The file as it lies, wherever that is.
    pub fn open(stores: &Stores, file: &FileRef) -> engine::Result<Self> {
        match stores.place(&file.path)? {
            Place::Local(path) => {
                let opened = File::open(&path).map_err(|error| io_error(error, &path))?;
                Ok(Self { place: Where::File(Arc::new(opened)), size: file.size })
            }
            place @ Place::Remote(_) => {
                let (store, path) = place.object()?;
                Ok(Self::new(store, path, file.size))
            }
        }
    }
}

fn at(file: &File, range: Range<u64>) -> Result<Bytes> {
    let length = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0);
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(bytes.into())
}

impl AsyncFileReader for Object {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        match &self.place {
            Where::File(file) => ready(at(file, range)).boxed(),
            Where::Store(store, path) => async move { store.get_range(path, range).await.map_err(external) }.boxed(),
        }
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        match &self.place {
            Where::File(file) => ready(ranges.into_iter().map(|range| at(file, range)).collect()).boxed(),
            Where::Store(store, path) => async move { store.get_ranges(path, &ranges).await.map_err(external) }.boxed(),
        }
    }

    fn get_metadata<'a>(
        &'a mut self,
        _options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        async move {
            let size = self.size;
            let metadata = ParquetMetaDataReader::new().load_and_finish(self, size).await?;
            Ok(Arc::new(metadata))
        }
        .boxed()
    }
}

fn external(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}
