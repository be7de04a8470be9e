//! Hashes that are the same for ever, on every host: what was decided by one must be decided the
//! same way again.

/// FNV-1a.
pub fn fingerprint(bytes: impl Iterator<Item = u8>) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.fold(0xcbf2_9ce4_8422_2325, step)
}

/// The same, and then a round of mixing, so that what ends alike lies far apart.
pub fn spread(bytes: impl Iterator<Item = u8>) -> u64 {
    let hash = fingerprint(bytes);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}
