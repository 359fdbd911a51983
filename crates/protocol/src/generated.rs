//! Files that are written from this crate.

/// Fails if the file at `path` is not `expected`; with `UPDATE_GENERATED` in the environment, writes it first.
pub(crate) fn check(path: &str, expected: &str) {
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(path, expected).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == expected,
        "{path} is not current; run UPDATE_GENERATED=1 cargo test -p chinwag-protocol"
    );
}
