//! Kills, freezes, blocked networks and clock jumps at random times, for one seed after the other.
//!
//! ```sh
//! DORMOUSE_FAULT_ROUNDS=500 cargo test -p dormouse-connector --test it faults::random -- --nocapture
//! DORMOUSE_FAULT_SEED=17 cargo test -p dormouse-connector --test it faults::random -- --nocapture
//! ```

use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::stream::{self, StreamExt as _};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::time::sleep;

use super::world::{Timing, World};

/// Worlds that run at once. A round mostly waits.
const AT_ONCE: usize = 6;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text}: give a number")))
}

#[tokio::test]
async fn at_random_instants() {
    let seeds = match (number("DORMOUSE_FAULT_SEED"), number("DORMOUSE_FAULT_ROUNDS")) {
        (Some(seed), _) => seed..seed + 1,
        (None, rounds) => 0..rounds.unwrap_or(6),
    };
    let rounds = seeds.end - seeds.start;
    let worlds = stream::iter(seeds).map(|seed| async move {
        let mut log = String::new();
        let round = AssertUnwindSafe(round(seed, &mut log)).catch_unwind().await;
        round.unwrap_or_else(|_| panic!("to repeat this: DORMOUSE_FAULT_SEED={seed}\n{log}"))
    });
    let sums = worlds
        .buffer_unordered(AT_ONCE)
        .fold([0; 4], |sums, round| async move { std::array::from_fn(|n| sums[n] + round[n]) });
    let [accepted, kills, starts, repeats] = sums.await;
    assert!(accepted >= 2 * rounds, "each round ends with two messages");
    println!(
        "{rounds} rounds: {accepted} accepted, none lost; {kills} connectors killed, {starts} gateways restarted, \
         {repeats} entries begun again because a gateway was killed in their handler"
    );
}

/// One world and ten faults. Returns the numbers of accepted messages, killed connectors, restarted gateways, and entries begun
/// again.
async fn round(seed: u64, log: &mut String) -> [u64; 4] {
    let mut draw = ChaCha8Rng::seed_from_u64(seed);
    let mut world = World::start(Timing { keepalive_ms: 1000, handler_ms: 5, ..Timing::DEFAULT }).await;
    let mut kills = 0;
    for _ in 0..10 {
        for _ in 0..draw.random_range(0..4) {
            world.try_send().await;
        }
        let wait = draw.random_range(0..250);
        sleep(Duration::from_millis(wait)).await;
        let fault = draw.random_range(0..8);
        let what = match fault {
            0 | 1 => {
                kills += u64::from(world.kill_connector());
                "connector killed"
            }
            2 => {
                world.machine.kill();
                "gateway killed"
            }
            3 => {
                world.machine.freeze_unasked();
                "frozen without notice"
            }
            4 => {
                world.link.block();
                "network blocked"
            }
            5 => {
                world.machine.tell("wall +60000");
                "a minute forwards"
            }
            _ => {
                world.link.unblock();
                world.start_connector();
                "all is well"
            }
        };
        let _ = writeln!(log, "{wait} ms later: {what}");
    }
    world.link.unblock();
    world.start_connector();
    // A message corrects whatever was decided by an earlier clock.
    world.send().await;
    let repeats = world.repeats_after_recovery().await;
    [world.accepted(), kills, world.machine.starts() - 1, repeats as u64]
}
