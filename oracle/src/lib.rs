//! Nothing of its own: the tests hold the lint and the schema for editors against the standard's official JSON schemas.
