//! Each process has the documented statistics: rate, dispersion, tail, branching, profile.
//!
//! Seeds are fixed, so a test passes always or never. Bounds are four standard errors of the estimate, derived
//! at each test. At four standard errors one seed in 16,000 would fail by chance.

use dormouse_trace::generate::{Spec, generate};
use dormouse_trace::{Event, Trace};

use dormouse_text::HOUR_MS;

fn trace(span: &str, stream: &str) -> Trace {
    let text = format!("name = \"x\"\nspan = \"{span}\"\n[[stream]]\nkind = \"inbound\"\n{stream}\n");
    generate(&Spec::from_toml(&text, "test", &[]).unwrap(), 1).unwrap()
}

fn events(span: &str, stream: &str) -> Vec<Event> {
    trace(span, stream).instances[0].events.iter().collect()
}

/// Arrivals of one process.
fn times(span: &str, arrivals: &str) -> Vec<u64> {
    events(span, &format!("arrivals = {{ {arrivals} }}")).iter().map(|event| event.at_ms).collect()
}

fn gaps(times: &[u64]) -> Vec<u64> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Index of dispersion of counts: their variance over their mean.
fn dispersion(times: &[u64], window_ms: u64, windows: u64) -> f64 {
    let mut counts = vec![0.0; windows as usize];
    times
        .iter()
        .filter(|&&at| at / window_ms < windows)
        .for_each(|&at| counts[(at / window_ms) as usize] += 1.0);
    let mean = counts.iter().sum::<f64>() / windows as f64;
    let squares: f64 = counts.iter().map(|count| (count - mean).powi(2)).sum();
    squares / (windows - 1) as f64 / mean
}

#[track_caller]
fn near(what: &str, value: f64, expected: f64, four_errors: f64) {
    assert!(
        (value - expected).abs() <= four_errors,
        "{what}: {value}, expected {expected} ± {four_errors}; again: cargo test -p dormouse-trace --test it processes"
    );
}

/// A share of n independent trials: standard error √(p (1 - p) / n).
#[track_caller]
fn near_share(what: &str, part: usize, n: usize, expected: f64) {
    let error = (expected * (1.0 - expected) / n as f64).sqrt();
    near(what, part as f64 / n as f64, expected, 4.0 * error);
}

#[track_caller]
fn survives(gaps: &[u64], ms: f64, expected: f64) {
    near_share(
        &format!("P(gap > {ms} ms)"),
        gaps.iter().filter(|&&gap| gap as f64 > ms).count(),
        gaps.len(),
        expected,
    );
}

#[test]
fn poisson_has_its_rate_and_a_dispersion_of_one() {
    let times = times("200h", "process = \"poisson\", per_hour = 60");
    // A count of mean and variance 12,000.
    near("count", times.len() as f64, 12_000.0, 4.0 * 12_000f64.sqrt());
    // (n - 1) times the index is χ² with n - 1 degrees of freedom: standard error √(2 / (n - 1)).
    near("index", dispersion(&times, 60_000, 12_000), 1.0, 4.0 * (2.0 / 11_999f64).sqrt());
    survives(&gaps(&times), 60_000.0, (-1f64).exp());
    survives(&gaps(&times), 240_000.0, (-4f64).exp());
}

#[test]
fn rhythm_follows_hours_and_days() {
    let daily = "[0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 3, 2, 3, 4, 3, 2, 1, 1, 1, 1, 1, 0, 0]";
    let weights: Vec<f64> = daily.trim_matches(['[', ']']).split(", ").map(|w| w.parse().unwrap()).collect();
    let weekly = [2.0, 2.0, 2.0, 2.0, 2.0, 1.0, 0.0];
    let arrivals = format!("process = \"rhythm\", per_day = 1200, daily = {daily}, weekly = {weekly:?}");
    let times = times("28d", &arrivals);
    near("count", times.len() as f64, 28.0 * 1200.0, 4.0 * (28f64 * 1200.0).sqrt());
    for (hour, weight) in weights.iter().enumerate() {
        let part = times.iter().filter(|&&at| (at / HOUR_MS) as usize % 24 == hour).count();
        near_share(&format!("hour {hour}"), part, times.len(), weight / weights.iter().sum::<f64>());
    }
    for (day, weight) in weekly.iter().enumerate() {
        let part = times.iter().filter(|&&at| (at / (24 * HOUR_MS)) as usize % 7 == day).count();
        near_share(&format!("day {day}"), part, times.len(), weight / 11.0);
    }
}

