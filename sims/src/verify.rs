//! `--verify`: a sample of what was computed at once is replayed, and has to be the same.

use dormouse_rows::Counts;
use dormouse_sim::{Horizon, Setup};
use dormouse_trace::{Meta, Trace};

use crate::output::CheckFailed;

/// So many instances, and of each so many timeouts, are replayed.
const SAMPLE: usize = 8;

/// Replays a sample of `trace`, spread evenly over its instances and over the timeouts (in ms), and compares it with what the
/// engine under test says of the same instances. Returns how many replays agreed.
///
/// # Errors
/// [`CheckFailed`] at the first that does not agree, with the command that shows the difference.
pub(crate) fn verify(
    trace: &Trace,
    timeouts_ms: &[u64],
    setup: &Setup,
    horizon: Horizon,
    engine: impl Fn(&Trace, &[u64], &Setup, Horizon) -> Vec<Vec<Counts>>,
) -> Result<usize, CheckFailed> {
    // A common horizon is the whole trace's, not the sample's.
    let horizon = match horizon {
        Horizon::Common => Horizon::Until(trace.end_of_work_ms()),
        other => other,
    };
    let instances = spread(trace.instances.len()).map(|i| trace.instances[i].clone()).collect();
    let sample = Trace { instances, meta: Meta::default() };
    let timeouts: Vec<u64> = spread(timeouts_ms.len()).map(|i| timeouts_ms[i]).collect();
    // The engine sees all timeouts, as it did before, and only then the sample is picked.
    let computed = engine(&sample, timeouts_ms, setup, horizon);
    let replayed = dormouse_sim::Sweep::new(&sample, &timeouts, setup, horizon).per_instance();
    for ((instance, computed), replayed) in sample.instances.iter().zip(&computed).zip(&replayed) {
        for (i, replayed) in spread(timeouts_ms.len()).zip(replayed) {
            if computed[i] != *replayed {
                return Err(CheckFailed(format!(
                    "--verify: instance {} at {} ms: the sweep and the replay differ; compare --engine sweep and --engine \
                     replay with --per-instance --timeouts {}ms --format csv",
                    instance.name, timeouts_ms[i], timeouts_ms[i]
                )));
            }
        }
    }
    Ok(sample.instances.len() * timeouts.len())
}

/// Up to [`SAMPLE`] places of `n`, the first and the last among them, evenly spread and ascending.
fn spread(n: usize) -> impl Iterator<Item = usize> {
    let picked = n.min(SAMPLE);
    (0..picked).map(move |i| if picked < 2 { 0 } else { i * (n - 1) / (picked - 1) })
}

#[cfg(test)]
mod tests {
    use dormouse_core::Design;
    use dormouse_trace::generate::{Spec, generate};

    use super::*;

    fn fleet() -> Trace {
        generate(&Spec::preset("team-week").unwrap(), 1).unwrap()
    }

    fn swept(trace: &Trace, timeouts_ms: &[u64], setup: &Setup, horizon: Horizon) -> Vec<Vec<Counts>> {
        dormouse_sweep::Sweep::new(trace, timeouts_ms, setup, horizon).per_instance()
    }

    #[test]
    fn a_sample_is_spread_from_the_first_to_the_last() {
        assert_eq!(spread(0).count(), 0);
        assert_eq!(spread(1).collect::<Vec<_>>(), [0]);
        assert_eq!(spread(3).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(spread(100).collect::<Vec<_>>(), [0, 14, 28, 42, 56, 70, 84, 99]);
    }

    #[test]
    fn the_sweep_agrees_at_every_replay_of_the_sample() {
        let timeouts: Vec<u64> = (1..=20).map(|i| i * 60_000).collect();
        for horizon in [Horizon::Common, Horizon::PerInstance, Horizon::Until(86_400_000)] {
            let agreed = verify(&fleet(), &timeouts, &Setup::new(Design::Current), horizon, swept).unwrap();
            assert_eq!(agreed, SAMPLE);
        }
    }

    #[test]
    fn an_engine_that_is_wrong_at_one_timeout_is_found_and_named() {
        let wrong = |trace: &Trace, timeouts_ms: &[u64], setup: &Setup, horizon: Horizon| {
            let mut counts = swept(trace, timeouts_ms, setup, horizon);
            counts[0][1].suspended_ms += 1;
            counts
        };
        let setup = Setup::new(Design::Current);
        let error = verify(&fleet(), &[60_000, 120_000], &setup, Horizon::Common, wrong).unwrap_err();
        assert!(error.0.starts_with("--verify: instance "), "{}", error.0);
        assert!(error.0.contains("at 120000 ms"), "{}", error.0);
    }
}
