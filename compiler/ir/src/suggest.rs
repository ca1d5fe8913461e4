//! "Did you mean ...?", for every name a user writes.

/// The candidate closest to `name`, if it is close enough to be what was meant.
pub fn closest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    let limit = match name.chars().count() {
        0..=1 => return None,
        2..=4 => 1,
        5..=8 => 2,
        _ => 3,
    };
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance =
            if candidate.eq_ignore_ascii_case(name) { 0 } else { distance(name, candidate, limit) };
        // Ties go to the first in the alphabet, so that messages don't depend on the order of candidates.
        if distance <= limit && candidate != name && best.is_none_or(|found| (distance, candidate) < found) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate.to_owned())
}

/// Edit distance with transpositions of neighbours; anything above `limit` if the lengths alone exceed it.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    // Lengths first: a long name from a file must not cost its square.
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > limit || a.len() > 64 {
        return limit + 1;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, &from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &to) in b.iter().enumerate() {
            let mut cost = (above[j] + usize::from(from != to)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && from == b[j - 1] && a[i - 1] == to {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn suggests_what_is_near_and_nothing_else() {
        let names = ["link", "path", "cheapest"];
        assert_eq!(closest("lnik", names), Some("link".into()));
        assert_eq!(closest("chaepst", names), Some("cheapest".into()));
        assert_eq!(closest("PATH", names), Some("path".into()));
        assert_eq!(closest("quorum", names), None);
        assert_eq!(closest("x", ["y"]), None);
        assert_eq!(closest("pakage", ["package", "provides"]), Some("package".into()));
        assert_eq!(closest("grösze", ["größe"]), Some("größe".into()));
    }
}
