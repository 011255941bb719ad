//! Random draws that depend only on their key.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// The generator for a key: ChaCha8, whose 256-bit seed is the four parts in little-endian order.
///
/// Its output does not depend on the order of calls, the number of threads or the machine. The parts identify
/// the draw: a seed, an instance, a purpose, a count. Two users of the same seed must differ in another part.
///
/// ```
/// use dormouse_trace::keyed;
/// use rand::Rng;
///
/// assert_eq!(keyed([1, 2, 3, 4]).next_u64(), keyed([1, 2, 3, 4]).next_u64());
/// assert_ne!(keyed([1, 2, 3, 4]).next_u64(), keyed([1, 2, 3, 5]).next_u64());
/// ```
#[must_use]
pub fn keyed(parts: [u64; 4]) -> ChaCha8Rng {
    let mut seed = [0; 32];
    for (bytes, part) in seed.chunks_exact_mut(8).zip(parts) {
        bytes.copy_from_slice(&part.to_le_bytes());
    }
    ChaCha8Rng::from_seed(seed)
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn every_part_counts_and_the_bytes_are_the_same_everywhere() {
        let first = |parts| keyed(parts).next_u64();
        // The published keystream of ChaCha8 with an all-zero key begins 3e 00 ef 2f 89 5f 40 d6.
        assert_eq!(first([0; 4]), 0xd640_5f89_2fef_003e);
        let mut seen: Vec<u64> = (0..4)
            .flat_map(|place| {
                [1, 1 << 63].map(|part| {
                    let mut parts = [0; 4];
                    parts[place] = part;
                    first(parts)
                })
            })
            .collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 8);
    }
}
