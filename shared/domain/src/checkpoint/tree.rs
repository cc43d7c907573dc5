//! The Merkle tree hash of RFC 6962, section 2.1, with SHA-256.
//!
//! A tree over the lines of a segment proves that one line is among them without the others: the
//! path from the line to the root is enough.

use sha2::{Digest as _, Sha256};

use crate::value::Digest;

/// The hash of one leaf.
pub fn leaf(line: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(line);
    Digest::from_bytes(hash.finalize().into())
}

/// The hash of the whole tree. That of no leaves is the hash of nothing.
pub fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::plain(b""),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(root(left), root(right))
        }
    }
}

/// The audit path of one leaf: the hashes beside the way from the leaf to the root, the lowest
/// first. `None` if there is no such leaf.
pub fn path(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut lower, beside) = match index.checked_sub(left.len()) {
        None => (path(left, index)?, root(right)),
        Some(index) => (path(right, index)?, root(left)),
    };
    lower.push(beside);
    Some(lower)
}

/// The root to which a path leads from a leaf of a tree of this size. `None` if the path has
/// another length than those of such a tree, or the tree has no such leaf.
pub fn root_of_path(leaf: Digest, index: usize, size: usize, path: &[Digest]) -> Option<Digest> {
    if index >= size {
        return None;
    }
    if size == 1 {
        return path.is_empty().then_some(leaf);
    }
    let (beside, lower) = path.split_last()?;
    let left = split(size);
    match index.checked_sub(left) {
        None => Some(node(root_of_path(leaf, index, left, lower)?, *beside)),
        Some(index) => Some(node(*beside, root_of_path(leaf, index, size - left, lower)?)),
    }
}

fn node(left: Digest, right: Digest) -> Digest {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(left.as_bytes());
    hash.update(right.as_bytes());
    Digest::from_bytes(hash.finalize().into())
}

/// The largest power of two that is smaller than `size`, which is at least two.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The leaves and roots that the tests of Certificate Transparency have published.
    const LEAVES: [&str; 8] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn leaves(size: usize) -> Vec<Digest> {
        LEAVES.iter().take(size).map(|line| leaf(&hex::decode(line).unwrap())).collect()
    }

    #[test]
    fn the_roots_are_those_of_certificate_transparency() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(root(&[]).to_string(), empty);
        for (size, expected) in ROOTS.iter().enumerate() {
            assert_eq!(root(&leaves(size + 1)).to_string(), *expected);
        }
    }

    #[test]
    fn the_path_of_each_leaf_leads_to_the_root_and_that_of_no_other_does() {
        for size in 1..=8 {
            let leaves = leaves(size);
            for (index, leaf) in leaves.iter().enumerate() {
                let path = path(&leaves, index).unwrap();
                assert_eq!(root_of_path(*leaf, index, size, &path), Some(root(&leaves)));
                for other in (0..size).filter(|other| *other != index) {
                    assert_ne!(root_of_path(*leaf, other, size, &path), Some(root(&leaves)));
                }
                let longer = [path.as_slice(), &[*leaf]].concat();
                assert_ne!(root_of_path(*leaf, index, size, &longer), Some(root(&leaves)));
                let shorter = path.split_last().map(|(_, shorter)| shorter);
                let wrong = shorter.and_then(|path| root_of_path(*leaf, index, size, path));
                assert_ne!(wrong, Some(root(&leaves)));
            }
            assert_eq!(path(&leaves, size), None);
            assert_eq!(root_of_path(leaves[0], size, size, &[]), None);
        }
    }
}
