//! The tables of codes in `docs/protocol.md`.

use std::fmt::Write;

use crate::generated::check;
use crate::{CloseCode, Code, Retry};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol.md");

fn retries() -> Result<String, std::fmt::Error> {
    let mut out = String::from("| again | meaning |\n| --- | --- |\n");
    for retry in Retry::ALL {
        writeln!(out, "| {} | {} |", retry.as_str(), retry.advice())?;
    }
    Ok(out)
}

fn problems() -> Result<String, std::fmt::Error> {
    let mut out = String::from("| `code` | status | again |\n| --- | --- | --- |\n");
    for code in Code::ALL {
        writeln!(out, "| `{code}` | {} | {} |", code.status(), code.retry().as_str())?;
    }
    Ok(out)
}

fn closes() -> Result<String, std::fmt::Error> {
    let mut out = String::from("| code | meaning | again |\n| --- | --- | --- |\n");
    for code in CloseCode::ALL {
        writeln!(out, "| {} | {} | {} |", code.number(), code.meaning(), code.retry().as_str())?;
    }
    Ok(out)
}

/// The document with `table` between the two markers of that name.
fn with_table(document: &str, name: &str, table: &str) -> String {
    let (begin, end) =
        (format!("<!-- {name}: from crates/protocol -->\n"), format!("<!-- end of {name} -->\n"));
    let (before, rest) = document.split_once(&begin).unwrap_or_else(|| panic!("no marker {begin:?}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("no marker {end:?}"));
    format!("{before}{begin}{table}{end}{after}")
}

#[test]
fn tables_of_codes_are_current() {
    let mut document = std::fs::read_to_string(FILE).unwrap();
    for (name, table) in [("retries", retries()), ("problems", problems()), ("closes", closes())] {
        document = with_table(&document, name, &table.unwrap());
    }
    check(FILE, &document);
}
