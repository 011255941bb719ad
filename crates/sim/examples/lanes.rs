use dormouse_sim::*; use dormouse_trace::*; use dormouse_trace::generate::{Spec, generate}; use std::time::Instant;
fn main() {
    let which = std::env::args().nth(1).unwrap();
    let n: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let step: f64 = std::env::args().nth(3).unwrap().parse().unwrap();
    let mode = std::env::args().nth(4).unwrap_or("both".into());
    let trace = if which.contains('/') { read_path(which.as_ref(), &ReadOptions::default()).unwrap().trace } else {
        let spec = Spec::preset_with(&which, &[("instances", &n.to_string())]).unwrap();
        generate(&spec, 1).unwrap() };
    let timeouts: Vec<u64> = (1..).map(|i| (i as f64 * step * 60000.0) as u64).take_while(|&t| t <= 1_800_000).filter(|&t| t>=30000).collect();
    let setup = Setup::new(dormouse_core::Design::Dormouse);
    let job = Job::new(&trace, &timeouts, &setup);
    eprintln!("{} events {} instances {} timeouts", trace.events(), trace.instances.len(), timeouts.len());
    let t = Instant::now(); let s = job.totals(); let a = t.elapsed();
    let sleeps: u64 = s.iter().map(|c| c.suspends).sum();
    eprintln!("sweep {a:?} {} sleeps {:.1} ns each", sleeps, a.as_nanos() as f64 / sleeps as f64);
    if mode == "both" { let t = Instant::now(); let r = job.engine(Engine::Replay).totals(); let b = t.elapsed();
    eprintln!("replay {b:?} {:.1} ns each; ratio {:.2}", b.as_nanos() as f64 / sleeps as f64, b.as_secs_f64()/a.as_secs_f64());
    for (i,(s,r)) in s.iter().zip(&r).enumerate() { if s != r { eprintln!("DIFFERENT {i} {} {} {} {} {:?} {:?}", s.suspends, r.suspends, s.suspended_ms, r.suspended_ms, s.violations, r.violations); std::process::exit(1); } } }
}
