//! `sims sweep --verify`: recomputes a sample of the sweep with the other engine and compares.

use dormouse_sim::rows::Counts;
use dormouse_sim::{Engine, Job};
use dormouse_trace::{Instance, Meta, Trace};

use crate::output::CheckFailed;

/// The sample size: this many instances, and this many timeouts of each.
const SAMPLE: usize = 8;

/// Runs `job` on a sample of its instances and the other engine at a sample of its timeouts, both evenly spaced,
/// and compares the counts. Returns how many replays agreed.
///
/// # Errors
/// [`CheckFailed`] at the first difference, with the command that reproduces it.
pub(crate) fn verify(job: &Job<'_>) -> Result<usize, CheckFailed> {
    let instances = spread(job.trace.instances.len()).map(|i| job.trace.instances[i].clone()).collect();
    let sample = Trace { instances, meta: Meta::default() };
    let timeouts: Vec<u64> = spread(job.variants.len()).map(|i| job.variants[i]).collect();
    // A common horizon is that of the whole trace, not of the sample.
    let horizon = job.horizon.resolved(job.trace.end_of_work_ms());
    let job = Job { trace: &sample, horizon, ..*job };
    // The engine runs at all timeouts, as in the sweep; the sample is picked from its results.
    let computed: Vec<Vec<Counts>> = job
        .per_instance()
        .into_iter()
        .map(|counts| spread(job.variants.len()).map(|i| counts[i].clone()).collect())
        .collect();
    let replayed = Job { variants: &timeouts, ..job }.engine(job.engine.other()).per_instance();
    agree(&sample.instances, &timeouts, &computed, &replayed)?;
    Ok(sample.instances.len() * timeouts.len())
}

/// Compares both results, instance by instance and timeout by timeout.
fn agree(
    instances: &[Instance],
    timeouts_ms: &[u64],
    computed: &[Vec<Counts>],
    replayed: &[Vec<Counts>],
) -> Result<(), CheckFailed> {
    for ((instance, computed), replayed) in instances.iter().zip(computed).zip(replayed) {
        for ((timeout_ms, computed), replayed) in timeouts_ms.iter().zip(computed).zip(replayed) {
            if computed != replayed {
                let [one, other] = Engine::ALL.map(Engine::name);
                return Err(CheckFailed(format!(
                    "--verify: instance {} at {timeout_ms} ms: the {one} and the {other} differ; compare --engine {one} and \
                     --engine {other} with --per-instance --timeouts {timeout_ms}ms --format csv",
                    instance.name
                )));
            }
        }
    }
    Ok(())
}

/// Up to [`SAMPLE`] indices below `n`, evenly spaced and ascending, including the first and the last.
fn spread(n: usize) -> impl Iterator<Item = usize> {
    let picked = n.min(SAMPLE);
    (0..picked).map(move |i| if picked < 2 { 0 } else { i * (n - 1) / (picked - 1) })
}

#[cfg(test)]
mod tests {
    use dormouse_core::Design;
    use dormouse_sim::{Horizon, Setup};
    use dormouse_trace::generate::{Spec, generate};

    use super::*;

    fn fleet() -> Trace {
        generate(&Spec::preset("team-week").unwrap(), 1).unwrap()
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
        let (trace, setup) = (fleet(), Setup::new(Design::Current));
        for horizon in [Horizon::Common, Horizon::PerInstance, Horizon::Until(86_400_000)] {
            let agreed = verify(&Job::new(&trace, &timeouts, &setup).horizon(horizon)).unwrap();
            assert_eq!(agreed, SAMPLE);
        }
    }

    #[test]
    fn an_engine_that_is_wrong_at_one_timeout_is_found_and_named() {
        let (trace, setup, timeouts) = (fleet(), Setup::new(Design::Current), [60_000, 120_000]);
        let right = Job::new(&trace, &timeouts, &setup).per_instance();
        let mut wrong = right.clone();
        wrong[0][1].suspended_ms += 1;
        agree(&trace.instances, &timeouts, &right, &right).unwrap();
        let error = agree(&trace.instances, &timeouts, &wrong, &right).unwrap_err();
        assert!(error.0.starts_with("--verify: instance "), "{}", error.0);
        assert!(error.0.contains("at 120000 ms"), "{}", error.0);
    }
}
