//! Event logs as snapshots, in integers. They can be read as timelines. A change in a log is a change of the physics.

use dormouse_core::Design;
use dormouse_sim::{Line, Ticks};

use crate::common::{fixed, fixed_with, instance, logged, until};

fn log(text: &str, end_s: u64, setup: &dormouse_sim::Setup) -> String {
    let (lines, _) = logged(&instance(text), until(end_s), setup, Ticks::ThatMatter);
    format!("{}\n{}", Line::HEADING, lines.join("\n"))
}

/// A turn, a sleep, a message that wakes the machine, and a message between the flip and the freeze.
const STORY: &str = "10 inbound 30 | 400 inbound 20 | 550.9 inbound 5";

#[test]
fn current_sleeps_wakes_and_strands_the_message_between_flip_and_freeze() {
    insta::assert_snapshot!(log(
        STORY,
        700,
        &fixed_with(Design::Current, 120, &[("http_while_suspending", "fails")])
    ));
}

#[test]
fn self_suspend_redials_before_the_freeze() {
    insta::assert_snapshot!(log("400 inbound 20 | 600 cron 10", 700, &fixed(Design::SelfSuspend, 120)));
}

#[test]
fn phase0_is_frozen_by_the_platform() {
    insta::assert_snapshot!(log(
        "10 inbound 600 | 900 inbound | 1000 api 5 | 1100 inbound",
        1200,
        &fixed(Design::Phase0, 300)
    ));
}

#[test]
fn an_ack_that_is_lost_leaves_the_gateway_connected_and_deaf() {
    let setup = fixed_with(Design::Current, 120, &[("faults.lost_ack", "[0]")]);
    insta::assert_snapshot!(log("140 inbound 5", 400, &setup));
}
