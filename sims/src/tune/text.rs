//! The answer as text for people, with the decision first.

use std::fmt::Write as _;

use dormouse_decide::tune::{Amount, CurvePoint, Decision, Reason, Verdict};
use dormouse_report::numbers::{counted, fixed, grouped, minutes, plain, seconds, short};

/// A timeout in minutes: `0.75 min`.
pub(crate) fn min(ms: u64) -> String {
    format!("{} min", minutes(ms as f64 / 60_000.0))
}

/// An amount in the answer's currency: two decimals, or two significant digits below ten cents.
pub(crate) fn money(answer: &Decision, amount: f64) -> String {
    let decimals = match amount.abs() {
        small if small > 0.0 && small < 0.095 => {
            (2.0 - small.log10().floor() - 1.0).clamp(2.0, 12.0) as usize
        }
        _ => 2,
    };
    let digits = fixed(amount.abs(), decimals);
    let sign = if amount < 0.0 && digits.contains(|c: char| ('1'..='9').contains(&c)) { "-" } else { "" };
    match answer.currency.as_str() {
        "USD" => format!("{sign}${digits}"),
        "EUR" => format!("{sign}€{digits}"),
        other => format!("{sign}{digits} {other}"),
    }
}

/// The whole text: the decision, its basis, the timeouts, the warnings.
pub(crate) fn text(answer: &Decision) -> String {
    let mut text = format!("{}\n\n{}\n{}", decision(answer), rests_on(answer), table(answer));
    if !answer.warnings.is_empty() {
        text += "\nBeware:\n";
        for warning in &answer.warnings {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "- {}", warning.text);
        }
    }
    text
}

/// The first line: the decision.
pub(crate) fn decision(answer: &Decision) -> String {
    let (now, to) = (min(answer.present_ms), min(answer.timeout_ms));
    let point = answer.at(answer.timeout_ms);
    let delays = point.map(|point| delays(answer, point)).unwrap_or_default();
    let lost = answer.at(answer.present_ms).map(cases).unwrap_or_default();
    let first = match answer.reason {
        Reason::AsGoodAsAny => format!("keep {now}: no timeout tried is more than 2 % cheaper; it {delays}"),
        Reason::CannotTell => {
            let other = answer.rival_ms.map(min).unwrap_or_default();
            let how = match answer.saving {
                Some(saving @ Amount { low: Some(_), .. }) => format!("{other} {}", saves(answer, saving)),
                _ => format!("there is too little of it to say whether {other} is cheaper"),
            };
            format!("keep {now}: this traffic cannot tell; {how}; {now} {delays}")
        }
        Reason::TooSmall => format!(
            "keep {now}: {} {}, which is no reason to change; {now} {delays}",
            answer.rival_ms.map(min).unwrap_or_default(),
            answer.saving.map(|saving| saves(answer, saving)).unwrap_or_default()
        ),
        Reason::Saves => format!("set {to}: {}, {delays}", answer.saving.map(|saving| saves(answer, saving)).unwrap_or_default()),
        Reason::PresentLosesWork => format!(
            "set {to}: your present {now} loses work, {lost} in this traffic, and {to} none; it {}, {delays}",
            answer.saving.map(|saving| saves(answer, saving)).unwrap_or_default()
        ),
        Reason::PresentBeyondBound => format!(
            "set {to}: your present {now} is beyond a bound; it {}, {delays}",
            answer.saving.map(|saving| saves(answer, saving)).unwrap_or_default()
        ),
        Reason::AllLoseWork => {
            let least = point.map(cases).unwrap_or_default();
            format!("set none: every timeout tried loses work with this watcher; the least is lost at {to}, {least} in this traffic, and {lost} at your present {now}")
        }
        Reason::NoneWithinBounds => {
            "set none: no timeout tried that loses no work is within the bounds; widen them, or try others with --timeouts".to_owned()
        }
    };
    let mut line = first;
    // When the traffic cannot tell, `near_ms` is the range around another timeout.
    let near = answer.near_ms.filter(|[from, to]| (*from..=*to).contains(&answer.timeout_ms));
    if let Some([from, to]) = near {
        let range = if from == to {
            "; no other is as good".to_owned()
        } else {
            format!("; anything from {} to {} is as good", minutes(from as f64 / 60_000.0), min(to))
        };
        line += &range;
    }
    if answer.verdict != Verdict::None {
        line += &values(answer);
    }
    line
}

