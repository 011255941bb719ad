//! How much sleep the design `dormouse` gives up to miss no work, on the traces in the repository. `live-minutes.csv` is left
//! out: it is half an hour in which every second turn is long, made for the testbed.

use std::path::Path;

use dormouse_core::Design;
use dormouse_sim::rows::Counts;
use dormouse_sim::{Job, Setup};
use dormouse_trace::{ReadOptions, Trace, read_path};

const TIMEOUTS_MS: [u64; 5] = [120_000, 180_000, 300_000, 600_000, 1_800_000];

fn trace(name: &str) -> Trace {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sims/traces").join(name);
    read_path(&path, &ReadOptions::default()).unwrap().trace
}

fn swept(trace: &Trace, setup: &Setup) -> Vec<Counts> {
    Job::new(trace, &TIMEOUTS_MS, setup).totals()
}

#[test]
fn it_keeps_ninety_nine_percent_of_the_sleep_and_misses_nothing() {
    for name in ["team-week.csv", "team_agent_turns.csv.gz"] {
        let trace = trace(name);
        let current = swept(&trace, &Setup::new(Design::Current));
        let ours = swept(&trace, &Setup::new(Design::Dormouse));
        for ((timeout_ms, current), ours) in TIMEOUTS_MS.iter().zip(&current).zip(&ours) {
            let (was, is) = (current.suspended_ms, ours.suspended_ms);
            assert!(100 * is >= 99 * was, "{name} at {timeout_ms} ms: {is} of {was} ms");
            assert_eq!(ours.violations_total(), 0, "{name} at {timeout_ms} ms: {:?}", ours.violations);
        }
    }
}
