//! A regular expression of ECMA-262: translating it ends, a mistake lies within it, and what was translated can be searched with.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: (&str, &str)| {
    let (pattern, text) = input;
    match contract::Pattern::new(pattern) {
        Ok(ready) => {
            ready.is_match(text);
        }
        Err(problem) => assert!(problem.at <= pattern.len() && pattern.is_char_boundary(problem.at), "{problem:?}"),
    }
});
