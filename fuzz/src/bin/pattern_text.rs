//! A regular expression of ECMA-262 on the first line, a text behind it: translating ends, a mistake lies within the pattern,
//! and what was translated can be searched with.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| {
    let (pattern, text) = input.split_once('\n').unwrap_or((input, ""));
    match contract::Pattern::new(pattern) {
        Ok(ready) => {
            ready.is_match(text);
        }
        Err(problem) => assert!(pattern.is_char_boundary(problem.at), "{problem:?}"),
    }
});
