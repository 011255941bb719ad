//! scratch
use dormouse_trace::generate::*;
use dormouse_trace::*;
#[allow(clippy::disallowed_methods, clippy::disallowed_types)]
fn main() {
    for arg in std::env::args().skip(1) {
        let t0 = std::time::Instant::now();
        let trace = if let Some(p) = arg.strip_prefix("@") {
            let trace = match Spec::preset(p)
                .and_then(|s| generate(&s, std::env::var("SEED").map_or(1, |s| s.parse().unwrap())))
            {
                Ok(t) => t,
                Err(e) => {
                    println!("{e}");
                    continue;
                }
            };
            if std::env::var("OUT").is_ok() {
                write(
                    &trace,
                    std::fs::File::create(format!("/tmp/{p}.csv")).unwrap(),
                    WriteOptions {
                        form: if p == "million-requests" { Form::Short } else { Form::Canonical },
                        ..Default::default()
                    },
                )
                .unwrap();
            }
            trace
        } else {
            match read_path(std::path::Path::new(&arg), &ReadOptions::default()) {
                Ok(r) => {
                    for n in r.notes {
                        println!("note: {n}");
                    }
                    r.trace
                }
                Err(e) => {
                    println!("{e}");
                    continue;
                }
            }
        };
        let dt = t0.elapsed();
        let rss = std::fs::read_to_string("/proc/self/status")
            .unwrap()
            .lines()
            .find(|l| l.starts_with("VmHWM"))
            .unwrap()
            .to_owned();
        if std::env::var("FAST").is_ok() {
            println!("{arg} {} {dt:?} {rss}", trace.events());
            continue;
        }
        let i = info::Info::of(&trace);
        let q = |q: Option<info::Quantiles>| {
            q.map(|q| {
                format!(
                    "n={} {:?} max {:.1}s",
                    q.count,
                    q.at_percent_ms.map(|m| m as f64 / 1000.0),
                    q.max_ms as f64 / 1000.0
                )
            })
        };
        println!(
            "{arg}: {dt:?} {rss}\n  rows {} inst {} span {:.2} d kinds {:?}\n  inter {:?}\n  idle {:?}\n  1-60 {:?} busy {:?}",
            i.rows,
            i.instances,
            i.span_ms as f64 / 86.4e6,
            i.by_kind,
            q(i.inter_arrival),
            q(i.idle_gap),
            i.share_of_gaps_from_1_to_60_min,
            i.busy_share
        );
    }
}
