//! YAML and JSON as a tree with spans.
