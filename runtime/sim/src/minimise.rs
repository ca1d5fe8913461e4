//! Fewer things that still make the same failure.

/// The smallest sublist found for which `fails` is still true: from it no single item can be left out (if `tries`
/// allows to find out), and the order stays. `items` as a whole must fail. Each call of `fails` takes one of `tries`.
///
/// Delta debugging (Zeller, Hildebrandt 2002), complements only: chunks of half the list are left out, then of a
/// quarter, and so on down to single items.
pub fn minimise<T: Clone>(items: Vec<T>, tries: &mut usize, mut fails: impl FnMut(&[T]) -> bool) -> Vec<T> {
    let mut kept = items;
    let mut attempt = |candidate: &[T]| {
        if *tries == 0 {
            return false;
        }
        *tries -= 1;
        fails(candidate)
    };
    if kept.is_empty() || attempt(&[]) {
        return Vec::new();
    }
    let mut chunk = kept.len().div_ceil(2);
    loop {
        let mut from = 0;
        let before = kept.len();
        while from < kept.len() {
            let until = (from + chunk).min(kept.len());
            let rest: Vec<T> = kept.iter().take(from).chain(kept.iter().skip(until)).cloned().collect();
            if !rest.is_empty() && attempt(&rest) {
                kept = rest;
            } else {
                from = until;
            }
        }
        if chunk == 1 && kept.len() == before {
            return kept;
        }
        chunk = (chunk / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(needed: &[u32], length: u32) -> (Vec<u32>, usize) {
        let mut tries = 10_000;
        let all: Vec<u32> = (0..length).collect();
        let fewest = minimise(all, &mut tries, |some| needed.iter().all(|one| some.contains(one)));
        (fewest, 10_000 - tries)
    }

    #[test]
    fn what_is_needed_is_left_in_its_order() {
        assert!(of(&[], 100).0.is_empty());
        assert_eq!(of(&[41], 100).0, [41]);
        assert_eq!(of(&[99, 0, 50], 100).0, [0, 50, 99]);
        assert_eq!(of(&[0, 1, 2], 3).0, [0, 1, 2]);
    }

    #[test]
    fn few_needed_of_many_take_few_tries() {
        let (fewest, tries) = of(&[123, 777], 1_000);
        assert_eq!(fewest, [123, 777]);
        assert!(tries < 100, "{tries}");
    }

    #[test]
    fn either_of_two_is_enough() {
        let mut tries = 100;
        let fewest = minimise(vec![1, 2, 3, 4], &mut tries, |some| some.contains(&2) || some.contains(&3));
        assert_eq!(fewest.len(), 1);
    }

    #[test]
    fn without_tries_everything_stays() {
        let (mut tries, mut calls) = (3, 0);
        let fewest = minimise((0..10).collect(), &mut tries, |_| {
            calls += 1;
            false
        });
        assert_eq!((fewest.len(), calls, tries), (10, 3, 0));
    }
}
