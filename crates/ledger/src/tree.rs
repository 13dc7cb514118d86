//! Hash tree over the chain: proof that a ledger with a given root holds a given step or voucher, without the rest of
//! the ledger.
//!
//! The tree is that of RFC 6962 (certificate transparency). Its leaves are the hashes of the chain in order: each step,
//! followed by the step's vouchers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::store::{Ledger, LedgerError, Wanted};
use crate::voucher::{Voucher, hex};

type Hash = [u8; 32];

/// Hashes of a tree, level by level from the leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    levels: Vec<Vec<Hash>>,
}

/// Hashes that lead from some leaves to the root of a tree. A proof is sure of the index of a leaf only if the size of
/// the tree is known, and the root does not tell the size. Whoever vouches for a root must therefore vouch for the size
/// too.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Path {
    /// Number of leaves of the tree.
    pub size: u64,
    /// Root of the tree, in hexadecimal digits.
    pub root: String,
    /// Hashes beside the way up, in hexadecimal digits: level from the leaves, index in the level, hash.
    pub beside: Vec<(u32, u64, String)>,
}

/// Hashes of a ledger's chain up to the end of a step, and the tree over them.
pub struct Chain {
    hashes: Vec<String>,
    /// Index of each step, from the first on.
    steps: Vec<u64>,
    pub tree: Tree,
}

impl Chain {
    /// Reads the chain up to and including a step.
    ///
    /// # Errors
    /// Fails if the ledger cannot be read.
    pub fn read(ledger: &mut Ledger, to_step: i64) -> Result<Chain, LedgerError> {
        let (mut hashes, mut steps) = (Vec::new(), Vec::new());
        for step in ledger.steps()?.into_iter().filter(|step| step.number <= to_step) {
            steps.push(hashes.len() as u64);
            hashes.push(step.hash);
            let vouchers = ledger.vouchers(&Wanted::of_step(step.number))?;
            hashes.extend(vouchers.into_iter().map(|voucher| voucher.hash));
        }
        let tree = Tree::of(hashes.iter().map(String::as_str));
        Ok(Chain { hashes, steps, tree })
    }

    /// Size and root of the tree, as a checkpoint states them.
    pub fn stated(&self) -> (u64, String) {
        (self.tree.size() as u64, self.tree.root())
    }

    /// Index of a step; `None` if the chain ends before it.
    pub fn place_of_step(&self, number: i64) -> Option<u64> {
        self.steps.get(usize::try_from(number - 1).ok()?).copied()
    }

    /// Hash before an index; empty at the start of the chain.
    pub fn before(&self, at: u64) -> &str {
        let place = at.checked_sub(1).and_then(|at| self.hashes.get(usize::try_from(at).ok()?));
        place.map_or("", String::as_str)
    }
}

/// Index of a posted voucher in the chain: the number of steps up to and including its own, plus the number of earlier
/// vouchers.
pub fn place_of(voucher: &Voucher) -> u64 {
    u64::try_from(voucher.step + voucher.number - 1).unwrap_or(u64::MAX)
}

fn leaf(hash: &str) -> Hash {
    Sha256::new().chain_update([0]).chain_update(hash.as_bytes()).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

impl Tree {
    /// The tree over hashes of a chain, in order.
    pub fn of<'h>(hashes: impl IntoIterator<Item = &'h str>) -> Tree {
        let mut levels: Vec<Vec<Hash>> = vec![hashes.into_iter().map(leaf).collect()];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            // A hash without a neighbour to its right goes up as it is.
            let above = below.chunks(2).map(|pair| match pair {
                [left, right] => node(left, right),
                other => other[0],
            });
            let above = above.collect();
            levels.push(above);
        }
        Tree { levels }
    }

    /// Number of leaves.
    pub fn size(&self) -> usize {
        self.levels[0].len()
    }

    /// Root in hexadecimal digits; that of an empty tree is the hash of nothing.
    pub fn root(&self) -> String {
        let root = self.levels.last().and_then(|level| level.first());
        root.map_or_else(|| crate::voucher::digest(&[]), |root| hex(root))
    }

    /// The way from leaves to the root. An index outside the tree is left out.
    pub fn path(&self, leaves: &[u64]) -> Path {
        let mut beside = BTreeMap::new();
        let mut known: Vec<u64> = leaves.iter().copied().filter(|at| *at < self.size() as u64).collect();
        for (height, level) in (0_u32..).zip(&self.levels) {
            known.sort_unstable();
            known.dedup();
            for at in &known {
                let other = at ^ 1;
                let hash = usize::try_from(other).ok().and_then(|other| level.get(other));
                if let Some(hash) = hash.filter(|_| known.binary_search(&other).is_err()) {
                    beside.insert((height, other), hex(hash));
                }
            }
            known.iter_mut().for_each(|at| *at /= 2);
        }
        let beside = beside.into_iter().map(|((level, at), hash)| (level, at, hash)).collect();
        Path { size: self.size() as u64, root: self.root(), beside }
    }
}

