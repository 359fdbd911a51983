//! One coarse timer wheel per shard: a look at each connection at a second of its choice.

/// Seconds that the wheel spans; nothing is due later than that without being looked at first.
const SLOTS: usize = 64;

#[derive(Debug)]
pub(crate) struct Wheel<T> {
    slots: [Vec<T>; SLOTS],
    /// The last second that was drained.
    second: u64,
}

impl<T> Wheel<T> {
    pub(crate) fn new(now_ms: u64) -> Self {
        Self { slots: std::array::from_fn(|_| Vec::new()), second: now_ms / 1000 }
    }

    /// Has `item` come up at the first second at or after `due_ms`, or a full turn from now if that is sooner.
    pub(crate) fn insert(&mut self, item: T, due_ms: u64) {
        let second = due_ms.div_ceil(1000).clamp(self.second + 1, self.second + SLOTS as u64 - 1);
        self.slots[(second % SLOTS as u64) as usize].push(item);
    }

    /// Everything due by now.
    pub(crate) fn advance(&mut self, now_ms: u64) -> Vec<T> {
        let mut due = Vec::new();
        // After a long sleep of the whole machine each slot is visited once.
        let end = (now_ms / 1000).min(self.second + SLOTS as u64);
        while self.second < end {
            self.second += 1;
            due.append(&mut self.slots[(self.second % SLOTS as u64) as usize]);
        }
        self.second = self.second.max(now_ms / 1000);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_up_once_and_not_early() {
        let mut wheel = Wheel::new(10_500);
        wheel.insert("a", 12_001);
        wheel.insert("b", 10_000);
        wheel.insert("c", 1_000_000);
        assert_eq!(wheel.advance(10_900), Vec::<&str>::new());
        assert_eq!(wheel.advance(11_000), vec!["b"]);
        assert_eq!(wheel.advance(12_999), Vec::<&str>::new());
        assert_eq!(wheel.advance(13_000), vec!["a"]);
        assert_eq!(wheel.advance(100_000), vec!["c"], "a full turn at the latest");
        assert_eq!(wheel.advance(500_000), Vec::<&str>::new());
    }
}
