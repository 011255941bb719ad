//! Reasons to doubt an answer, found in the trace; each a sentence.

use dormouse_sim::Horizon;
use dormouse_sim::platform::Prices;
use dormouse_text::duration_text;
use dormouse_trace::{Kind, Trace, regular};
use statrs::stats_tests::Alternative;
use statrs::stats_tests::mannwhitneyu::{MannWhitneyUMethod, mannwhitneyu};

use crate::tune::basis::{Basis, ENOUGH_DAYS, ENOUGH_GAPS, Warning};
use crate::tune::book::{BlockUnit, Book};
use crate::tune::price::Costs;

/// The two halves of a trace differ by more than chance below this p-value.
const DRIFT_P: f64 = 0.01;
/// A half needs at least this many blocks to be compared.
const HALF: usize = 7;
/// Warn if at least this share of the idle time is in silences that the horizon cuts off.
const CENSORED: f64 = 0.05;
/// Fewer arrivals on whole minutes may be chance.
const MINUTES: usize = 10;

/// All warnings. `pair` holds the indices of the two compared timeouts: the other one and the present one.
#[must_use]
pub(crate) fn warnings(
    trace: &Trace,
    horizon: Horizon,
    book: &Book,
    costs: &Costs,
    pair: Option<(usize, usize)>,
    basis: &Basis,
    prices: &Prices,
) -> Vec<Warning> {
    let mut found = Vec::new();
    let mut warn = |kind, text: Option<String>| found.extend(text.map(|text| Warning { kind, text }));
    warn("unknown-price", unknown_price(prices));
    warn("too-little", too_little(basis));
    for text in self_inflicted(trace, &book.timeouts_ms) {
        warn("regular", Some(text));
    }
    warn("drift", pair.and_then(|pair| drift(book, costs, pair, &prices.currency)));
    warn("censored", censored(trace, horizon));
    warn("minutes", whole_minutes(trace));
    warn("no-durations", no_durations(trace));
    found
}

/// Could a machine cost as much asleep as awake, within the price ranges?
fn unknown_price(prices: &Prices) -> Option<String> {
    let rho = prices.rho_per_hour();
    (rho.low <= 0.0 && rho.high > 0.0).then(|| {
        "what a machine costs here is not known, so nothing is sure to save; give --running-per-month and --suspended-per-month"
            .to_owned()
    })
}

fn too_little(basis: &Basis) -> Option<String> {
    let (days, gaps) = (basis.days, basis.gaps);
    if days >= ENOUGH_DAYS && gaps >= ENOUGH_GAPS {
        return None;
    }
    let enough = match basis.gaps_needed {
        Some(needed) if needed > gaps as u64 && gaps > 0 => {
            let days = days * needed as f64 / gaps as f64;
            format!("{needed} gaps would do, which is about {} of such traffic", for_days(days))
        }
        _ => format!("have at least {ENOUGH_DAYS:.0} days and {ENOUGH_GAPS} gaps"),
    };
    Some(format!("this is too little to go by: {} and {gaps} gaps; {enough}", for_days(days)))
}

fn for_days(days: f64) -> String {
    match days {
        ..1.0 => format!("{:.1} h", days * 24.0),
        ..10.0 => format!("{days:.1} days"),
        _ => format!("{days:.0} days"),
    }
}

/// Regular arrivals, from any source, for which no timeout can be right.
fn self_inflicted(trace: &Trace, timeouts_ms: &[u64]) -> Vec<String> {
    let longest_ms = timeouts_ms.last().copied().unwrap_or(0);
    let each = trace.instances.iter().flat_map(|instance| {
        regular(&instance.events).into_iter().filter(|found| found.kind != Kind::Internal).map(move |found| {
            let source = match found.kind {
                Kind::Probe => "a health check or a crawler",
                Kind::Cron => "a schedule",
                Kind::Background => "a metrics job or a queue's poll in the gateway itself",
                Kind::Api => "another service's poll or metrics job",
                Kind::Client => "a dashboard that reconnects",
                _ => "a bot",
            };
            let effect = if found.period_ms <= longest_ms {
                "with a timeout longer than that it never sleeps, with a shorter one each wakes it: mend the source"
            } else {
                "each wakes it, whatever the timeout"
            };
            let period = duration_text(found.period_ms.next_multiple_of(1000));
            let (name, kind, count) = (&instance.name, found.kind, found.count);
            format!("{name}: {count} {kind} arrivals, one every {period}, likely {source}; {effect}")
        })
    });
    // The instances of a fleet have similar patterns; the first few are enough.
    let mut all: Vec<String> = each.collect();
    let more = all.len().saturating_sub(3);
    all.truncate(3);
    if more > 0 {
        all.push(format!("{more} more instances or kinds have regular arrivals"));
    }
    all
}

/// Do the two halves of the trace disagree about the two timeouts (Mann and Whitney 1947)?
fn drift(book: &Book, costs: &Costs, (rival, present): (usize, usize), currency: &str) -> Option<String> {
    let n = costs.len();
    if n < 2 * HALF || book.unit == BlockUnit::Instance {
        return None;
    }
    let saved: Vec<f64> = (0..n)
        .map(|block| {
            (costs.blocks[present][block] - costs.blocks[rival][block]) / costs.months[block].max(1e-12)
        })
        .collect();
    let (first, second) = saved.split_at(n / 2);
    let method = MannWhitneyUMethod::AsymptoticInclContinuityCorrection;
    let (_, p) = mannwhitneyu(first, second, method, Alternative::TwoSided).ok()?;
    let mean = |half: &[f64]| half.iter().sum::<f64>() / half.len() as f64;
    (p < DRIFT_P).then(|| {
        format!(
            "the traffic drifts: the other timeout saves {:.2} {currency} a month in the first half and {:.2} in the \
             second; tune again with the latest weeks alone",
            mean(first),
            mean(second)
        )
    })
}

/// Silences that the horizon cuts off: their length is unknown.
fn censored(trace: &Trace, horizon: Horizon) -> Option<String> {
    let (mut cut_off, mut all) = (0, 0);
    for (instance, span) in trace.instances.iter().zip(horizon.spans(trace)) {
        let end = instance.events.end_of_work_ms().clamp(span.start_ms, span.end_ms);
        cut_off += span.end_ms - end;
        all += span.end_ms - span.start_ms;
    }
    let share = cut_off as f64 / (all as f64).max(1.0);
    (share > CENSORED).then(|| {
        format!(
            "{:.0} % of the time lies in silences that the end of the trace cuts off; they count up to there and never past it, and \
             no wake ends them",
            100.0 * share
        )
    })
}

fn whole_minutes(trace: &Trace) -> Option<String> {
    let mut times =
        trace.instances.iter().flat_map(|instance| instance.events.iter()).map(|event| event.at_ms);
    let all = trace.events() >= MINUTES && times.all(|at_ms| at_ms.is_multiple_of(60_000));
    all.then(|| {
        "all times are whole minutes: a gap may be a minute longer or shorter, so timeouts under 2 min cannot be told apart".to_owned()
    })
}

fn no_durations(trace: &Trace) -> Option<String> {
    let mut events = trace.instances.iter().flat_map(|instance| instance.events.iter());
    let none = trace.events() > 0 && events.all(|event| event.work_ms == 0);
    none.then(|| {
        "no arrival has a duration: all work counts as done at once, so gaps are too long by the work"
            .to_owned()
    })
}
