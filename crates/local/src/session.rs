//! DataFusion sessions that share one memory limit and one spill folder.

use std::path::Path;
use std::sync::Arc;

use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, MemoryPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use engine::Result;

use crate::error;

/// Rows per batch: large enough that per-batch work vanishes, small enough for the cache.
pub(crate) const BATCH_ROWS: usize = 8192;

pub(crate) struct Sessions {
    runtime: Arc<RuntimeEnv>,
    pub partitions: usize,
    memory: usize,
}

impl Sessions {
    pub fn new(memory: usize, partitions: usize, spill: &Path) -> Result<Self> {
        let largest = std::num::NonZeroUsize::MIN.saturating_add(4);
        let pool = TrackConsumersPool::new(FairSpillPool::new(memory), largest);
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![spill.to_path_buf()]));
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(pool))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(|e| error::datafusion("starting the engine", e))?;
        Ok(Self { runtime, partitions: partitions.max(1), memory })
    }

    /// A fresh session: its own tables and functions, the shared memory.
    pub fn session(&self) -> SessionContext {
        let mut config = SessionConfig::new()
            .with_target_partitions(self.partitions)
            .with_batch_size(BATCH_ROWS)
            .with_information_schema(false);
        config.options_mut().execution.parquet.schema_force_view_types = true;
        config.options_mut().execution.parquet.pushdown_filters = true;
        let context = SessionContext::new_with_config_rt(config, self.runtime.clone());
        sql::register(&context);
        context
    }

    /// Encoded bytes that the open data files of one stream may hold: a quarter of the memory, shared by the streams.
    pub fn file_bytes(&self) -> usize {
        (self.memory / 4 / self.partitions).max(8 << 20)
    }

    pub fn pool(&self) -> &Arc<dyn MemoryPool> {
        &self.runtime.memory_pool
    }
}
