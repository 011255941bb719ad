//! The decision: replays, compares, answers.

use dormouse_sim::ideal::Ideal;
use dormouse_sim::platform::Prices;
use dormouse_sim::rows::{Class, Counts};
use dormouse_sim::{Block, Horizon, Job};
use dormouse_text::DAY_MS;
use dormouse_trace::info::idle_gaps_ms;
use dormouse_trace::{GapEnd, IdleGap, Instance, Trace};

use crate::tune::answer::{
    Amount, CurvePoint, Decision, Implied, Missed, Reason, Reckoned, SCHEMA_VERSION, Verdict,
};
use crate::tune::basis::{Basis, Warning, break_even_ms, gaps_needed};
use crate::tune::book::{BlockUnit, Book};
use crate::tune::choose::Candidates;
use crate::tune::interval::{Interval, IntervalMethod, interval};
use crate::tune::order::order;
use crate::tune::price::{Costs, Tariff};
use crate::tune::rolling::rolling;
use crate::tune::warnings::warnings;

/// The question: prices, bounds and the present timeout.
#[derive(Debug, Clone, PartialEq)]
pub struct Request<'a> {
    /// What the machine costs.
    pub prices: &'a Prices,
    /// The timeout in use at present, in ms; above zero.
    pub present_ms: u64,
    /// The price of a second of waiting, in the currency of the prices; at least 0. With 0 money alone decides.
    pub a_second_of_waiting: f64,
    /// Upper bound for the 99th percentile of all user-visible arrivals' delays, in ms.
    pub max_delay_ms_p99: Option<u64>,
    /// Upper bound for the wakes per instance and day.
    pub max_wakes_per_day: Option<f64>,
    /// The least saving a month that justifies a change, in the currency of the prices; at least 0.
    pub least_saving: f64,
    /// Seed of the resamples and shuffles.
    pub seed: u64,
}

/// Replays `job` and the present timeout, and answers. The labels are set afterwards, by [`Decision::labelled`].
#[must_use]
pub fn tune(job: &Job<'_>, question: &Request<'_>) -> Decision {
    let Job { trace, horizon, setup, .. } = *job;
    let mut timeouts_ms = job.variants.to_vec();
    timeouts_ms.push(question.present_ms);
    timeouts_ms.sort_unstable();
    timeouts_ms.dedup();
    let book = Book::of(&Job { variants: &timeouts_ms, ..*job }, question.prices.minimum_bill_ms);
    let tariffs = Tariff::within(question.prices, question.a_second_of_waiting);
    let idle_ms = Ideal::of(trace, horizon).at(0).asleep_ms;
    let horizon_ms = book.counts[0].horizon_ms;
    let costs = tariffs.map(|tariff| Costs::of(&book, &tariff, horizon_ms.saturating_sub(idle_ms)));
    let decided = Decided::of(&book, &costs, question);

    let [_, tariff, _] = tariffs;
    let [_, middle, _] = &costs;
    let (present, place) = (decided.field.present, decided.place);
    let rival = decided.rival;
    let break_even_ms = break_even_ms(&setup.world, &tariff);
    let gaps = idle_gaps_ms(trace);
    let of = |instance: &Instance| instance.events.idle_gaps(GapEnd::Any).map(IdleGap::ms).collect();
    let in_order: Vec<Vec<u64>> = trace.instances.iter().map(of).collect();
    let shorter_ms = timeouts_ms[present].min(timeouts_ms[rival.unwrap_or(present)]);
    let longer = gaps.len() - gaps.partition_point(|&gap| gap <= shorter_ms);
    let months: f64 = middle.months.iter().sum();
    let basis = Basis {
        days: longest_ms(trace, horizon) as f64 / DAY_MS as f64,
        unit: book.unit.name(),
        blocks: book.len(),
        gaps: gaps.len(),
        share_that_decides: if gaps.is_empty() { 0.0 } else { longer as f64 / gaps.len() as f64 },
        gaps_needed: break_even_ms.and_then(|wake_ms| {
            let wake = tariff.awake_ms * wake_ms as f64;
            let least = decided.field.cheapest(&decided.costs).map_or(0.0, |place| decided.costs[place]);
            let a_month = decided.difference.value.abs().max((crate::tune::choose::NEAR - 1.0) * least);
            gaps_needed(a_month * months / gaps.len() as f64 / wake)
        }),
        break_even_ms,
        rolling: rolling(&book, middle, &decided.within_bounds, present),
        order: break_even_ms.and_then(|wake_ms| order(&in_order, wake_ms, question.seed)),
    };
    let pair = rival.map(|rival| (rival, present));
    let neighbours =
        [place.wrapping_sub(1), place + 1].into_iter().filter_map(|place| book.counts.get(place));
    let neighbour_loses =
        decided.field.allowed[place] && neighbours.into_iter().any(|counts| counts.violations_total() > 0);
    let mut warnings = warnings(trace, horizon, &book, middle, pair, &basis, question.prices);
    if neighbour_loses {
        let text = "work is lost at the timeout next to this one: it is close to where that begins";
        warnings.push(Warning { kind: "neighbour-loses-work", text: text.to_owned() });
    }
    Decision {
        schema_version: SCHEMA_VERSION,
        trace: String::new(),
        watcher: String::new(),
        platform: String::new(),
        seed: question.seed,
        currency: question.prices.currency.clone(),
        prices: Reckoned::with(question.prices, question.a_second_of_waiting),
        instances: book.counts[0].instances,
        per_instance: book.unit == BlockUnit::Instance,
        verdict: decided.verdict,
        reason: decided.reason,
        timeout_ms: timeouts_ms[place],
        present_ms: question.present_ms,
        rival_ms: rival.map(|rival| timeouts_ms[rival]),
        saving: rival.map(|_| decided.difference),
        saving_is_sure: decided.is_sure,
        near_ms: near_ms(&timeouts_ms, &decided.field.near(&decided.costs), rival.unwrap_or(place), place),
        price_of_a_second: implied(&book, &tariff, &decided.field),
        curve: curve(&book, &costs, &decided, question.seed),
        basis,
        warnings,
    }
}

