//! Every code that a project's own files can be blamed with, in one list. The documentation is made from it.

use contract::{CodeInfo, Level};

macro_rules! codes {
    ($($constant:ident = $code:literal, $name:literal, $level:ident, $about:literal;)*) => {
        $(
            #[doc = $about]
            pub const $constant: CodeInfo =
                CodeInfo { code: $code, name: $name, level: Level::$level, about: $about };
        )*

        /// All codes of `plimsoll.toml` and `pipelines/*.yaml`, in order.
        pub fn codes() -> &'static [CodeInfo] {
            &[$($constant),*]
        }
    };
}

codes! {
    SETTINGS_SYNTAX = "PL201", "settings-syntax", Error, "The settings are not valid TOML.";
    UNKNOWN_KEY = "PL202", "unknown-key", Error, "The key is not known at this place.";
    WRONG_TYPE = "PL203", "wrong-type", Error, "A value has another type than the key needs.";
    BAD_VALUE = "PL204", "bad-value", Error, "A value of the right type is outside what the key allows.";
    UNKNOWN_WORD = "PL205", "unknown-word", Error, "A value is not in the key's closed list of words.";
    MISSING_KEY = "PL206", "missing-key", Error, "A key that is needed here is missing.";
    BAD_NAME = "PL207", "bad-name", Error, "A dataset's name cannot be a table's name.";
    DATASET_TWICE = "PL210", "dataset-twice", Error, "Two pipelines define the same dataset.";
    CONTRACT_MISSING = "PL211", "contract-missing", Error, "The project has no contract of this name.";
    CONTRACT_UNUSED = "PL212", "contract-unused", Info, "No pipeline has a dataset with this contract.";
    REFERENCE_MISSING = "PL213", "reference-missing", Error, "A contract's check refers to a dataset that no pipeline has.";
    SOURCE_AND_MODEL = "PL220", "source-and-model", Error, "A dataset is either read from a source or made by a model.";
    MODEL_MISSING = "PL221", "model-missing", Error, "The model's file does not exist.";
    MODEL_UNUSED = "PL222", "model-unused", Warning, "No dataset is made by this model.";
    MODEL_ONLY = "PL223", "model-only", Error, "The key belongs to models only.";
    FORMAT_UNCLEAR = "PL224", "format-unclear", Error, "The files' format is neither given nor to be seen from their ending.";
    FORMAT_OPTION = "PL225", "format-option", Error, "The option does not belong to the format of the files.";
    KEY_MISSING = "PL230", "key-missing", Error, "A merged table needs the key by which rows replace each other.";
    KEY_UNUSED = "PL231", "key-unused", Warning, "Only a merged table uses a key.";
    COLUMN_UNKNOWN = "PL232", "column-unknown", Error, "The contract has no such column.";
    COLUMN_TWICE = "PL233", "column-twice", Error, "A column or partition is listed twice.";
    PARTITION_TYPE = "PL234", "partition-type", Error, "The column's type does not go with the way of partitioning.";
    PARTITION_MISSING = "PL235", "partition-missing", Error, "Replacing partitions needs partitions.";
    PARTITION_NAME = "PL236", "partition-name", Error, "The partition column would have the name of a column of the contract.";
    PARTITION_ALL = "PL237", "partition-all", Error, "Every column is a partition column, so no column would be left for the data files.";
    CYCLE = "PL240", "cycle", Error, "Datasets need each other in a circle.";
    INCREMENTAL_INPUT = "PL241", "incremental-input", Error, "`incremental.from` is not an input of the model.";
    INCREMENTAL_UNPARTITIONED = "PL242", "incremental-unpartitioned", Error, "The narrowed input has no partitions that could be read again as a whole.";
    PARTITIONS_TORN = "PL243", "partitions-torn", Warning, "A partition of the result may need rows from partitions of the input that were not touched.";
    INPUT_MISSING = "PL244", "input-missing", Error, "The model reads a dataset that no pipeline has.";
    KEY_NULLABLE = "PL245", "key-nullable", Error, "A key column of a merged table may be NULL, so its row would never be replaced.";
    CLASS_UNKNOWN = "PL260", "class-unknown", Error, "Nobody declared the class of a column.";
    UNPROTECTED = "PL261", "unprotected", Error, "A column holds protected data, and neither a protection nor its contract's class covers it.";
    EXEMPTION_EXPIRED = "PL262", "exemption-expired", Error, "The exemption of a column has ended.";
    EXEMPTION_UNUSED = "PL263", "exemption-unused", Warning, "A column has an exemption that it does not need.";
    EXEMPTION_COLUMN = "PL264", "exemption-column", Error, "An exemption names a column that no dataset has.";
    DECLASSIFIED_COPY = "PL265", "declassified-copy", Error, "A column is declassified, but its SQL only hands the value on.";
    SMALL_GROUPS = "PL266", "small-groups", Warning, "A dataset is grouped by a protected column, and no check wants its groups to be large.";
    SMALL_GROUPS_REFUSED = "PL267", "small-groups-refused", Error, "The same, where the project refuses it.";
    STEERED = "PL268", "steered", Info, "A protected column decides which rows a dataset has, or what stands in them.";
    KEY_UNDECLARED = "PL269", "key-undeclared", Error, "A protection needs a key that the settings do not declare.";
    ENCRYPTION_PARTITION = "PL270", "encryption-partition", Error, "A table that asks for encryption is partitioned by a column that is not public.";
}
