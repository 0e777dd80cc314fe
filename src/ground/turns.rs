//! That many take turns: whoever brings much comes after the first of everybody else.

use std::collections::HashMap;
use std::hash::Hash;

/// Things with whose they are, each with how many of the same came before it.
///
/// ```
/// use thubaocao::ground::turns::numbered;
/// let mails = [("a", 1), ("a", 2), ("b", 3)];
/// assert_eq!(numbered(mails), [(0, 1), (1, 2), (0, 3)]);
/// ```
pub fn numbered<K: Eq + Hash, T>(things: impl IntoIterator<Item = (K, T)>) -> Vec<(usize, T)> {
    let mut before: HashMap<K, usize> = HashMap::new();
    let number = |(whose, thing)| {
        let number = before.entry(whose).or_default();
        *number += 1;
        (*number - 1, thing)
    };
    things.into_iter().map(number).collect()
}
