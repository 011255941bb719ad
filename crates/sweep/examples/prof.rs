//! temp
use dormouse_core::*;
use dormouse_sim::*;
use dormouse_trace::generate::{Spec, generate};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let n: u64 = a[2].parse().unwrap();
    let mut trace = generate(&Spec::preset_with("million-requests", &[]).unwrap(), 1).unwrap();
    if a[1] == "dense" {
        let e: dormouse_trace::Events = {
            let mut e = dormouse_trace::Events::with_capacity(100_000_000);
            for i in 0..100_000_000u64 {
                e.push(dormouse_trace::Event {
                    at_ms: i * 333 + (i % 7) * 20 + (i / 100_000) * 400_000,
                    kind: dormouse_trace::Kind::Inbound,
                    work_ms: 1500 + i % 700,
                });
            }
            e
        };
        trace.instances = vec![dormouse_trace::Instance::new("x", e)];
        for _ in 0..3 {
            #[allow(clippy::disallowed_types, clippy::disallowed_methods)]
            let s = std::time::Instant::now();
            let x: u64 = trace.instances[0].events.at_ms().iter().sum();
            println!("{x} sum {:?}", s.elapsed());
        }
    }
    let t: Vec<u64> = (1..=n).map(|i| i * 1_800_000 / n).collect();
    let setup = Setup::new(if a[3] == "current" { Design::Current } else { Design::Dormouse });
    let rep: u32 = a.get(4).map_or(1, |r| r.parse().unwrap());
    rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(|| {
        for _ in 0..rep {
            #[allow(clippy::disallowed_types, clippy::disallowed_methods)]
            let s = std::time::Instant::now();
            let tot = if a[1] != "replay" {
                dormouse_sweep::Sweep::new(&trace, &t, &setup, Horizon::Common).totals()
            } else {
                dormouse_sim::Sweep::new(&trace, &t, &setup, Horizon::Common).totals()
            };
            println!(
                "{} suspends {} slept {:?}",
                tot.len(),
                tot.iter().map(|c| c.suspends).sum::<u64>(),
                s.elapsed()
            );
        }
    });
}