#[test]
fn the_rhythm_is_local() {
    // The day begins at 18:00 local time: the hour from 20:00 is the third one.
    let text = "name = \"x\"\nspan = \"1d\"\nstart = 2026-01-05T18:00:00+09:00\n[[stream]]\nkind = \"inbound\"\n\
                arrivals = { process = \"rhythm\", per_day = 99, daily = [0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,0,0,0] }";
    let trace = generate(&Spec::from_toml(text, "test", &[]).unwrap(), 1).unwrap();
    let times = trace.instances[0].events.at_ms();
    near("count", times.len() as f64, 99.0, 4.0 * 99f64.sqrt());
    assert!(times.iter().all(|at| at / HOUR_MS == 2));
}

#[test]
fn heavy_tails_have_the_stated_index() {
    let pareto =
        gaps(&times("20d", "process = \"renewal\", gap = { dist = \"pareto\", min = \"10s\", alpha = 1.5 }"));
    for times_min in [2f64, 5.0, 20.0, 100.0] {
        survives(&pareto, 10_000.0 * times_min, times_min.powf(-1.5));
    }
    // Hill's estimator over the whole sample, which here is the maximum likelihood one: standard error α / √n.
    let logs: f64 = pareto.iter().map(|&gap| (gap as f64 / 10_000.0).max(1.0).ln()).sum();
    near("tail index", pareto.len() as f64 / logs, 1.5, 4.0 * 1.5 / (pareto.len() as f64).sqrt());

    let lognormal = gaps(&times(
        "60d",
        "process = \"renewal\", gap = { dist = \"lognormal\", median = \"2m\", sigma = 1.2 }",
    ));
    survives(&lognormal, 120_000.0, 0.5);
    survives(&lognormal, 120_000.0 * 1.2f64.exp(), 0.158_655); // one standard deviation
    survives(&lognormal, 120_000.0 * 2.4f64.exp(), 0.022_750); // two

    let weibull = gaps(&times(
        "60d",
        "process = \"renewal\", gap = { dist = \"weibull\", scale = \"1m\", shape = 0.5 }",
    ));
    for scales in [0.25f64, 1.0, 4.0, 9.0] {
        survives(&weibull, 60_000.0 * scales, (-scales.sqrt()).exp());
    }

    let cut = gaps(&times(
        "2d",
        "process = \"renewal\", gap = { dist = \"pareto\", min = \"10s\", alpha = 1, max = \"30s\" }",
    ));
    near_share("cut", cut.iter().filter(|&&gap| gap >= 29_999).count(), cut.len(), 1.0 / 3.0);
}

#[test]
fn hawkes_has_its_branching_ratio_and_dispersion() {
    let (n, decay_ms, hours) = (0.6f64, 30_000.0, 2_000u64);
    let times = times("2000h", "process = \"hawkes\", per_hour = 60, branching = 0.6, decay = \"30s\"");
    // Var N → mean / (1 - n)²; the mean is 60 T / (1 - n).
    let mean = 60.0 * hours as f64 / (1.0 - n);
    let count = times.len() as f64;
    near("count", count, mean, 4.0 * mean.sqrt() / (1.0 - n));
    // n̂ = 1 - 60 T / N: to first order its error is that of N, times (1 - n) / mean.
    near("branching", 1.0 - 60.0 * hours as f64 / count, n, 4.0 / mean.sqrt());
    // The covariance of the rate decays like exp(-θ t), θ = (1 - n) / τ; integrated over a window of t:
    let theta_t = (1.0 - n) / decay_ms * HOUR_MS as f64;
    let index = 1.0 + (1.0 / (1.0 - n).powi(2) - 1.0) * (1.0 - (1.0 - (-theta_t).exp()) / theta_t);
    // Counts of 150 are nearly normal, windows nearly independent: relative error √(2 / n).
    near("index", dispersion(&times, HOUR_MS, hours), index, 4.0 * index * (2.0 / hours as f64).sqrt());
}