/// The decision, before it is put into words and amounts.
struct Decided {
    verdict: Verdict,
    reason: Reason,
    field: Candidates,
    /// Within the user's bounds, whether or not work is lost.
    within_bounds: Vec<bool>,
    /// `C(T)` a month, for each timeout.
    costs: Vec<f64>,
    /// Index of the recommended timeout.
    place: usize,
    /// Index of the best other allowed timeout.
    rival: Option<usize>,
    difference: Amount,
    is_sure: bool,
}

impl Decided {
    fn of(book: &Book, costs: &[Costs; 3], question: &Request<'_>) -> Self {
        let wakes = |counts: &Counts| counts.wakes.iter().sum::<u64>();
        let present = book.timeouts_ms.partition_point(|&ms| ms < question.present_ms);
        let within_bounds: Vec<bool> = book
            .counts
            .iter()
            .map(|counts| {
                question.max_delay_ms_p99.is_none_or(|most| counts.delays.quantile(990) <= most)
                    && question.max_wakes_per_day.is_none_or(|most| per_day(counts, wakes(counts)) <= most)
            })
            .collect();
        let loses = |place: usize| book.counts[place].violations_total() > 0;
        let field = Candidates {
            present,
            allowed: (0..within_bounds.len()).map(|place| within_bounds[place] && !loses(place)).collect(),
            wakes: book.counts.iter().map(wakes).collect(),
        };
        let once = vec![1; book.len()];
        let [_, middle, _] = costs;
        let cost = middle.per_month(&once);
        let rival = field.challenger(&cost);
        let found = rival.and_then(|rival| hull(costs, &field, rival, question.seed));
        let difference = Amount::saved(rival.map_or(0.0, |rival| cost[rival] - cost[present]), found);
        let is_sure = found.is_some_and(|found| found.high < 0.0);
        let (verdict, reason, place) = match rival {
            _ if !field.allowed.contains(&true) => {
                let all_lose = (0..cost.len()).all(loses);
                let reason = if all_lose { Reason::AllLoseWork } else { Reason::NoneWithinBounds };
                (Verdict::None, reason, least_harmful(book, &cost, &within_bounds))
            }
            Some(rival) if loses(present) => (Verdict::Set, Reason::PresentLosesWork, rival),
            Some(rival) if !within_bounds[present] => (Verdict::Set, Reason::PresentBeyondBound, rival),
            Some(rival) if is_sure && !field.near(&cost)[present] => {
                if difference.value < question.least_saving {
                    (Verdict::Keep, Reason::TooSmall, present)
                } else {
                    (Verdict::Set, Reason::Saves, rival)
                }
            }
            Some(_) if !field.near(&cost)[present] => (Verdict::Keep, Reason::CannotTell, present),
            _ => (Verdict::Keep, Reason::AsGoodAsAny, present),
        };
        Self { verdict, reason, field, within_bounds, costs: cost, place, rival, difference, is_sure }
    }
}

