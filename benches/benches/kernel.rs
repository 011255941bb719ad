//! Every timeout at once against a replay for each: the ratios of docs/performance.md, measured in turns on one thread.

use dormouse_benches::inputs::requests;
use dormouse_benches::paired::{Case, Median, paired};
use dormouse_benches::{Answer, SMALL};
use dormouse_core::{Design, Settings};
use dormouse_sim::{Horizon, Setup, Ticks, run};
use dormouse_sweep::Sweep;
use dormouse_trace::Trace;

/// Time slept at all of the sixty timeouts together, in ms.
const SIXTY_MS: Answer = Answer { small: 0, full: 21_797_255_216 };
/// The same at the thousand.
const THOUSAND_MS: Answer = Answer { small: 0, full: 368_459_346_895 };

/// Half a minute to half an hour, in `n` even steps.
fn timeouts_ms(n: u64) -> Vec<u64> {
    (1..=n).map(|i| i * 1_800_000 / n).collect()
}

/// A replay at each of the timeouts.
fn replayed(trace: &Trace, design: Design, timeouts_ms: &[u64]) -> u64 {
    let instance = &trace.instances[0];
    let mut setup = Setup::new(design);
    let mut slept = 0;
    for &idle_timeout_ms in timeouts_ms {
        setup.settings = Settings { idle_timeout_ms, ..setup.settings };
        slept += run(instance, Horizon::Common.span(trace, instance), &setup, Ticks::ThatMatter, &mut ())
            .suspended_ms;
    }
    slept
}

/// All of them in one pass.
fn swept(trace: &Trace, design: Design, timeouts_ms: &[u64]) -> u64 {
    let totals = Sweep::new(trace, timeouts_ms, &Setup::new(design), Horizon::Common).totals();
    totals.iter().map(|counts| counts.suspended_ms).sum()
}

fn compare(trace: &Trace, design: Design) {
    let (sixty, thousand) = (timeouts_ms(60), timeouts_ms(1_000));
    let mut cases: Vec<Case<'_>> = vec![
        ("60 replays", Box::new(|| replayed(trace, design, &sixty))),
        ("60 timeouts at once", Box::new(|| swept(trace, design, &sixty))),
        ("1,000 timeouts at once", Box::new(|| swept(trace, design, &thousand))),
    ];
    println!("\n| `{design}` | ms | 60 replays are this many times | replays |\n|---|---|---|---|");
    for Median { name, ns, ratio } in paired(&mut cases) {
        println!("| {name} | {:.2} | {:.1} | {:.1} |", ns / 1e6, 1.0 / ratio, 60.0 * ratio);
    }
}

fn main() {
    let trace = requests();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be had");
    one.install(|| {
        for (n, answer) in [(60, SIXTY_MS), (1_000, THOUSAND_MS)] {
            let timeouts_ms = timeouts_ms(n);
            let slept = swept(&trace, Design::Current, &timeouts_ms);
            if SMALL || n == 60 {
                assert_eq!(
                    slept,
                    replayed(&trace, Design::Current, &timeouts_ms),
                    "the two engines disagree"
                );
            }
            answer.check(&format!("kernel, {n} timeouts"), slept);
        }
        for design in [Design::Current, Design::Dormouse] {
            compare(&trace, design);
        }
    });
}
