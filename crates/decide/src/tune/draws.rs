//! Random draws keyed by their purpose, as in the simulator.

use dormouse_trace::keyed;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// The purpose of a draw. The discriminant is part of the key and never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum TuneDraw {
    /// A resample of blocks; the ordinal is that of the resample.
    Resample = 1,
    /// A shuffle of gaps; the ordinal is that of the shuffle.
    Shuffle = 2,
}

/// Replaces the instance's key, so that tuning and the simulator never share draws.
const TUNE: u64 = u64::from_le_bytes(*b"tune\0\0\0\0");

/// The generator for one draw. It depends only on its key, so the number of threads changes nothing.
pub(crate) fn rng(seed: u64, what: TuneDraw, ordinal: u64) -> ChaCha8Rng {
    keyed([seed, TUNE, what as u64, ordinal])
}

/// How often each of `n` blocks is drawn when `n` are drawn with replacement.
pub(crate) fn resample(seed: u64, ordinal: u64, n: usize) -> Vec<u32> {
    let mut rng = rng(seed, TuneDraw::Resample, ordinal);
    let mut times = vec![0; n];
    for _ in 0..n {
        times[rng.random_range(0..n)] += 1;
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resample_depends_on_its_key_alone_and_draws_as_many_as_there_are() {
        let first = resample(1, 2, 50);
        assert_eq!((resample(1, 2, 50), first.iter().sum::<u32>()), (first.clone(), 50));
        assert_ne!(resample(1, 3, 50), first);
        assert_ne!(resample(2, 2, 50), first);
    }
}
