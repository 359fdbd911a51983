//! A report for programs.

use chinwag_bench::report::{from_json, to_json};

use crate::sample;

#[test]
fn what_is_written_is_read_again() {
    let report = sample::report();
    let text = to_json(&report).unwrap();
    assert_eq!(from_json(&text).unwrap(), report);
    assert!(text.starts_with("{\n  \"tool\": \"chinwag 0.1.0\",\n"), "{text}");
    assert!(text.ends_with("}\n"), "{text}");
}
