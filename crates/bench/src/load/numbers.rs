//! Sets of messages' numbers, which come in order or nearly so.

use std::collections::VecDeque;

/// Numbers in one word.
const BITS: u32 = u64::BITS;

/// A set of numbers. What is whole at its beginning takes no memory; the rest takes a bit for each number.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers {
    /// Words before `words`, each with all its numbers.
    full: u32,
    words: VecDeque<u64>,
}

impl Numbers {
    /// Adds a number; whether it was new.
    pub(super) fn insert(&mut self, number: u32) -> bool {
        let Some(index) = (number / BITS).checked_sub(self.full) else { return false };
        let index = index as usize;
        if index >= self.words.len() {
            self.words.resize(index + 1, 0);
        }
        let bit = 1 << (number % BITS);
        let new = self.words[index] & bit == 0;
        self.words[index] |= bit;
        while self.words.front() == Some(&u64::MAX) {
            self.words.pop_front();
            self.full += 1;
        }
        new
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        let rest: u64 = self.words.iter().map(|word| u64::from(word.count_ones())).sum();
        u64::from(self.full) * u64::from(BITS) + rest
    }

    /// How many are in both.
    pub(super) fn count_common(&self, other: &Self) -> u64 {
        let words = self.word_count().min(other.word_count());
        (0..words).map(|index| u64::from((self.word(index) & other.word(index)).count_ones())).sum()
    }

    fn word_count(&self) -> u32 {
        self.full + self.words.len() as u32
    }

    fn word(&self, index: u32) -> u64 {
        match index.checked_sub(self.full) {
            None => u64::MAX,
            Some(index) => self.words.get(index as usize).copied().unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(numbers: impl IntoIterator<Item = u32>) -> Numbers {
        let mut set = Numbers::default();
        for number in numbers {
            assert!(set.insert(number), "{number} is new");
        }
        set
    }

    #[test]
    fn each_number_is_new_once() {
        let mut numbers = set([0, 2, 1, 64, 200, 63]);
        for number in [0, 1, 2, 63, 64, 200] {
            assert!(!numbers.insert(number));
        }
        assert!(numbers.insert(3));
        assert_eq!(numbers.count(), 7);
    }

    #[test]
    fn what_is_whole_takes_no_memory() {
        let mut numbers = set((0..640).rev());
        assert_eq!((numbers.full, numbers.words.len(), numbers.count()), (10, 0, 640));
        assert!(!numbers.insert(5) && numbers.insert(640));
    }

    #[test]
    fn common_numbers() {
        let most = set((0..300).filter(|number| *number != 70));
        assert_eq!(most.count_common(&set(0..128)), 127);
        assert_eq!(set(0..128).count_common(&most), 127);
        assert_eq!(most.count_common(&set([70, 299, 300])), 1);
        assert_eq!(most.count_common(&Numbers::default()), 0);
    }
}
