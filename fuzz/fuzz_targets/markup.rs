#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| chinwag_fuzzing::markup(input));
