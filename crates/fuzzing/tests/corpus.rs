//! Each target over its committed corpus, and over what random changes make of it.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::path::Path;

use chinwag_fuzzing::TARGETS;
use fastrand::Rng;

/// Changed inputs for each target. The fuzzer of the long section tries millions, and knows which of them are news.
const CHANGED_INPUTS: usize = 100_000;
const CHANGES_MAX: usize = 4;
const INPUT_BYTES_MAX: usize = 4096;

#[test]
fn targets_hold_over_their_corpora() {
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "{name} has no corpus");
        for input in &corpus {
            target(input);
        }
        target(b"");
    }
}

#[test]
fn targets_hold_over_random_changes_of_their_corpora() {
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        let mut random = Rng::with_seed(3);
        for _ in 0..CHANGED_INPUTS {
            target(&changed(&corpus, &mut random));
        }
    }
}

/// The seeds; what a fuzzer has left beside them is of this machine only.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("seed-")));
    files.sort();
    files.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// One input with a few bytes changed, taken out, doubled, or put in from another.
fn changed(corpus: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    let mut input = random.choice(corpus).unwrap().clone();
    for _ in 0..random.usize(1..=CHANGES_MAX) {
        let (start, end) = piece(&input, random);
        match random.u8(0..5) {
            0 if !input.is_empty() => {
                let at = random.usize(..input.len());
                input[at] ^= 1 << random.u8(0..8);
            }
            1 if !input.is_empty() => {
                let at = random.usize(..input.len());
                input[at] = random.u8(..);
            }
            2 => drop(input.drain(start..end)),
            3 => {
                let piece = input[start..end].to_vec();
                input.splice(start..start, piece);
            }
            _ => {
                let other = random.choice(corpus).unwrap();
                let (from, to) = piece(other, random);
                input.splice(start..start, other[from..to].iter().copied());
            }
        }
    }
    input.truncate(INPUT_BYTES_MAX);
    input
}

fn piece(input: &[u8], random: &mut Rng) -> (usize, usize) {
    let (one, other) = (random.usize(..=input.len()), random.usize(..=input.len()));
    (one.min(other), one.max(other))
}
