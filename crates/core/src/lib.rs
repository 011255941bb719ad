//! The decisions of a scale-to-zero watcher, and nothing else.
//!
//! A *gateway* that nobody talks to should cost nothing. Its *watcher* looks every [`tick_ms`](Settings::tick_ms)
//! whether it is [idle](is_idle); if so it *quiesces* the gateway (the relay's connector buffers from now on, the
//! socket is closed) and pulls the platform's *lever*, which freezes the machine a few seconds later. The next message
//! wakes it.
//!
//! This crate is what production runs and what the simulator replays. It has no clock, no socket, no allocation and
//! no dependency: time is always an argument, facts go in, at most one command and the next deadline come out.
//!
//! | room | what is in it |
//! |---|---|
//! | [`time`] | [`Wall`] and [`Mono`], two clocks that cannot be mixed |
//! | [`config`] | the settings that a person writes: the opt-in flag and the timeout |
//! | [`gate`] | may this gateway sleep at all? |
//! | [`idle`] | the predicate: is anything going on? |
//! | [`fleet`] | the same question to a million gateways at once |
//! | [`settings`] | timings, the switches for everything that ever went wrong, the named designs |
//! | [`watcher`] | the state machine |
//! | [`policy`] | who chooses the timeout, from gap to gap |
//!
//! One quiesce that works, read downwards:
//!
//! ```text
//! wall      fact in                      command out     status
//! 120.00 s  Deadline: idle for 120 s     HoldRedial      draining
//! 120.00 s  Held(true)                   GoDormant
//! 120.10 s  Acked(true)                  CloseSocket
//! 120.11 s  Closed: still idle           Suspend
//! 120.21 s  Lever(true)                  -               (the fence: polls every 250 ms)
//! 124.04 s  ...the machine is frozen; wall goes on, mono stands still...
//! 502.00 s  Deadline: wall has jumped    Release         (the relay dials)
//! 502.42 s  Connected                    -               running
//! ```
//!
//! ```
//! use dormouse_core::{Command, Fact, Mono, Now, Settings, View, Wall, Watcher};
//!
//! let at = |ms| Now { wall: Wall::from_ms(ms), mono: Mono::from_ms(ms) };
//! let mut watcher = Watcher::start(Settings::current(), at(0), true);
//! let view = View::quiet();
//! // Nothing has happened since the start, but the default timeout is two minutes.
//! assert_eq!(watcher.step(at(60_000), Fact::Deadline(&view)).command, None);
//! assert_eq!(watcher.step(at(90_000), Fact::Deadline(&view)).command, None);
//! assert_eq!(watcher.step(at(120_000), Fact::Deadline(&view)).command, Some(Command::HoldRedial));
//! ```
#![no_std]

pub mod config;
pub mod fleet;
pub mod gate;
pub mod idle;
pub mod policy;
pub mod settings;
pub mod time;
pub mod watcher;

pub use config::{
    ConfigValue, DEFAULT_ENV_VAR, MAX_IDLE_TIMEOUT_MS, parse_idle_timeout, scale_to_zero_enabled,
};
pub use fleet::Fleet;
pub use gate::{messaging_is_relay_only_or_absent, should_arm, takes_for_relay_only};
pub use idle::{Activity, Census, Heartbeat, IdleFrom, Source, is_idle};
pub use policy::Policy;
pub use settings::{Design, Settings, Switches};
pub use time::{Mono, Now, Wall};
pub use watcher::{Abandoned, Command, Fact, Forecast, Lever, Phase, Status, Step, View, Watcher};