#[test]
fn mmpp_has_the_closed_form_dispersion() {
    let times = times(
        "4000h",
        "process = \"mmpp\", busy_per_hour = 600, quiet_per_hour = 6, busy_for = \"10m\", quiet_for = \"30m\"",
    );
    let (busy, quiet, leave_busy, leave_quiet) = (600.0, 6.0, 6.0, 2.0); // all an hour
    let sum = leave_busy + leave_quiet;
    let rate = (busy * leave_quiet + quiet * leave_busy) / sum;
    let excess = 2.0 * (busy - quiet) * (busy - quiet) * leave_busy * leave_quiet
        / (sum * sum * (busy * leave_quiet + quiet * leave_busy));
    // Var N → rate T (1 + excess).
    near("count", times.len() as f64, 4_000.0 * rate, 4.0 * (4_000.0 * rate * (1.0 + excess)).sqrt());
    for (window_ms, windows) in [(HOUR_MS / 4, 16_000u64), (HOUR_MS, 4_000), (4 * HOUR_MS, 1_000)] {
        let x = sum * window_ms as f64 / HOUR_MS as f64;
        let index = 1.0 + excess * (1.0 - (1.0 - (-x).exp()) / x);
        // The counts are not normal and their windows not independent: the variance of a sample variance is
        // (kurtosis - 1) / n, the kurtosis is at most 5 here, and neighbours correlate over 7.5 min.
        let correlated = 1.0 + 2.0 / x;
        let error = index * (4.0 * correlated / windows as f64).sqrt();
        near(&format!("index in {window_ms} ms"), dispersion(&times, window_ms, windows), index, 4.0 * error);
    }
}

#[test]
fn clockwork_does_not_drift() {
    let exact = times("1d", "process = \"periodic\", period = \"7m\", phase = \"1m\"");
    assert_eq!(exact, (0..206).map(|k| 60_000 + k * 420_000).collect::<Vec<u64>>());
    let late = times(
        "10d",
        "process = \"periodic\", period = \"1m\", jitter = { dist = \"uniform\", min = \"1s\", max = \"21s\" }",
    );
    assert!(late.iter().zip(0u64..).all(|(at, k)| (1_000..21_000).contains(&(at - k * 60_000))));
    // Uniform over 20 s: standard deviation 20 / √12 s.
    let mean = late.iter().map(|at| at % 60_000).sum::<u64>() as f64 / late.len() as f64;
    near("mean delay", mean, 11_000.0, 4.0 * 20_000.0 / (12.0 * late.len() as f64).sqrt());
}

#[test]
fn cron_fires_when_it_says() {
    // The trace starts on a Monday, at midnight.
    let hours = |times: Vec<u64>| times.iter().map(|at| at / HOUR_MS).collect::<Vec<u64>>();
    assert_eq!(hours(times("14d", "process = \"cron\", at = \"0 3 * * 1\"")), [3, 7 * 24 + 3]);
    assert_eq!(hours(times("1d", "process = \"cron\", at = \"30 8-12/2 * * *\"")), [8, 10, 12]);
    assert_eq!(times("1h", "process = \"cron\", at = \"*/20 * * * *\""), [0, 1_200_000, 2_400_000]);
}

