//! The text of a contract: reading, lint and compilation end, and what was read is written and read again the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let loaded = contract::load("fuzz.odcs.yaml", text);
    for diagnostic in &loaded.diagnostics {
        assert!(diagnostic.span.start <= diagnostic.span.end && diagnostic.span.end <= text.len(), "{diagnostic:?}");
    }
    let Some(contract) = &loaded.contract else { return };
    let json = contract.to_json().to_string();
    let again = contract::load("fuzz.odcs.json", &json);
    let read = again.contract.map(|contract| contract.to_json());
    assert_eq!(read, Some(contract.to_json()), "what was written is not what was read");
});