/// `5 cases (3 lost-inbound, 2 stranded-inbound)`.
pub(crate) fn cases(point: &CurvePoint) -> String {
    let classes: Vec<String> = point
        .missed
        .iter()
        .map(|missed| format!("{} {}", grouped(missed.count), missed.class.name()))
        .collect();
    let all = counted(point.violations, "case", "cases");
    if classes.is_empty() { all } else { format!("{all} ({})", classes.join(", ")) }
}

/// A phrase such as `saves $0.42 a month (95 %: $0.10..$0.71)`, or that it costs.
fn saves(answer: &Decision, saving: Amount) -> String {
    let month = if answer.per_instance { "a month and instance" } else { "a month" };
    let interval = match (saving.low, saving.high) {
        (Some(low), Some(high)) => format!(" (95 %: {}..{})", money(answer, low), money(answer, high)),
        _ => String::new(),
    };
    let (verb, amount) = if saving.value < 0.0 { ("costs", -saving.value) } else { ("saves", saving.value) };
    let interval = if saving.value < 0.0 && !interval.is_empty() {
        let (low, high) = (saving.low.unwrap_or(0.0), saving.high.unwrap_or(0.0));
        format!(" (95 %: {}..{})", money(answer, -high), money(answer, -low))
    } else {
        interval
    };
    format!("{verb} {} {month}{interval}", money(answer, amount))
}

/// A phrase such as `delays 3.1 messages a day by 1.2 s`.
fn delays(answer: &Decision, point: &CurvePoint) -> String {
    if point.delayed_per_day == 0.0 {
        return "delays no message".to_owned();
    }
    let each = if answer.instances > 1 { " and instance" } else { "" };
    let (n, by) = (plain(point.delayed_per_day), seconds(point.delay_ms_mean.round() as u64));
    format!("delays {n} messages a day{each} by {by} s")
}

/// What the present timeout implies about the value of a second of waiting.
fn values(answer: &Decision) -> String {
    let (now, implied) = (min(answer.present_ms), answer.price_of_a_second);
    let money = |amount| money(answer, amount);
    match (implied.at_least, implied.at_most) {
        _ if !implied.possible => {
            format!("; {now} is never cheapest, however you value waiting")
        }
        (Some(least), Some(most)) => {
            format!(
                "; your present {now} means you value a second of waiting at {} to {}",
                money(least),
                money(most)
            )
        }
        (Some(least), None) => {
            format!("; your present {now} means you value a second of waiting at {} or more", money(least))
        }
        (None, Some(most)) => {
            format!("; your present {now} means you value a second of waiting at {} at most", money(most))
        }
        (None, None) => String::new(),
    }
}

/// With a break-even gap below this, money does not justify a timeout of minutes.
const MINUTES_MS: u64 = 30_000;

