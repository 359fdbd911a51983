//! Answers for people: plain columns. What people have typed must not move the cursor of whoever looks at it.

use serde_json::Value;

/// How an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A table of what stands in the field, with these headings and the places of what is under them.
    Table(&'static str, &'static [(&'static str, &'static str)]),
    /// A line for each of these, and below them a table of what stands in the field.
    Fields(
        &'static [(&'static str, &'static str)],
        Option<(&'static str, &'static [(&'static str, &'static str)])>,
    ),
    /// Whether each of the fields is open or closed.
    OpenOrClosed,
    /// How many members were sent away.
    Closed,
    /// A secret that is shown this once: its field, and what it is.
    Secret(&'static str, &'static str),
    /// What was done.
    Done(&'static str),
}

/// The text for an answer.
pub(super) fn print(shape: Shape, answer: &Value) -> String {
    match shape {
        Shape::Table(field, columns) => {
            let next = match &answer["next"] {
                Value::String(next) => format!("More of them: --after {}\n", plain(next)),
                _ => String::new(),
            };
            table(&answer[field], columns) + &next
        }
        Shape::Fields(fields, below) => {
            let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
            let lines = fields.iter().map(|(name, place)| {
                format!("{name:<width$}  {}\n", text(answer.pointer(place).unwrap_or(&Value::Null)))
            });
            let below = below.map(|(field, columns)| format!("\n{}", table(&answer[field], columns)));
            lines.collect::<String>() + &below.unwrap_or_default()
        }
        Shape::OpenOrClosed => {
            let fields = answer.as_object().into_iter().flatten();
            let word = |open: &Value| if *open == true { "open" } else { "closed" };
            fields.map(|(name, open)| format!("{name:<13}  {}\n", word(open))).collect()
        }
        Shape::Closed => format!("Closed. Members sent away: {}\n", text(&answer["removed"])),
        Shape::Secret(field, what) => format!("{}\n{what}\n", text(&answer[field])),
        Shape::Done(what) => format!("{what}\n"),
    }
}

fn table(rows: &Value, columns: &[(&str, &str)]) -> String {
    let headings = columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
    let mut lines: Vec<Vec<String>> = vec![headings];
    for row in rows.as_array().into_iter().flatten() {
        let cells = columns.iter().map(|(_, place)| text(row.pointer(place).unwrap_or(&Value::Null)));
        lines.push(cells.collect());
    }
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default())
        .collect();
    let mut out = String::new();
    for line in &lines {
        let cells = line.iter().zip(&widths);
        let cells = cells.map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.chars().count())));
        out += cells.collect::<Vec<_>>().join("  ").trim_end();
        out.push('\n');
    }
    out
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => plain(text),
        // A ban or a closure, of which it is enough that there is one.
        Value::Object(fields) => match fields.get("until") {
            Some(Value::String(until)) => format!("until {until}"),
            _ => "yes".to_owned(),
        },
        other => other.to_string(),
    }
}

/// A text without what ends a line, moves the cursor or turns the direction of writing.
pub(super) fn plain(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || turns(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_lie_below_each_other() {
        let shape =
            Shape::Table("rooms", &[("ROOM", "/slug"), ("MEMBERS", "/members"), ("CLOSED", "/closed")]);
        let answer = json!({
            "rooms": [
                { "slug": "tea", "members": 5, "closed": null },
                { "slug": "coffée", "members": 12_000, "closed": { "since": "…" } },
            ],
            "next": "tea",
        });
        let expected = "ROOM    MEMBERS  CLOSED\n\
                        tea     5        -\n\
                        coffée  12000    yes\n\
                        More of them: --after tea\n";
        assert_eq!(print(shape, &answer), expected);
    }

    #[test]
    fn what_people_have_typed_moves_no_cursor() {
        assert_eq!(plain("a\u{1b}[2Jb\r\n\u{202e}c\u{9b}d"), "a\\u{1b}[2Jb\\u{d}\\u{a}\\u{202e}c\\u{9b}d");
        assert_eq!(plain("Zoë 👋 سلام"), "Zoë 👋 سلام");
    }
}
