//! A bounded map that forgets what was not used for longest, roughly.

use std::collections::HashMap;
use std::hash::Hash;

/// Two generations of at most `max` entries each: what is used moves to the young one, and when that is full it becomes the
/// old one, whose entries are thrown away.
#[derive(Debug)]
pub(crate) struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    max: usize,
}

impl<K: Hash + Eq, V> Generations<K, V> {
    pub(crate) fn new(max: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), max }
    }

    /// The entry of `key`, made if it is not remembered.
    pub(crate) fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let used_before = self.old.remove(&key);
        if self.young.len() >= self.max && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.entry(key).or_insert_with(|| used_before.unwrap_or_else(make))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_bounded_and_keeps_what_is_used() {
        let mut map = Generations::new(10);
        *map.entry(0, || 0) = 7;
        for key in 1..1_000 {
            map.entry(key, || 0);
            assert_eq!(*map.entry(0, || 0), 7);
            assert!(map.young.len() <= 10 && map.old.len() <= 10);
        }
    }
}
