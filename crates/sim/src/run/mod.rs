//! Replays one instance at one timeout, from the start to the horizon: the world around core's state machine.
//!
//! | module | contents |
//! |---|---|
//! | [`timers`] | the pending timers, and their order at equal times |
//! | `gateway` | work in flight, clients, what waits for the machine |
//! | `cron` | the provider that fires jobs, and gives up |
//! | `machine` | freeze, resume, HTTP |
//! | `platform` | the platform's own timer, and what it considers idle |
//! | `connector` | the flip, the buffer, pokes |
//! | `relay` | the hold, the re-dial, the connection |
//! | `watch` | passes facts to core, and core's commands to the other modules |
//! | `timeout_source` | the idle timeout: that of the setup, or a policy's |
//! | `part` | which events are replayed |
//! | `watermarks`, `stretches` | serve many arrivals at once, where nothing can happen between them |
//! | `cohort`, `alike` | one run for several idle timeouts, as long as they do the same |
//!
//! The loop takes the next timer or the next arrival, whichever comes first. An arrival at a machine that is up and connected
//! changes five integers and no timer, so a busy trace costs almost nothing.

mod alike;
mod cohort;
mod connector;
mod cron;
mod gateway;
mod machine;
mod part;
mod platform;
mod relay;
mod stretches;
mod timeout_source;
mod timers;
mod watch;
mod watermarks;

use crate::rows::Counts;
use dormouse_core::{Fact, Mono, Now, Status, Wall, Watcher, should_arm, takes_for_relay_only};
use dormouse_trace::{Events, GapEnd, IdleGaps, Instance};

use crate::audit::Audit;
use crate::choice::LeverKind;
use crate::draw::{Draws, Latency, Occasions, What};
use crate::faults::{Fault, FaultState};
use crate::log::{Borrowed, LogEvent, Observer, Stamp};
use crate::setup::Setup;
use crate::world::World;
pub(crate) use cohort::{Cohort, Counted, Stop, Target};
use connector::Connector;
use cron::Provider;
use gateway::Gateway;
use machine::Machine;
pub(crate) use part::Part;
use platform::PlatformTimer;
use relay::Relay;
pub(crate) use stretches::Stretch;
use timeout_source::{FixedTimeout, TimeoutSource};
pub use timeout_source::{policy_gap, run_with_policy};
use timers::{NEVER, Timer, Timers};
pub(crate) use watermarks::Watermarks;

/// The part of time that is replayed, in wall ms from the trace's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The instance starts here, awake.
    pub start_ms: u64,
    /// The horizon, where the replay ends. An arrival at this millisecond still counts; later ones do not.
    pub end_ms: u64,
}

impl Span {
    /// The idle gaps of `events` within the span, for an instance that is always awake: every arrival ends a gap.
    pub fn idle_gaps(self, events: &Events) -> IdleGaps<'_> {
        events.idle_gaps_within(self.start_ms..=self.end_ms, GapEnd::Any)
    }
}

/// Which ticks of the watcher the run plays, and which looks of the platform's timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ticks {
    /// Only those that can matter. Every replay does this.
    ThatMatter,
    /// All of them. This is the plain reference that [`ThatMatter`](Self::ThatMatter) is tested against.
    Every,
}

/// What to do about the arrivals up to the next timer.
enum Take {
    /// Some were served at once. Ask again.
    Served,
    /// Play those before this event one by one, and ask again.
    UpTo(usize),
    /// Play all of them one by one, and then the timer.
    All,
    /// Play nothing now.
    Pause,
}

/// The run of one instance.
#[derive(Clone)]
struct Run<'a, O, C> {
    setup: &'a Setup,
    world: &'a World,
    ticks: Ticks,
    span: Span,
    events: &'a Events,
    /// Does the platform suspend by itself?
    has_platform_timer: bool,
    /// The next event of the trace.
    next: usize,
    /// The index after the last event that is replayed.
    last: usize,
    /// True wall time.
    now: u64,
    /// Was the end of the span noted?
    ended: bool,
    /// How far the monotonic clock lags behind wall time, in ms.
    mono_behind: u64,
    /// Is a direct channel connected?
    direct: bool,
    timers: Timers,
    draws: Draws,
    occasions: Occasions<{ What::LATENCIES }>,
    faults: FaultState<'a>,
    watcher: Watcher,
    /// Must the watcher's timer be set again?
    look_is_stale: bool,
    /// Where the monotonic clock runs on during a freeze: the time from which ticks have not been played.
    overdue_since: Option<Mono>,
    machine: Machine,
    platform_timer: PlatformTimer,
    gateway: Gateway,
    cron: Provider,
    connector: Connector,
    relay: Relay,
    audit: Audit,
    observer: O,
    timeout_source: C,
}