impl Path {
    /// Whether leaves stand in the tree with this root. Each leaf is given as its index and the hash that the chain has
    /// there.
    pub fn holds<'h>(&self, leaves: impl IntoIterator<Item = (u64, &'h str)>) -> bool {
        let mut level: BTreeMap<u64, Hash> = BTreeMap::new();
        for (at, hash) in leaves {
            let hash = leaf(hash);
            if at >= self.size || level.insert(at, hash).is_some_and(|other| other != hash) {
                return false;
            }
        }
        let mut beside: BTreeMap<(u32, u64), Hash> = BTreeMap::new();
        for (height, at, hash) in &self.beside {
            let Some(hash) = unhex(hash) else { return false };
            beside.insert((*height, *at), hash);
        }
        let (mut height, mut size) = (0, self.size);
        while size > 1 {
            let mut above: BTreeMap<u64, Hash> = BTreeMap::new();
            for (at, hash) in &level {
                let other = at ^ 1;
                let joined = match level.get(&other).or_else(|| beside.get(&(height, other))) {
                    _ if other >= size => *hash,
                    Some(other) if at % 2 == 0 => node(hash, other),
                    Some(other) => node(other, hash),
                    None => return false,
                };
                if above.insert(at / 2, joined).is_some_and(|same| same != joined) {
                    return false;
                }
            }
            (level, height, size) = (above, height + 1, size.div_ceil(2));
        }
        level.get(&0).is_some_and(|root| hex(root) == self.root)
    }
}

fn unhex(text: &str) -> Option<Hash> {
    let digits = text.as_bytes();
    let mut out = [0; 32];
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hashes(count: usize) -> Vec<String> {
        (0..count).map(|at| format!("hash {at}")).collect()
    }

    fn tree(hashes: &[String]) -> Tree {
        Tree::of(hashes.iter().map(String::as_str))
    }

    /// Roots that other programs give for the standard's test vectors. Every leaf of these vectors is valid text, and
    /// the function takes only text.
    #[test]
    fn roots_are_those_of_the_standard() {
        assert_eq!(Tree::of([]).root(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(Tree::of([""]).root(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(
            Tree::of(["", "\0"]).root(),
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
        );
        let vectors = ["", "\0", "\u{10}", " !", "01", "@ABC", "PQRSTUVW", "`abcdefghijklmno"];
        assert_eq!(
            Tree::of(vectors).root(),
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
        );
    }

    #[test]
    fn a_leaf_that_the_tree_does_not_have_is_not_held() {
        for size in 1..20 {
            let hashes = hashes(size);
            let tree = tree(&hashes);
            for (at, mine) in (0..).zip(hashes.iter().map(String::as_str)) {
                let path = tree.path(&[at]);
                assert!(path.holds([(at, mine)]), "{at} of {size}");
                assert!(!path.holds([(at, "another")]));
                assert!(!path.holds([(at, mine), (at, "another")]));
                assert!(!path.holds([(at + 1, mine)]));
                assert!(!path.holds([]), "no leaf proves nothing");
                let other = Path { root: "0".repeat(64), ..path.clone() };
                assert!(!other.holds([(at, mine)]));
            }
        }
    }

    proptest! {
        #[test]
        fn any_leaves_are_held(size in 1usize..200, picked in prop::collection::vec(0usize..200, 1..20)) {
            let hashes = hashes(size);
            let tree = tree(&hashes);
            let picked: Vec<usize> = picked.into_iter().filter(|at| *at < size).collect();
            prop_assume!(!picked.is_empty());
            let path = tree.path(&picked.iter().map(|at| *at as u64).collect::<Vec<_>>());
            let leaves = |at: &usize| (*at as u64, hashes[*at].as_str());
            prop_assert!(path.holds(picked.iter().map(leaves)));
            // Each hash beside the way is needed, and none can be replaced by another.
            for place in 0..path.beside.len() {
                let mut less = path.clone();
                less.beside.remove(place);
                prop_assert!(!less.holds(picked.iter().map(leaves)));
                let mut other = path.clone();
                other.beside[place].2 = "0".repeat(64);
                prop_assert!(!other.holds(picked.iter().map(leaves)));
            }
        }
    }
}