/// The basis of the answer: the traffic, the resamples, the tests.
fn rests_on(answer: &Decision) -> String {
    let basis = &answer.basis;
    let mut text = format!(
        "It rests on {} days and {} of {}, watcher {}, platform {}, seed {}; {} resampled.\n",
        plain(basis.days),
        counted(basis.gaps as u64, "idle gap", "idle gaps"),
        answer.trace,
        answer.watcher,
        answer.platform,
        answer.seed,
        counted(basis.blocks as u64, &format!("{} was", basis.unit), &format!("{}s were", basis.unit)),
    );
    text += &reckoned(answer);
    if let Some(rival) = answer.rival_ms {
        let shorter = min(rival.min(answer.present_ms));
        let _ = writeln!(
            text,
            "The comparison of {} with your present {} depends on the {} % of the gaps that outlast {shorter}.",
            min(rival),
            min(answer.present_ms),
            fixed(100.0 * basis.share_that_decides, 1)
        );
    }
    if let Some(rolling) = basis.rolling {
        let each = format!("{}s", basis.unit);
        let _ = if rolling.changed == 0 {
            writeln!(
                text,
                "Fitted on the past and judged on the next, it would have kept your present timeout on all of {} {each}.",
                rolling.judged
            )
        } else {
            writeln!(
                text,
                "Fitted on the past and judged on the next, it would have changed the timeout on {} of {} {each}, lost on {} of \
                 those, and saved {} a month.",
                rolling.changed,
                rolling.judged,
                rolling.lost,
                money(answer, rolling.saved)
            )
        };
    }
    if let Some(order) = basis.order {
        let what = if order.p <= 0.05 && order.ratio < 1.0 {
            "there is structure that a timeout which adapts could use"
        } else {
            "nothing was found to adapt to"
        };
        let _ = writeln!(
            text,
            "A timeout that is refitted as it goes costs {} % of what it costs with the gaps shuffled (p = {}): {what}.",
            fixed(100.0 * order.ratio, 1),
            short(order.p, 2)
        );
    }
    if let Some(wake_cost_ms) = basis.break_even_ms {
        let reason = if wake_cost_ms < MINUTES_MS {
            ": a timeout of minutes is worth it for shorter waits, less flapping and less risk"
        } else {
            ""
        };
        let _ =
            writeln!(text, "A wake, all included, is worth {} s of idling{reason}.", seconds(wake_cost_ms));
    }
    if let (Verdict::Set, [first, .., last]) = (answer.verdict, answer.curve.as_slice()) {
        for (end, which) in [(first, "shortest"), (last, "longest")] {
            if end.timeout_ms == answer.timeout_ms
                || answer.near_ms.is_some_and(|near| near.contains(&end.timeout_ms))
            {
                let _ = writeln!(
                    text,
                    "{} is the {which} that was tried; --timeouts tries others.",
                    min(end.timeout_ms)
                );
            }
        }
    }
    text
}

/// The prices that were used.
fn reckoned(answer: &Decision) -> String {
    let prices = &answer.prices;
    let between = |[low, high]: [f64; 2]| {
        if low == high {
            money(answer, low)
        } else {
            format!("{} to {}", money(answer, low), money(answer, high))
        }
    };
    let mut text = format!(
        "A machine costs {} a month running, {} suspended, {} a wake",
        between(prices.running_per_month),
        between(prices.suspended_per_month),
        between(prices.per_wake)
    );
    text += &match prices.a_second_of_waiting {
        0.0 => "; waiting has no price, so money alone decides.\n".to_owned(),
        price => format!("; a second of waiting is worth {}.\n", money(answer, price)),
    };
    text
}

/// The table of all timeouts that were tried.
fn table(answer: &Decision) -> String {
    let mut text = format!(
        "{:>8} {:>11} {:>24} {:>9} {:>11} {:>9} {:>8}\n{:>8} {:>11} {:>24} {:>9} {:>11} {:>9} {:>8}\n",
        "timeout",
        "cost",
        "saves a month",
        "wakes",
        "delayed",
        "p99",
        "missed",
        "min",
        "a month",
        "(95 %)",
        "a day",
        "a day",
        "s",
        "work"
    );
    for point in &answer.curve {
        let saving = match (point.timeout_ms == answer.present_ms, point.saving) {
            (true, _) => "present".to_owned(),
            (false, Amount { low: Some(low), high: Some(high), .. }) => {
                format!("{}..{}", money(answer, low), money(answer, high))
            }
            (false, saving) => money(answer, saving.value),
        };
        let mark = match (point.timeout_ms == answer.timeout_ms, point.near, point.allowed) {
            (true, _, true) => " <",
            (_, true, _) => " as good",
            (_, _, false) => " no",
            _ => "",
        };
        let _ = writeln!(
            text,
            "{:>8} {:>11} {saving:>24} {:>9} {:>11} {:>9} {:>8}{mark}",
            minutes(point.timeout_ms as f64 / 60_000.0),
            money(answer, point.cost),
            plain(point.wakes_per_day),
            plain(point.delayed_per_day),
            seconds(point.delay_ms_p99),
            grouped(point.violations),
        );
    }
    text
}
