//! Keyed random numbers, the same on every machine.

use rand::Rng;
use rand::rngs::ChaCha8Rng;

use crate::keyed;

/// The purpose of a stream of random numbers. The number is part of the key, so a new purpose goes at the end.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    /// Parameters, drawn once per instance.
    Parameters,
    /// Times of arrival.
    Arrivals,
    /// Durations of work.
    Work,
    /// Events spawned by others.
    Spawn,
}

/// One stream of random numbers.
pub(super) struct Draws(ChaCha8Rng);

impl Draws {
    /// The stream for a key (seed, instance, stream of events) and a purpose.
    pub(super) fn new([seed, instance, stream]: [u64; 3], purpose: Purpose) -> Draws {
        Draws(keyed([seed, instance, stream, purpose as u64]))
    }

    /// Uniform on the open interval (0, 1): one of 2^52 midpoints, so neither end occurs.
    pub(super) fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    /// Exponential with mean 1, by inversion: `-ln u`.
    pub(super) fn exponential(&mut self) -> f64 {
        -libm::log(self.uniform())
    }

    /// Standard normal, by inversion.
    pub(super) fn normal(&mut self) -> f64 {
        normal_quantile(self.uniform())
    }

    /// Whether an event of this probability happens.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }
}

/// The quantile function of the standard normal distribution, to about 16 digits: algorithm AS 241, PPND16
/// (M. J. Wichura, "The percentage points of the normal distribution", Applied Statistics 37, 1988).
pub(super) fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return q * ratio(&CENTRAL, 0.180625 - q * q);
    }
    let r = (-libm::log(if q < 0.0 { p } else { 1.0 - p })).sqrt();
    let tail = if r <= 5.0 { ratio(&MIDDLE, r - 1.6) } else { ratio(&FAR, r - 5.0) };
    if q < 0.0 { -tail } else { tail }
}

/// A rational function: coefficients of numerator and denominator, constant term first.
type Rational = ([f64; 8], [f64; 8]);

fn ratio((above, below): &Rational, x: f64) -> f64 {
    let polynomial = |terms: &[f64; 8]| terms.iter().rev().fold(0.0, |sum, term| sum * x + term);
    polynomial(above) / polynomial(below)
}

const CENTRAL: Rational = (
    [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ],
);
const MIDDLE: Rational = (
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
);
const FAR: Rational = (
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_quantile_is_that_of_the_tables() {
        // Wichura's own check values, and two in the tails.
        for (p, z) in [
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_813_5),
            (1e-20, -9.262_340_089_798_408),
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
        ] {
            assert!((normal_quantile(p) - z).abs() < 1e-14 * z.abs().max(1.0), "{p}: {}", normal_quantile(p));
        }
    }

    #[test]
    fn every_part_of_the_key_counts() {
        let first = |key: [u64; 3], purpose| Draws::new(key, purpose).uniform().to_bits();
        let mut seen: Vec<u64> = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
            .into_iter()
            .flat_map(|key| {
                [Purpose::Parameters, Purpose::Arrivals, Purpose::Work].map(|what| first(key, what))
            })
            .collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 12);
    }
}
