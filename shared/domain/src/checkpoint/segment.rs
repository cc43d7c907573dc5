//! The entries of one checkpoint.

use std::io::{Read as _, Write as _};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};

use super::tree;
use crate::{history::RawEntry, value::Digest};

/// The greatest length of a segment, in bytes of text.
const LARGEST: u64 = 1 << 30;

/// The lines of one checkpoint, in order of time, history and number, so that each history stands in
/// its own order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Segment {
    lines: Vec<RawEntry>,
}

impl Segment {
    /// Puts lines into their order.
    pub fn of(mut lines: Vec<RawEntry>) -> Self {
        lines.sort_by(|one, other| {
            let place = |line: &RawEntry| (line.at, line.history.clone(), line.seq);
            place(one).cmp(&place(other)).then_with(|| one.hash.cmp(&other.hash))
        });
        Self { lines }
    }

    /// The lines, in order.
    pub fn lines(&self) -> &[RawEntry] {
        &self.lines
    }

    /// The text of the segment: each line, and a line feed behind it.
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    /// The text, compressed with gzip, as it is stored. The same lines are always the same bytes.
    pub fn packed(&self) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        // Writing into memory does not fail.
        _ = packer.write_all(self.text().as_bytes());
        packer.finish().unwrap_or_default()
    }

    /// The root of the tree over the lines.
    pub fn root(&self) -> Digest {
        root_of(self.lines.iter().map(RawEntry::as_str))
    }
}

/// The text of a packed segment. `None` if it is not gzip, or not text, or larger than any segment.
pub fn unpacked(packed: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut unpacker = GzDecoder::new(packed).take(LARGEST + 1);
    let read = unpacker.read_to_string(&mut text).ok()?;
    u64::try_from(read).is_ok_and(|read| read <= LARGEST).then_some(text)
}

/// The root of the tree over lines of text.
pub fn root_of<'t>(lines: impl Iterator<Item = &'t str>) -> Digest {
    let leaves: Vec<_> = lines.map(|line| tree::leaf(line.as_bytes())).collect();
    tree::root(&leaves)
}
