/// The candidate that a mistyped `name` was probably meant to be.
pub(super) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Below this likeness, what is found puzzles more than it helps: `port` is not `log_format`.
    const LIKENESS_MIN: f64 = 0.8;

    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OPTIONS;

    #[test]
    fn slips_find_their_option_and_strangers_find_none() {
        for (name, found) in [
            ("lisen", Some("listen")),
            ("listn", Some("listen")),
            ("admin-listen", Some("admin_listen")),
            ("logformat", Some("log_format")),
            ("allowed_origins", Some("allow_origin")),
            ("max_connections", Some("connections_max")),
            ("port", None),
            ("bind", None),
        ] {
            assert_eq!(nearest(name, OPTIONS.iter().map(|option| option.name)), found, "{name}");
        }
    }
}
