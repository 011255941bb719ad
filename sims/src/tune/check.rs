//! `sims tune --check`: is the present timeout right?

use dormouse_decide::tune::{Decision, Request, Verdict};
use dormouse_report::numbers::{plain, seconds};

use super::text::{cases, min, money};

/// The problems of the present timeout, one sentence each; empty if there are none.
pub(crate) fn mismatches(answer: &Decision, question: &Request<'_>) -> Vec<String> {
    let Some(present) = answer.at(answer.present_ms) else { return Vec::new() };
    let now = min(answer.present_ms);
    let mut found = Vec::new();
    if present.violations > 0 {
        found.push(format!("the present {now} loses work, {} in this traffic", cases(present)));
    }
    if let Some(most) = question.max_delay_ms_p99.filter(|&most| present.delay_ms_p99 > most) {
        let (is, most) = (seconds(present.delay_ms_p99), seconds(most));
        found.push(format!(
            "at the present {now} the 99th percentile of delays is {is} s, more than {most} s"
        ));
    }
    if let Some(most) = question.max_wakes_per_day.filter(|&most| present.wakes_per_day > most) {
        let (is, most) = (plain(present.wakes_per_day), plain(most));
        found.push(format!("at the present {now} the machine wakes {is} times a day, more than {most}"));
    }
    if let (Verdict::Set, true, Some(saving)) = (answer.verdict, answer.saving_is_sure, answer.saving)
        && !present_is_near(answer)
    {
        let (to, saving) = (min(answer.timeout_ms), money(answer, saving.value));
        found.push(format!("{to} instead of the present {now} surely saves, {saving} a month"));
    }
    found
}

fn present_is_near(answer: &Decision) -> bool {
    answer.at(answer.present_ms).is_some_and(|present| present.near)
}
