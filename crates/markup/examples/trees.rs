//! Reads a JSON list of `{"text", "entities"}`, writes the list of their trees: for comparing this parser with another.

#![expect(clippy::unwrap_used, reason = "only tests run it")]

#[path = "../tests/fixture/json.rs"]
mod json;

use serde_json::Value;

fn main() {
    let texts: Vec<Value> = serde_json::from_reader(std::io::stdin().lock()).unwrap();
    let trees: Vec<Value> = texts
        .iter()
        .map(|text| {
            let entities = text["entities"].as_array().unwrap();
            let tree = chinwag_markup::parse(text["text"].as_str().unwrap(), &json::spans(entities));
            json::tree(&tree, entities)
        })
        .collect();
    serde_json::to_writer(std::io::stdout().lock(), &trees).unwrap();
}