/// Replays `instance` over `span` and returns the counts. `observer` sees everything that happens.
///
/// # Panics
/// If the span ends before it starts.
pub fn run<O: Observer>(
    instance: &Instance,
    span: Span,
    setup: &Setup,
    ticks: Ticks,
    observer: &mut O,
) -> Counts {
    let mut run = Run::new(&Part::new(instance, span), setup, ticks, Borrowed(observer), FixedTimeout);
    run.play(|_, _, _| Take::All);
    run.counts()
}

/// The arm gate at process start: whether this design arms its watcher, and whether the watcher may really be armed.
fn armed(setup: &Setup, direct: bool) -> (bool, bool) {
    let world = &setup.world;
    let gate =
        |relay_only| should_arm(world.opted_in, relay_only, world.wake_url.then_some("https://wake.invalid"));
    (gate(takes_for_relay_only(setup.settings.switches, direct, world.placeholders)), gate(!direct))
}

impl<'a, O: Observer, C: TimeoutSource> Run<'a, O, C> {
    fn new(part: &Part<'a>, setup: &'a Setup, ticks: Ticks, observer: O, timeout_source: C) -> Self {
        let Part { key, events, span, first, last, direct_at } = *part;
        let world = &setup.world;
        let draws = Draws::new(setup.seed, key);
        // A direct channel is connected from its first message on.
        let direct = direct_at.is_some_and(|at| at <= span.start_ms);
        let (armed, may_be_armed) = armed(setup, direct);
        let has_platform_timer = world.platform_timer || !setup.settings.switches.own_suspend;
        let suspends = has_platform_timer || (may_be_armed && world.lever != LeverKind::None);
        let may_sleep = world.opted_in && world.wake_url && suspends;
        let start = Now { wall: Wall::from_ms(span.start_ms), mono: Mono::from_ms(span.start_ms) };
        let mut run = Self {
            setup,
            world,
            ticks,
            span,
            events,
            has_platform_timer,
            next: first,
            last,
            now: span.start_ms,
            ended: false,
            mono_behind: 0,
            direct,
            timers: Timers::new(),
            draws,
            occasions: Occasions::new(),
            faults: FaultState::new(&world.faults, draws),
            watcher: Watcher::start(setup.settings, start, armed),
            look_is_stale: true,
            overdue_since: None,
            machine: Machine::new(span.start_ms),
            platform_timer: PlatformTimer::new(world, has_platform_timer, span.start_ms),
            gateway: Gateway::default(),
            cron: Provider::default(),
            connector: Connector::new(world),
            relay: Relay::new(world),
            audit: Audit::new(setup, span.start_ms, span.end_ms, may_sleep, direct),
            observer,
            timeout_source,
        };
        run.note(LogEvent::Started { armed });
        run.start_platform_timer();
        run
    }

    /// Plays to the horizon, and on through the grace if something is still on its way. Returns true at the end, and false if
    /// `take` paused the run; it can be played on.
    ///
    /// Before the arrivals up to the next timer are played one by one, `take` is called with that timer and its time.
    fn play(&mut self, mut take: impl FnMut(&mut Self, u64, Timer) -> Take) -> bool {
        loop {
            if self.look_is_stale {
                self.set_watcher_timer();
            }
            self.timers.set(Timer::Audit, self.audit.next_due());
            let (due, timer) = self.timers.next(self.machine.is_running());
            let back = self.comes_back_at();
            if back < due {
                if !self.arrivals_until(back, false, self.last) {
                    self.now = self.now.max(back);
                    self.comes_back();
                }
                self.log_violations();
                continue;
            }
            let (up_to, again) = match take(self, due, timer) {
                Take::Served => continue,
                Take::UpTo(event) => (event, true),
                Take::All => (self.last, false),
                Take::Pause => return false,
            };
            if self.arrivals_until(due, timer.is_platform(), up_to) || again {
                self.log_violations();
                continue;
            }
            if due >= self.span.end_ms && self.next == self.last {
                if !std::mem::replace(&mut self.ended, true) {
                    let now = std::mem::replace(&mut self.now, self.span.end_ms);
                    self.note(LogEvent::Ended);
                    self.now = now;
                }
                if self.is_over(due) {
                    return true;
                }
            }
            self.now = self.now.max(due);
            self.timers.clear(timer);
            self.fire(timer);
            self.log_violations();
        }
    }

