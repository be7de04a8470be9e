//! Places in line, in two orders: those that the store has too, and those that only memory has (what has
//! waited for its time). Nothing here looks at one after the other: of either kind there may be very many.

use std::collections::BTreeSet;

#[derive(Debug)]
pub(super) struct Places<P> {
    stored: BTreeSet<P>,
    only_here: BTreeSet<P>,
}

impl<P> Default for Places<P> {
    fn default() -> Places<P> {
        Places { stored: BTreeSet::new(), only_here: BTreeSet::new() }
    }
}

impl<P: Copy + Ord> Places<P> {
    /// Also of one that is there: what the store has of it may have changed.
    pub(super) fn insert(&mut self, place: P, stored: bool) {
        let (to, from) = match stored {
            true => (&mut self.stored, &mut self.only_here),
            false => (&mut self.only_here, &mut self.stored),
        };
        from.remove(&place);
        to.insert(place);
    }

    pub(super) fn remove(&mut self, place: P) {
        self.stored.remove(&place);
        self.only_here.remove(&place);
    }

    pub(super) fn contains(&self, place: P) -> bool {
        self.stored.contains(&place) || self.only_here.contains(&place)
    }

    /// And whether the store has it.
    pub(super) fn first(&self) -> Option<(P, bool)> {
        match (self.stored.first(), self.only_here.first()) {
            (Some(stored), Some(here)) if here < stored => Some((*here, false)),
            (Some(stored), _) => Some((*stored, true)),
            (None, here) => here.map(|it| (*it, false)),
        }
    }

    pub(super) fn pop_first(&mut self) -> Option<(P, bool)> {
        let (place, stored) = self.first()?;
        self.remove(place);
        Some((place, stored))
    }

    /// The last of those that the store has.
    pub(super) fn last_stored(&self) -> Option<P> {
        self.stored.last().copied()
    }

    pub(super) fn n_stored(&self) -> usize {
        self.stored.len()
    }

    pub(super) fn len(&self) -> usize {
        self.stored.len() + self.only_here.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = (P, bool)> {
        let stored = self.stored.into_iter().map(|it| (it, true));
        stored.chain(self.only_here.into_iter().map(|it| (it, false)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::cmp::Ordering;

    thread_local! {
        static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    /// A place that counts how often one is compared with another.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Counted(usize);

    impl Ord for Counted {
        fn cmp(&self, other: &Counted) -> Ordering {
            COMPARED.set(COMPARED.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Counted {
        fn partial_cmp(&self, other: &Counted) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    #[test]
    fn the_first_is_that_of_both_kinds_and_the_last_that_of_one() {
        let mut places = Places::default();
        for (place, stored) in [(3, true), (1, false), (9, false), (2, true)] {
            places.insert(place, stored);
        }
        assert_eq!((places.first(), places.last_stored()), (Some((1, false)), Some(3)));
        assert_eq!((places.len(), places.n_stored()), (4, 2));
        places.insert(1, true);
        assert_eq!(
            (places.first(), places.len()),
            (Some((1, true)), 4),
            "one place, whatever kind"
        );
        places.remove(3);
        assert!(!places.contains(3) && places.contains(9));
        let in_order: Vec<_> = std::iter::from_fn(|| places.pop_first()).collect();
        assert_eq!(in_order, [(1, true), (2, true), (9, false)]);
        assert!(places.is_empty() && places.last_stored().is_none());
    }

    /// What one more costs beside so many that only memory has.
    fn compared_beside(n: usize) -> usize {
        let mut places = Places::default();
        (0..n).for_each(|it| places.insert(Counted(2 * it), false));
        places.insert(Counted(1), true);
        COMPARED.set(0);
        places.insert(Counted(n), true);
        let last = places.last_stored().expect("one is stored");
        places.remove(last);
        let (first, _) = places.first().expect("many wait");
        assert_eq!((last, first, places.n_stored()), (Counted(n), Counted(0), 1));
        COMPARED.get()
    }

    #[test]
    fn one_of_very_many_costs_hardly_more_than_one_of_many() {
        let (many, very_many) = (compared_beside(1_001), compared_beside(100_001));
        assert!(very_many < 3 * many, "{many} comparisons, then {very_many}");
    }
}
