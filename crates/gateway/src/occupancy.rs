//! How many things somebody may have at the same time.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use parking_lot::Mutex;

/// For each key, how many it has; keys that have none are forgotten. A clone is another handle on the same.
#[derive(Clone)]
pub(crate) struct Occupancy<K: Hash + Eq> {
    counts: Arc<Mutex<HashMap<K, u32>>>,
    max: u32,
}

/// One of them; counts until it is dropped.
pub(crate) struct Place<K: Hash + Eq> {
    occupancy: Occupancy<K>,
    key: K,
}

impl<K: Hash + Eq> fmt::Debug for Occupancy<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Occupancy(at most {})", self.max)
    }
}

impl<K: Hash + Eq> fmt::Debug for Place<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place")
    }
}

impl<K: Hash + Eq + Copy> Occupancy<K> {
    pub(crate) fn new(max: u32) -> Self {
        Self { counts: Arc::default(), max }
    }

    /// One more, if the key may have it.
    pub(crate) fn take(&self, key: K) -> Option<Place<K>> {
        let mut counts = self.counts.lock();
        let count = counts.entry(key).or_default();
        if *count >= self.max {
            return None;
        }
        *count += 1;
        Some(Place { occupancy: self.clone(), key })
    }
}

impl<K: Hash + Eq> Drop for Place<K> {
    fn drop(&mut self) {
        let mut counts = self.occupancy.counts.lock();
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
                if counts.is_empty() {
                    // Gives its memory back.
                    *counts = HashMap::new();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_allowed_and_nothing_stays_behind() {
        let occupancy = Occupancy::new(2);
        let first = occupancy.take("a").unwrap();
        let _second = occupancy.take("a").unwrap();
        assert!(occupancy.take("a").is_none());
        let other = occupancy.take("b").unwrap();
        drop(first);
        let third = occupancy.take("a").unwrap();
        assert!(occupancy.take("a").is_none());
        drop((other, third, _second));
        assert!(occupancy.counts.lock().is_empty());
    }
}
