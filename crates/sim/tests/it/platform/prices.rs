use dormouse_sim::platform::Between;

use crate::platform::{UNKNOWN, based_on, is, shelf};

/// The duration of a quiesce in ms: ack, close, lever.
const QUIESCE_MS: f64 = 210.0;

#[test]
fn on_fly_the_money_breaks_even_between_four_and_five_seconds() {
    let shelf = shelf();
    let fly = shelf.get("fly").unwrap();
    // Quiesce 210, freeze lag (2250 + 3830 + 4060 + 4190) / 4 = 3582.5, resume 380: 4172.5 ms in total. An hour asleep costs
    // 0.000208 / 0.006944 = 3 % of an hour running, so the break-even is 4172.5 / 0.97 = 4301 ms.
    let Between { low, high } = fly.prices(&shelf).break_even_ms(fly.overhead_ms(QUIESCE_MS));
    assert_eq!((low.round(), high.round()), (4301.0, 4301.0));
}

#[test]
fn a_minimum_bill_widens_the_break_even_up_to_itself() {
    let shelf = shelf();
    let known = format!("[sleep]\nsuspend_ms = {}\nwake_ms = {}\n", is("1000"), is("2000"));
    let snowflake = based_on("snowflake", &known);
    let beta = snowflake.prices(&shelf).break_even_ms(snowflake.overhead_ms(QUIESCE_MS));
    // No watcher quiesces there. 3 s are paid in any case, and up to the minimum of 60 s.
    assert_eq!(beta, Between { low: 3000.0, high: 60_000.0 });
}

#[test]
fn unknown_prices_become_the_widest_bounds() {
    let shelf = shelf();
    let unknown = format!(
        "[price]\nrunning_per_hour = {UNKNOWN}\nsuspended_per_hour = {UNKNOWN}\nper_wake = {UNKNOWN}\n"
    );
    let prices = based_on("fly", &unknown).prices(&shelf);
    let widest = Between { low: 0.0, high: shelf.highest_running_per_hour() };
    assert_eq!(
        (prices.running_per_hour, prices.suspended_per_hour, prices.per_wake),
        (widest, widest, widest)
    );
    assert_eq!(prices.break_even_ms(Between::exactly(1.0)).high, f64::INFINITY);
    // The most expensive platform on the shelf is a warehouse at up to four dollars.
    assert_eq!(widest.high, 4.0);
    // If only the price of a wake is unknown, the price of an hour running is its bound.
    let prices = based_on("fly", &format!("[price]\nper_wake = {UNKNOWN}\n")).prices(&shelf);
    assert_eq!(prices.per_wake, Between { low: 0.0, high: 0.006944 });
    // The same holds if the minimum bill is unknown.
    let prices = based_on("fly", &format!("[price]\nminimum_bill_ms = {UNKNOWN}\n")).prices(&shelf);
    assert_eq!((prices.per_wake.high, prices.minimum_bill_ms), (0.006944, 0));
}

#[test]
fn a_latency_that_is_unknown_leaves_a_lower_bound() {
    let shelf = shelf();
    let aurora = shelf.get("aurora").unwrap();
    assert_eq!(aurora.overhead_ms(QUIESCE_MS), Between { low: 15_000.0, high: f64::INFINITY });
}

#[test]
fn an_unknown_price_of_running_does_not_matter_where_sleep_is_free() {
    let shelf = shelf();
    let free = format!("[price]\nrunning_per_hour = {UNKNOWN}\nsuspended_per_hour = {}\n", is("0"));
    let prices = based_on("fly", &free).prices(&shelf);
    assert_eq!(prices.break_even_ms(Between::exactly(4172.5)), Between::exactly(4172.5));
}

#[test]
fn where_sleeping_saves_nothing_there_is_no_break_even() {
    let shelf = shelf();
    let prices = shelf.get("render").unwrap().prices(&shelf);
    assert_eq!(prices.break_even_ms(Between { low: 60_000.0, high: f64::INFINITY }).low, f64::INFINITY);
}
