//! Outboxes: for each live connection the positions that it still has to write.
//!
//! They hold positions, not bytes: the bytes are looked up in the window when they are written, so that a deletion in
//! between is seen. All of a shard's outboxes share one pool of nodes, so that queueing allocates nothing per reader.

use chinwag_protocol::Pos;

const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Node {
    pos: Pos,
    next: u32,
}

/// A queue whose nodes lie in a [`Pool`].
#[derive(Debug)]
pub(crate) struct Outbox {
    head: u32,
    tail: u32,
    len: u32,
}

/// The nodes of a shard's outboxes.
#[derive(Debug)]
pub(crate) struct Pool {
    nodes: Vec<Node>,
    free: u32,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { head: NONE, tail: NONE, len: 0 }
    }
}

impl Default for Pool {
    fn default() -> Self {
        Self { nodes: Vec::new(), free: NONE }
    }
}

impl Outbox {
    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn first(&self, pool: &Pool) -> Option<Pos> {
        (self.head != NONE).then(|| pool.nodes[self.head as usize].pos)
    }

    pub(crate) fn last(&self, pool: &Pool) -> Option<Pos> {
        (self.tail != NONE).then(|| pool.nodes[self.tail as usize].pos)
    }

    pub(crate) fn iter<'a>(&self, pool: &'a Pool) -> impl Iterator<Item = Pos> + 'a {
        let mut at = self.head;
        std::iter::from_fn(move || {
            let node = (at != NONE).then(|| &pool.nodes[at as usize])?;
            at = node.next;
            Some(node.pos)
        })
    }

    #[inline]
    pub(crate) fn push(&mut self, pool: &mut Pool, pos: Pos) {
        let node = Node { pos, next: NONE };
        let at = if pool.free == NONE {
            pool.nodes.push(node);
            (pool.nodes.len() - 1) as u32
        } else {
            let at = pool.free;
            pool.free = std::mem::replace(&mut pool.nodes[at as usize], node).next;
            at
        };
        if self.tail == NONE {
            self.head = at;
        } else {
            pool.nodes[self.tail as usize].next = at;
        }
        self.tail = at;
        self.len += 1;
    }

    pub(crate) fn pop(&mut self, pool: &mut Pool) -> Option<Pos> {
        if self.head == NONE {
            return None;
        }
        let at = self.head;
        let node = &mut pool.nodes[at as usize];
        let pos = node.pos;
        self.head = std::mem::replace(&mut node.next, pool.free);
        pool.free = at;
        if self.head == NONE {
            self.tail = NONE;
        }
        self.len -= 1;
        Some(pos)
    }

    pub(crate) fn clear(&mut self, pool: &mut Pool) {
        if self.tail != NONE {
            pool.nodes[self.tail as usize].next = pool.free;
            pool.free = self.head;
        }
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::random::Random;

    #[test]
    fn many_queues_in_one_pool_keep_their_order() {
        let mut random = Random::new(1);
        let mut pool = Pool::default();
        let mut queues: Vec<(Outbox, VecDeque<Pos>)> = (0..5).map(|_| Default::default()).collect();
        for step in 0..10_000 {
            let (outbox, model) = &mut queues[random.below(5) as usize];
            match random.below(10) {
                0 => {
                    outbox.clear(&mut pool);
                    model.clear();
                }
                1..5 => assert_eq!(outbox.pop(&mut pool), model.pop_front()),
                _ => {
                    outbox.push(&mut pool, Pos::new(step));
                    model.push_back(Pos::new(step));
                }
            }
            assert_eq!(outbox.len(), model.len());
            assert_eq!(outbox.first(&pool), model.front().copied());
            assert_eq!(outbox.last(&pool), model.back().copied());
            assert!(outbox.iter(&pool).eq(model.iter().copied()));
        }
        let held: usize = queues.iter().map(|(outbox, _)| outbox.len()).sum();
        assert!(pool.nodes.len() < 500 + held, "nodes are reused");
    }
}