/// The interval of a difference, widened by the uncertainty of the prices.
fn hull(costs: &[Costs; 3], field: &Candidates, place: usize, seed: u64) -> Option<Interval> {
    let [low, middle, high] = costs;
    let of = |costs: &Costs| interval(costs, field, place, IntervalMethod::CHOSEN, seed);
    let mut found = of(middle)?;
    for other in [low, high].into_iter().filter(|other| *other != middle) {
        found = found.hull(of(other)?);
    }
    Some(found)
}

/// Of the timeouts within the bounds (of all, if none is), the one with the least missed work; on a tie the cheapest.
fn least_harmful(book: &Book, costs: &[f64], within_bounds: &[bool]) -> usize {
    let any = within_bounds.contains(&true);
    (0..costs.len())
        .filter(|&place| within_bounds[place] || !any)
        .min_by(|&a, &b| {
            let lost = |place: usize| book.counts[place].violations_total();
            lost(a).cmp(&lost(b)).then(costs[a].total_cmp(&costs[b]))
        })
        .unwrap_or(0)
}

/// The run of near-optimal timeouts around `place` or, if that is not near-optimal, around `rival`, in ms.
fn near_ms(timeouts_ms: &[u64], near: &[bool], rival: usize, place: usize) -> Option<[u64; 2]> {
    let place = [place, rival].into_iter().find(|&place| near[place])?;
    let from = near[..place].iter().rposition(|&near| !near).map_or(0, |before| before + 1);
    let to = near[place..].iter().position(|&near| !near).map_or(near.len(), |after| place + after) - 1;
    Some([timeouts_ms[from], timeouts_ms[to]])
}

/// The range of prices of a second of waiting for which no other timeout without lost work is cheaper than the present one.
fn implied(book: &Book, tariff: &Tariff, field: &Candidates) -> Implied {
    let sum = |place: usize| {
        let mut sum = Block::default();
        book.blocks[place].iter().for_each(|block| sum.add(block));
        (tariff.money(&sum), sum.delay_ms as f64 / 1000.0)
    };
    let (money, waited) = sum(field.present);
    let mut found = Implied { at_least: None, at_most: None, possible: true };
    for place in (0..field.wakes.len()).filter(|&place| book.counts[place].violations_total() == 0) {
        let (other_money, other_waited) = sum(place);
        let price = (money - other_money) / (other_waited - waited);
        if other_waited <= waited && other_money < money {
            found.possible = false;
        }
        if other_waited > waited && money > other_money {
            found.at_least = Some(found.at_least.map_or(price, |least| least.max(price)));
        } else if other_waited < waited {
            found.at_most = Some(found.at_most.map_or(price, |most| most.min(price)));
        }
    }
    found.possible &= found.at_least.unwrap_or(0.0) <= found.at_most.unwrap_or(f64::INFINITY);
    found
}

fn curve(book: &Book, costs: &[Costs; 3], decided: &Decided, seed: u64) -> Vec<CurvePoint> {
    let near = decided.field.near(&decided.costs);
    let point = |place: usize| {
        let (counts, field) = (&book.counts[place], &decided.field);
        let delayed = counts.delays.delayed();
        let waited: u64 = book.blocks[place].iter().map(|block| block.delay_ms).sum();
        let difference = hull(costs, field, place, seed);
        CurvePoint {
            timeout_ms: book.timeouts_ms[place],
            cost: decided.costs[place],
            saving: Amount::saved(decided.costs[place] - decided.costs[field.present], difference),
            wakes_per_day: per_day(counts, field.wakes[place]),
            delayed_per_day: per_day(counts, delayed),
            delay_ms_mean: if delayed == 0 { 0.0 } else { waited as f64 / delayed as f64 },
            delay_ms_p99: counts.delays.quantile(990),
            violations: counts.violations_total(),
            missed: Class::ALL
                .map(|class| Missed { class, count: counts.violations[class as usize] })
                .into_iter()
                .filter(|missed| missed.count > 0)
                .collect(),
            allowed: field.allowed[place],
            near: near[place],
        }
    };
    (0..book.timeouts_ms.len()).map(point).collect()
}

fn per_day(counts: &Counts, count: u64) -> f64 {
    if counts.horizon_ms == 0 { 0.0 } else { count as f64 * DAY_MS as f64 / counts.horizon_ms as f64 }
}

/// The length of the longest replayed span, in ms.
fn longest_ms(trace: &Trace, horizon: Horizon) -> u64 {
    horizon.spans(trace).into_iter().map(|span| span.end_ms - span.start_ms).max().unwrap_or(0)
}
