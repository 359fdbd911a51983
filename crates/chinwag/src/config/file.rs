//! The TOML file: a flat list of `option = value`.

use std::fs;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::nearest::nearest;
use super::options::OPTIONS;
use super::source::{Given, Source};

/// Reads the file and takes its values in order of their lines. `named_by` is told where the file cannot be read.
pub(super) fn read(path: &Path, named_by: &Source) -> Result<Vec<Given>, ConfigError> {
    let content = fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        named_by: named_by.clone(),
        source,
    })?;
    parse(path, &content)
}

fn parse(path: &Path, content: &str) -> Result<Vec<Given>, ConfigError> {
    let table = DeTable::parse(content).map_err(|error| ConfigError::Syntax {
        path: path.to_owned(),
        line: line_at(content, error.span().map_or(0, |span| span.start)),
        // Some of the parser's messages have several lines.
        message: error.message().lines().collect::<Vec<_>>().join("; "),
    })?;
    let mut entries: Vec<_> = table.get_ref().iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);

    entries
        .into_iter()
        .map(|(key, value)| given(path, line_at(content, key.span().start), key.get_ref(), value.get_ref()))
        .collect()
}

fn given(path: &Path, line: usize, key: &str, value: &DeValue<'_>) -> Result<Given, ConfigError> {
    let option = OPTIONS.iter().find(|option| option.name == key).ok_or_else(|| ConfigError::UnknownKey {
        path: path.to_owned(),
        line,
        key: key.to_owned(),
        nearest: nearest(key, OPTIONS.iter().map(|option| option.name)),
    })?;
    let source = Source::File { path: path.to_owned(), line };

    let text = match value {
        DeValue::Array(_) if !(option.is_list)() => {
            return Err(ConfigError::UnexpectedList { option: option.name, source_of_value: source });
        }
        DeValue::Array(elements) => elements
            .iter()
            .map(|element| scalar(element.get_ref()))
            .collect::<Result<Vec<_>, _>>()
            .map(|texts| texts.join(",")),
        value => scalar(value),
    };
    match text {
        Ok(text) => Ok(Given { option, text, source }),
        Err(found) => Err(ConfigError::InvalidValue {
            option: option.name,
            source_of_value: source,
            found: found.to_owned(),
            allowed: (option.allowed)(),
        }),
    }
}

/// The text of a value that stands alone, as it would be written on the command line; else what it is instead.
fn scalar(value: &DeValue<'_>) -> Result<String, &'static str> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Ok(number.to_string()),
            // Too large for any option; its own text names it best in the refusal.
            Err(_) => Ok(number.to_string()),
        },
        DeValue::Float(number) => Ok(number.to_string()),
        DeValue::Boolean(truth) => Ok(truth.to_string()),
        DeValue::Datetime(time) => Ok(time.to_string()),
        DeValue::Array(_) => Err("a list"),
        DeValue::Table(_) => Err("a table"),
    }
}

/// The number of the line that holds the byte at `offset`.
fn line_at(content: &str, offset: usize) -> usize {
    content.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