    /// Plays the trace's arrivals before the event `up_to` and up to `due`, including those at `due` itself unless the platform
    /// comes first. Returns true if it stopped early, because an arrival may have changed the next timer.
    fn arrivals_until(&mut self, due: u64, platform_first: bool, up_to: usize) -> bool {
        while self.next < up_to {
            let at = self.events.at_ms()[self.next];
            if at > due || at == due && platform_first {
                return false;
            }
            let i = self.next;
            self.next += 1;
            self.now = at;
            if self.arrive(i) || self.audit.has_found() || self.timeout_source.policy().is_some() {
                return true;
            }
        }
        false
    }

    fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::Freeze => self.freeze(),
            Timer::Running => self.machine_runs(),
            Timer::PlatformCheck => self.platform_check(),
            Timer::Lever => self.lever_answers(),
            Timer::Reconnect => self.clients_reconnect(),
            Timer::Ready => self.handle_those_who_wait(),
            Timer::DirectLeaves => self.direct_platform_leaves(),
            Timer::Flip => self.flip(),
            Timer::Ack => {
                self.note(LogEvent::Acked);
                self.tell(Fact::Acked(true));
            }
            Timer::Closed => self.closed(),
            Timer::HoldCeiling => self.hold_expires(),
            Timer::Redial => self.redial(),
            Timer::Hello => self.hello_again(),
            Timer::DialDone => self.dial_done(),
            Timer::Poke => self.poke_arrives(),
            Timer::Wake => self.own_poke_arrives(),
            Timer::Repoke => self.poke(),
            Timer::Reap => self.reap(),
            Timer::Heartbeat => self.heartbeat(),
            Timer::Watcher => self.look(),
            Timer::Audit => self.audit.look(self.now, self.gateway.occupied_until()),
        }
    }

    /// Is the run over if `due` is the time of the next timer, and no arrival comes before? It is if that is after the horizon, at
    /// once or after the grace.
    fn is_over(&self, due: u64) -> bool {
        due >= self.span.end_ms
            && self.next == self.last
            && (due > self.grace_end() || !self.something_is_on_its_way())
    }

    fn grace_end(&self) -> u64 {
        self.span.end_ms.saturating_add(self.world.horizon_grace_ms)
    }

    /// Can something still be handled after the horizon?
    fn something_is_on_its_way(&self) -> bool {
        !self.connector.is_empty() || self.gateway.somebody_waits()
    }

    /// Ends a run that is for one idle timeout, and returns its counts.
    fn counts(mut self) -> Counts {
        self.finish();
        self.audit.counts.settle();
        self.audit.counts
    }

    /// Ends the run.
    fn finish(&mut self) {
        // Whatever has not been handled by the end of the grace is given up at that time, not at that of the last event.
        self.now = self.grace_end();
        self.give_up_on_the_buffer();
        self.give_up_on_those_who_wait();
        self.audit.close();
        self.log_violations();
    }

    // ---- shared by the modules ----

    fn stamp(&self) -> Stamp {
        // From the freeze until the resume is done, the monotonic clock stays where it was at the freeze.
        let wall = if self.world.mono_stands_still { self.machine.mono_stood_at(self.now) } else { self.now };
        Stamp { wall_ms: self.now, mono_ms: wall - self.mono_behind }
    }

    #[inline]
    fn note(&mut self, event: LogEvent) {
        let stamp = self.stamp();
        self.observer.on(stamp, event);
    }

    /// Does the fault strike at this occasion?
    fn strikes(&mut self, fault: Fault) -> bool {
        let strikes = self.faults.strikes(fault, self.now, self.next as u64);
        if strikes {
            self.observer.struck(self.now, fault);
        }
        strikes
    }

    /// Draws a latency, in ms.
    fn draw(&mut self, latency: &Latency, what: What) -> u64 {
        match *latency {
            Latency::Fixed(ms) => ms,
            _ => self.draws.latency(latency, what, self.occasions.next(self.next as u64, what as usize)),
        }
    }

    fn log_violations(&mut self) {
        while let Some(violation) = self.audit.take() {
            self.note(LogEvent::Violation(violation));
        }
    }

    /// Both clocks as the gateway reads them.
    fn clocks(&self) -> Now {
        let lag = self.machine.clock_lag(self.now);
        Now { wall: Wall::from_ms(self.now - lag), mono: Mono::from_ms(self.now - self.mono_behind) }
    }

    /// Tells the auditor whether the gateway serves but publishes that it does not.
    fn audit_status(&mut self) {
        let serves = self.machine.is_running() && self.relay.is_connected() && !self.connector.is_flipped();
        self.audit.status_is_wrong(self.now, serves && self.watcher.status() == Status::Draining);
    }

    fn audit_wake(&mut self) {
        let under_way = self.timers.pending(Timer::Poke)
            || self.timers.pending(Timer::Wake)
            || self.machine.a_wake_is_due();
        self.audit.wake_under_way(self.now, under_way);
    }
}
