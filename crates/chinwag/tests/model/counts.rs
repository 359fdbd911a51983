//! How often each command, refusal, record and way of reading occurred.

use std::collections::BTreeMap;
use std::fmt::Write;

use chinwag_client::{Protocol, Transport};
use chinwag_protocol::{Code, FrameCommand, Record};

use crate::names;

/// Numbers by what was counted and its name.
#[derive(Debug, Default, Clone)]
pub(crate) struct Counts(BTreeMap<(Kind, String), u64>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Command,
    Refusal,
    Record,
    Way,
    Snapshot,
}

impl Counts {
    fn count(&mut self, kind: Kind, name: impl Into<String>) {
        *self.0.entry((kind, name.into())).or_default() += 1;
    }

    pub(crate) fn command(&mut self, command: &FrameCommand) {
        self.count(Kind::Command, names::command(command));
    }

    /// A request of somebody who is not signed in.
    pub(crate) fn entry(&mut self, name: &'static str) {
        debug_assert!(names::ENTRIES.contains(&name), "{name}");
        self.count(Kind::Command, name);
    }

    pub(crate) fn refusal(&mut self, code: Code) {
        self.count(Kind::Refusal, names::code(&code));
    }

    pub(crate) fn record(&mut self, record: &Record) {
        self.count(Kind::Record, names::record(record));
    }

    /// A reader goes on by another way.
    pub(crate) fn way(&mut self, transport: Transport, protocol: Protocol) {
        self.count(Kind::Way, names::way(transport, protocol));
    }

    /// A device begins anew, or a fresh one is compared.
    pub(crate) fn snapshot(&mut self, which: &str) {
        self.count(Kind::Snapshot, which);
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (key, number) in &other.0 {
            *self.0.entry(key.clone()).or_default() += number;
        }
    }

    pub(crate) fn of(&self, kind: Kind) -> u64 {
        self.0.iter().filter(|((counted, _), _)| *counted == kind).map(|(_, number)| number).sum()
    }

    /// What was asked and how often it was refused: what a seed alone decides. How readers go on is a matter of time as well.
    pub(crate) fn asked(&self) -> BTreeMap<(Kind, String), u64> {
        let mut asked = self.0.clone();
        asked.retain(|(kind, _), _| matches!(kind, Kind::Command | Kind::Refusal));
        asked
    }

    /// Everything that is due, with how often it occurred.
    pub(crate) fn due(&self) -> Vec<(Kind, &'static str, u64)> {
        let lists = [
            (Kind::Command, names::COMMANDS),
            (Kind::Command, names::ENTRIES),
            (Kind::Refusal, names::CODES),
            (Kind::Record, names::RECORDS),
            (Kind::Way, names::WAYS),
        ];
        let number = |kind, name: &str| self.0.get(&(kind, name.to_owned())).copied().unwrap_or_default();
        let due = lists.into_iter().flat_map(|(kind, list)| list.iter().map(move |name| (kind, *name)));
        due.map(|(kind, name)| (kind, name, number(kind, name))).collect()
    }

    /// A table of all that occurred, and of all that was due and did not.
    pub(crate) fn table(&self) -> String {
        let mut all = self.0.clone();
        for (kind, name, number) in self.due() {
            all.insert((kind, name.to_owned()), number);
        }
        let mut table = String::new();
        let mut last = None;
        for ((kind, name), number) in &all {
            if last != Some(*kind) {
                last = Some(*kind);
                // Writing into a String cannot fail.
                let _ = writeln!(table, "{kind:?}");
            }
            let _ = writeln!(table, "  {name:32} {number:>9}");
        }
        table
    }
}
