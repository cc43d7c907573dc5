//! Random bytes from the operating system.

use service::Fault;

/// Draws bytes that nobody can guess.
pub fn bytes<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Fault::new("draw random bytes", error))?;
    Ok(bytes)
}
