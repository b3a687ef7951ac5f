//! DataFusion sessions that share one memory limit and one spill folder.

use std::path::Path;
use std::sync::Arc;

use datafusion::config::TableOptions;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, MemoryPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use engine::Result;

use crate::encryption::{Decrypting, FACTORY, GiveKeys};
use crate::{Options, error};

/// Rows per batch: large enough that per-batch work vanishes, small enough for the cache.
pub(crate) const BATCH_ROWS: usize = 8192;

/// How the memory limit is shared out: five eighths for what plans hold, a quarter for data files that are being written, an
/// eighth for what readers have read ahead (see `Options::chunk_bytes`).
pub(crate) struct Sessions {
    runtime: Arc<RuntimeEnv>,
    /// The same memory, and nothing on disk: what is protected must not be spilled in the clear.
    unspilled: Arc<RuntimeEnv>,
    decrypting: Arc<Decrypting>,
    /// Streams per stage.
    pub partitions: usize,
    /// Stages at once.
    concurrency: usize,
    memory: usize,
}

impl Sessions {
    pub fn new(options: &Options, spill: &Path) -> Result<Self> {
        let memory = options.memory;
        let plans = memory / 8 * 5;
        let largest = std::num::NonZeroUsize::MIN.saturating_add(4);
        let pool: Arc<dyn MemoryPool> = Arc::new(TrackConsumersPool::new(FairSpillPool::new(plans), largest));
        let nowhere = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
        let unspilled = RuntimeEnvBuilder::new()
            .with_memory_pool(pool.clone())
            .with_disk_manager_builder(nowhere)
            .build_arc()
            .map_err(|e| error::datafusion("starting the engine", e))?;
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![spill.to_path_buf()]));
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(pool)
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(|e| error::datafusion("starting the engine", e))?;
        let decrypting = Decrypting::new(&options.keys)?;
        for runtime in [&runtime, &unspilled] {
            runtime.register_parquet_encryption_factory(FACTORY, decrypting.clone());
        }
        let (partitions, concurrency) = (options.partitions.max(1), options.concurrency.max(1));
        Ok(Self { runtime, unspilled, decrypting, partitions, concurrency, memory })
    }

    /// A fresh session: its own tables and functions, the shared memory.
    pub fn session(&self) -> SessionContext {
        self.with(self.runtime.clone())
    }

    /// A session that fails where another would spill.
    pub fn unspilled(&self) -> SessionContext {
        self.with(self.unspilled.clone())
    }

    /// One stream for each plan.
    pub fn narrow(&self, spills: bool) -> SessionContext {
        self.planned(if spills { self.runtime.clone() } else { self.unspilled.clone() }, 1)
    }

    fn with(&self, runtime: Arc<RuntimeEnv>) -> SessionContext {
        self.planned(runtime, self.partitions)
    }

    fn planned(&self, runtime: Arc<RuntimeEnv>, partitions: usize) -> SessionContext {
        let mut config = SessionConfig::new()
            .with_target_partitions(partitions)
            .with_batch_size(BATCH_ROWS)
            .with_information_schema(false);
        config.options_mut().execution.parquet.schema_force_view_types = true;
        config.options_mut().execution.parquet.pushdown_filters = true;
        // What a sort keeps back so that it can merge what it spilled; each stream keeps back its own.
        config.options_mut().execution.sort_spill_reservation_bytes = (self.memory / 32).clamp(1 << 20, 10 << 20);
        let mut options = TableOptions::new();
        options.parquet.crypto.factory_id = Some(FACTORY.to_owned());
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_default_features()
            .with_table_options(options)
            .with_physical_optimizer_rule(Arc::new(GiveKeys(self.decrypting.clone())))
            .build();
        let context = SessionContext::new_with_state(state);
        sql::register(&context);
        context
    }

    /// Encoded bytes that the open data files of one stream may hold: a quarter of the memory, shared by the streams of all stages.
    /// Below a few megabytes, row groups would be too small to be read well.
    pub fn file_bytes(&self) -> usize {
        (self.memory / 4 / self.partitions / self.concurrency).max(4 << 20)
    }

    /// Bytes of referenced keys that one stage may hold: a quarter of the memory.
    pub fn key_bytes(&self) -> usize {
        self.memory / 4
    }

    pub fn pool(&self) -> &Arc<dyn MemoryPool> {
        &self.runtime.memory_pool
    }
}