#[test]
fn sessions_are_bursts_with_pauses() {
    let events = events(
        "400d",
        "work = \"5s\"\narrivals = { process = \"sessions\", sessions = 5000, turns = 4, gap = \"20s\", \
         pause = { dist = \"lognormal\", median = \"6m\", sigma = 1.2 }, after_work = true }",
    );
    assert_eq!(events.len(), 20_000);
    let gaps = gaps(&events.iter().map(|event| event.at_ms).collect::<Vec<u64>>());
    // Within a session 5 s of work and 20 s; between sessions 5 s of work and the pause.
    assert!(gaps.iter().enumerate().all(|(n, &gap)| n % 4 == 3 || (24_999..=25_001).contains(&gap)));
    let pauses: Vec<u64> = gaps.iter().skip(3).step_by(4).map(|gap| gap - 5_000).collect();
    survives(&pauses, 360_000.0, 0.5);
    survives(&pauses, 360_000.0 * 1.2f64.exp(), 0.158_655);
}

#[test]
fn work_and_spawned_work_come_from_their_distributions() {
    let events = events(
        "100h",
        "work = { dist = \"empirical\", values = [\"1s\", \"1s\", \"1s\", \"9s\"] }\n\
         spawn = { kind = \"background\", probability = 0.3, delay = \"10s\", work = { dist = \"exponential\", mean = \"2m\" } }\n\
         arrivals = { process = \"periodic\", period = \"1m\" }",
    );
    let (turns, spawned): (Vec<Event>, Vec<Event>) =
        events.iter().partition(|event| event.kind == dormouse_trace::Kind::Inbound);
    assert_eq!(turns.len(), 6_000);
    near_share("long turns", turns.iter().filter(|turn| turn.work_ms == 9_000).count(), 6_000, 0.25);
    near_share("spawned", spawned.len(), 6_000, 0.3);
    assert!(spawned.iter().all(|event| event.at_ms % 60_000 == 10_000));
    // An exponential's standard deviation is its mean.
    let mean = spawned.iter().map(|event| event.work_ms).sum::<u64>() as f64 / spawned.len() as f64;
    near("mean work", mean, 120_000.0, 4.0 * 120_000.0 / (spawned.len() as f64).sqrt());
}

#[test]
fn a_fleet_draws_its_parameters_once_per_instance() {
    let text = "name = \"x\"\nspan = \"100h\"\ninstances = 400\n[[stream]]\nkind = \"inbound\"\n\
                arrivals = { process = \"poisson\", per_hour = { dist = \"uniform\", min = 10, max = 50 } }";
    let trace = generate(&Spec::from_toml(text, "test", &[]).unwrap(), 1).unwrap();
    let rates: Vec<f64> =
        trace.instances.iter().map(|instance| instance.events.len() as f64 / 100.0).collect();
    let mean = rates.iter().sum::<f64>() / 400.0;
    let variance = rates.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / 399.0;
    // The rate's own variance is 40² / 12, and counting adds its mean over 100: 133.3 + 0.3. The sample variance of
    // a uniform (kurtosis 1.8) has relative error √(0.8 / n).
    near("mean", mean, 30.0, 4.0 * (133.6f64 / 400.0).sqrt());
    near("variance", variance, 133.6, 4.0 * 133.6 * (0.8f64 / 400.0).sqrt());
}

#[test]
fn a_superposition_is_the_sum_of_its_streams() {
    let text = "name = \"x\"\nspan = \"100h\"\n[[stream]]\nkind = \"api\"\narrivals = { process = \"poisson\", per_hour = 30 }\n\
                [[stream]]\nkind = \"cron\"\narrivals = { process = \"cron\", at = \"0 * * * *\" }\n\
                [[stream]]\nkind = \"probe\"\nlimit = 7\narrivals = { process = \"poisson\", per_hour = 10 }";
    let trace = generate(&Spec::from_toml(text, "test", &[]).unwrap(), 1).unwrap();
    let by_kind = dormouse_trace::info::Info::of(&trace).by_kind;
    assert_eq!((by_kind[1], by_kind[5]), (100, 7));
    near("api", by_kind[2] as f64, 3_000.0, 4.0 * 3_000f64.sqrt());
}
