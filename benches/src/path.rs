//! What the hot path is: the same few calls for the counted instructions and for the wall-time benchmarks.

use dormouse_core::{Design, Fact, FleetColumns, Mono, Now, Settings, View, Wall, Watcher, is_idle};
use dormouse_rows::Counts;
use dormouse_sim::{Horizon, Job, Setup, Ticks};
use dormouse_trace::generate::{Spec, generate};
use dormouse_trace::{ReadOptions, Trace, read};

/// Questions in [`gateways`].
pub const QUESTIONS: u64 = 1024;
/// The idle timeout of everything that has one only, in ms.
pub const TIMEOUT_MS: u64 = 120_000;

/// The moment at which all questions are asked.
pub const NOW: Wall = Wall::from_ms(1_000_000);

/// The seed of all traffic.
const SEED: u64 = 1;

/// What one question to the predicate is about: work and background work in flight, now, and when somebody was last seen.
pub type Facts = (Option<u32>, Option<u32>, Wall, Wall);

/// When somebody was last seen at gateway `i`: up to ten minutes ago.
fn seen(i: u64) -> Wall {
    Wall::from_ms(NOW.as_ms() - i * 7919 % 600_000)
}

/// Gateways of every sort: busy ones, idle ones, some whose work cannot be read. Most sources are quiet, as in life.
#[must_use]
pub fn gateways() -> Vec<Facts> {
    let work = |n: u64| [Some(0), Some(0), Some(0), Some(1), None][(n % 5) as usize];
    (0..QUESTIONS).map(|i| (work(i / 3), Some(u32::from(i % 11 == 0)), NOW, seen(i))).collect()
}

/// The predicate on one gateway.
#[must_use]
#[inline]
pub fn idle(&(in_flight, background, now, last_seen): &Facts) -> bool {
    is_idle(in_flight, background, now, last_seen, TIMEOUT_MS)
}

/// A fleet, column by column.
#[derive(Debug, Clone)]
pub struct Columns {
    /// Work in flight.
    pub in_flight: Vec<u32>,
    /// Background work alive.
    pub background: Vec<u32>,
    /// When somebody was last seen.
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

    /// The predicate on all of them.
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

/// A look at which [`fresh`] is past its pace, and not idle yet.
pub const QUIET_TICK_MS: u64 = 200_000;

/// A watcher that was armed at 0 and handled a message at 90 s, so that it is idle at 210 s.
#[must_use]
pub fn fresh() -> Watcher {
    let mut watcher = Watcher::start(Settings::dormouse(), at(0), true);
    watcher.inbound(Wall::from_ms(90_000));
    watcher
}

/// Facts in [`quiesce`].
pub const QUIESCE_FACTS: u64 = 7;

/// A whole quiesce, from the first question to the connection after the wake: how many commands were given. The machine is
/// frozen for six minutes, which the monotonic clock does not see.
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

/// One replay: the first instance of `trace`, with everything that the world and the auditor do.
#[must_use]
pub fn replay(trace: &Trace, setup: &Setup) -> Counts {
    let instance = &trace.instances[0];
    dormouse_sim::run(instance, Horizon::Common.span(trace, instance), setup, Ticks::ThatMatter, &mut ())
}

/// `count` idle timeouts, evenly from half a minute to half an hour; 60 of them are half a minute apart. One is half a minute.
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
/// If the preset is gone.
#[must_use]
pub fn requests_spec(count: u64) -> Spec {
    let limit = count.to_string();
    let mut overrides = vec![("stream.0.limit", limit.as_str())];
    // Its 1,200 sessions of 834 turns end in three weeks. More take longer: a session and its pause are a good quarter of an
    // hour, and here they have half an hour.
    let sessions = count.div_ceil(834);
    let (more, span) = (sessions.to_string(), format!("{}d", sessions / 48 + 1));
    if sessions > 1_200 {
        overrides.extend([("stream.0.arrivals.sessions", more.as_str()), ("span", span.as_str())]);
    }
    Spec::preset_with("million-requests", &overrides).expect("the preset has a limit")
}

/// One instance with `count` inbound requests of 2 s: sessions of 834 with three requests a second inside, and pauses of about 6
/// minutes between them. Up to a million they are the first of the preset `million-requests`.
///
/// # Panics
/// If the preset is gone.
#[must_use]
pub fn requests(count: u64) -> Trace {
    generate(&requests_spec(count), SEED).expect("the preset is sound")
}

/// A preset as it is, with the seed of all benchmarks.
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
