//! The hot path: the same few calls for the instruction counts and for the wall-time benchmarks.

use dormouse_core::{Design, Fact, FleetColumns, Mono, Now, Settings, View, Wall, Watcher, is_idle};
use dormouse_sim::rows::Counts;
use dormouse_sim::{Horizon, Job, Setup, Ticks};
use dormouse_trace::generate::{Spec, generate};
use dormouse_trace::{ReadOptions, Trace, read};

/// Questions in [`gateways`].
pub const QUESTIONS: u64 = 1024;
/// The idle timeout of benchmarks with a single timeout, in ms.
pub const TIMEOUT_MS: u64 = 120_000;

/// The current time in all questions.
pub const NOW: Wall = Wall::from_ms(1_000_000);

/// The seed of all traffic.
const SEED: u64 = 1;

/// The input of one call of the predicate: work and background work in flight, now, and the time when activity
/// was last seen.
pub type Facts = (Option<u32>, Option<u32>, Wall, Wall);

/// The time of the last activity at gateway `i`: up to ten minutes ago.
fn seen(i: u64) -> Wall {
    Wall::from_ms(NOW.as_ms() - i * 7919 % 600_000)
}

/// Gateways of every kind: busy ones, idle ones, some whose work cannot be read. As in production, most sources are quiet.
#[must_use]
pub fn gateways() -> Vec<Facts> {
    let work = |n: u64| [Some(0), Some(0), Some(0), Some(1), None][(n % 5) as usize];
    (0..QUESTIONS).map(|i| (work(i / 3), Some(u32::from(i % 11 == 0)), NOW, seen(i))).collect()
}

/// The predicate for one gateway.
#[must_use]
#[inline]
pub fn idle(&(in_flight, background, now, last_seen): &Facts) -> bool {
    is_idle(in_flight, background, now, last_seen, TIMEOUT_MS)
}

/// A fleet, stored by column.
#[derive(Debug, Clone)]
pub struct Columns {
    /// Work in flight, by gateway.
    pub in_flight: Vec<u32>,
    /// Background work alive, by gateway.
    pub background: Vec<u32>,
    /// Time of the last activity, by gateway.
    pub last_seen: Vec<Wall>,
}

impl Columns {
    /// `size` gateways as in [`gateways`].
    #[must_use]
    pub fn of(size: usize) -> Self {
        let work = |i: usize| [0, 0, 0, 1, FleetColumns::UNREADABLE][i / 3 % 5];
        Self {
            in_flight: (0..size).map(work).collect(),
            background: (0..size).map(|i| u32::from(i % 11 == 0)).collect(),
            last_seen: (0..size as u64).map(seen).collect(),
        }
    }

    /// The predicate for all gateways.
    pub fn idle(&self, idle: &mut [bool]) {
        let Self { in_flight, background, last_seen } = self;
        FleetColumns { in_flight, background, last_seen }.idle(NOW, TIMEOUT_MS, idle);
    }
}

/// Both clocks at `ms`.
#[must_use]
pub fn at(ms: u64) -> Now {
    Now { wall: Wall::from_ms(ms), mono: Mono::from_ms(ms) }
}

/// Time of a look at which [`fresh`] is past its pace but not idle yet, in ms.
pub const QUIET_TICK_MS: u64 = 200_000;

/// A watcher that was armed at 0 and handled a message at 90 s, so that it is idle at 210 s.
#[must_use]
pub fn fresh() -> Watcher {
    let mut watcher = Watcher::start(Settings::dormouse(), at(0), true);
    watcher.inbound(Wall::from_ms(90_000));
    watcher
}

/// Number of facts in [`quiesce`].
pub const QUIESCE_FACTS: u64 = 7;

/// A whole quiesce, from the first idle check to the connection after the wake. Returns the number of commands.
/// The machine is frozen for six minutes, which the monotonic clock does not count.
pub fn quiesce(watcher: &mut Watcher, view: &View) -> u64 {
    let woken = Now { wall: Wall::from_ms(592_000), mono: Mono::from_ms(214_300) };
    let facts: [(Now, Fact<'_>); QUIESCE_FACTS as usize] = [
        (at(210_000), Fact::Deadline(view)),
        (at(210_000), Fact::Held(true)),
        (at(210_100), Fact::Acked(true)),
        (at(210_110), Fact::Closed(view)),
        (at(210_210), Fact::Lever(true)),
        (woken, Fact::Deadline(view)),
        (woken, Fact::Connected),
    ];
    facts.into_iter().filter(|&(now, fact)| watcher.step(now, fact).command.is_some()).count() as u64
}

/// A design with the timeout of the hot path.
#[must_use]
pub fn setup(design: Design) -> Setup {
    let mut setup = Setup::new(design);
    setup.settings = setup.settings.with_idle_timeout_ms(TIMEOUT_MS);
    setup
}

/// One replay: the first instance of `trace`, with the whole world and the auditor.
#[must_use]
pub fn replay(trace: &Trace, setup: &Setup) -> Counts {
    let instance = &trace.instances[0];
    dormouse_sim::run(instance, Horizon::Common.span(trace, instance), setup, Ticks::ThatMatter, &mut ())
}

/// `count` idle timeouts, evenly spaced from half a minute to half an hour; 60 of them are half a minute apart.
/// A single one is half a minute.
#[must_use]
pub fn timeouts_ms(count: u64) -> Vec<u64> {
    (0..count).map(|i| 30_000 + 1_770_000 * i / (count - 1).max(1)).collect()
}

/// The kernel: `trace` at all timeouts.
#[must_use]
pub fn sweep(trace: &Trace, timeouts_ms: &[u64], setup: &Setup) -> Vec<Counts> {
    Job::new(trace, timeouts_ms, setup).totals()
}

/// The specification of [`requests`].
///
/// # Panics
/// If the preset does not exist.
#[must_use]
pub fn requests_spec(count: u64) -> Spec {
    let limit = count.to_string();
    let mut overrides = vec![("stream.0.limit", limit.as_str())];
    // The preset's 1,200 sessions of 834 turns end within three weeks. More sessions need a longer span: a
    // session with its pause takes a good quarter of an hour, and here they get half an hour each.
    let sessions = count.div_ceil(834);
    let (more, span) = (sessions.to_string(), format!("{}d", sessions / 48 + 1));
    if sessions > 1_200 {
        overrides.extend([("stream.0.arrivals.sessions", more.as_str()), ("span", span.as_str())]);
    }
    Spec::preset_with("million-requests", &overrides).expect("the preset has a limit")
}

/// One instance with `count` inbound requests of 2 s: sessions of 834 requests at three per second, with pauses
/// of about 6 minutes in between. Up to a million, they are the first ones of the preset `million-requests`.
///
/// # Panics
/// If the preset does not exist.
#[must_use]
pub fn requests(count: u64) -> Trace {
    generate(&requests_spec(count), SEED).expect("the preset is sound")
}

/// An unmodified preset with the seed of all benchmarks.
///
/// # Panics
/// If there is no such preset.
#[must_use]
pub fn preset(name: &str) -> Trace {
    Spec::preset(name).and_then(|spec| generate(&spec, SEED)).expect("the preset is sound")
}

/// Reads a trace from memory.
///
/// # Panics
/// If it is malformed.
#[must_use]
pub fn read_all(file: &[u8]) -> Trace {
    read(file, "requests.csv", &ReadOptions::default()).expect("what was written can be read").trace
}
