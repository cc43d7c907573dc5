//! Tools for administrators before they publish: advice, differences, review, and tests of a set.

mod advice;
mod diff;
mod review;
mod trial;

pub use diff::{changed_files, changes};
pub use trial::Tried;
