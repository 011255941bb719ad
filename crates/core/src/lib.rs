//! The decisions of a watcher that lets an idle chat-agent gateway *scale to zero*.
//!
//! A gateway that is idle should not cost anything. Some platforms can suspend a machine and keep its memory, and resume it when
//! an HTTP request comes. Whether it is safe to suspend *now* is the hard part: a job may be running, a message may be on its
//! way, the connection may come back at the wrong moment. This crate makes that decision and nothing else. It has no clock, no
//! socket, no allocation and no dependency, so production runs exactly the code that the simulator tests.
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | *gateway* | the process that talks to people, on a machine of its own |
//! | *platform* | the host that can suspend that machine |
//! | *channel* | a messaging network |
//! | *relay* | the channel whose other side, the *connector*, buffers messages while the gateway sleeps |
//! | *watcher* | checks at every *tick* whether the gateway is idle, and if so takes it to sleep |
//! | *quiesce* | the relay goes quiet: the connector buffers from now on, the socket is closed |
//! | *hold* | the relay does not dial again until it is released |
//! | *lever* | the call that asks the platform to suspend the machine |
//! | *fence* | the time between the accepted call and the freeze, in which the relay must not dial |
//! | *poke* | the connector's request to the wake URL: a message is waiting |
//!
//! # How it is used
//!
//! [`Watcher::step`] is a plain function. The caller reports each [`Fact`] with the time at which it happened ([`Now`]: wall clock
//! and monotonic clock), carries out the [`Command`] that comes back, if any, and calls again when the returned deadline is
//! reached. `dormouse-watcher` does this with tokio, sockets and real levers; a simulator does it in virtual time.
//!
//! One sleep, from top to bottom:
//!
//! ```text
//! wall      fact                           command       status
//! 120.00 s  Deadline: idle for 120 s       HoldRedial    draining
//! 120.00 s  Held(true)                     GoDormant
//! 120.10 s  Acked(true)                    CloseSocket
//! 120.11 s  Closed: still idle             Suspend
//! 120.21 s  Lever(true)                    -             the fence: a look every 250 ms
//! 124.04 s  ... the machine is frozen: wall time goes on, the monotonic clock stands still ...
//! 502.00 s  Deadline: the wall has jumped  Release       the relay dials
//! 502.42 s  Connected                      -             running
//! ```
//!
//! The same in code:
//!
//! ```
//! use dormouse_core::{Command, Fact, Mono, Now, Settings, View, Wall, Watcher};
//!
//! // No shortest time between attempts, so that the first look can already begin one.
//! let settings = Settings::default().with_pace_ms(0);
//! let at = |ms, frozen_ms| Now { wall: Wall::from_ms(ms + frozen_ms), mono: Mono::from_ms(ms) };
//! let mut watcher = Watcher::start(settings, at(0, 0), true);
//!
//! // What the gateway looks like at each look: nothing in flight, and a lever to pull.
//! let quiet = View::quiet();
//! assert_eq!(watcher.step(at(90_000, 0), Fact::Deadline(&quiet)).command, None);
//! let step = watcher.step(at(120_000, 0), Fact::Deadline(&quiet));
//! assert_eq!(step.command, Some(Command::HoldRedial));
//! assert_eq!(watcher.step(at(120_000, 0), Fact::Held(true)).command, Some(Command::GoDormant));
//! assert_eq!(watcher.step(at(120_100, 0), Fact::Acked(true)).command, Some(Command::CloseSocket));
//! assert_eq!(watcher.step(at(120_110, 0), Fact::Closed(&quiet)).command, Some(Command::Suspend));
//! assert_eq!(watcher.step(at(120_210, 0), Fact::Lever(true)).command, None);
//!
//! // Frozen for 378 s. The next look sees that the clocks have parted.
//! let step = watcher.step(at(124_210, 378_000), Fact::Deadline(&quiet));
//! assert_eq!(step.command, Some(Command::Release));
//! ```
//!
//! # Modules
//!
//! | module | contents |
//! |---|---|
//! | [`time`] | [`Wall`] and [`Mono`], two clocks that cannot be mixed up |
//! | [`config`] | what an operator configures: the opt-in flag and the timeout |
//! | [`gate`] | the arm gate: may this gateway sleep at all? |
//! | [`mod@idle`] | the idle predicate |
//! | [`fleet`] | the same predicate for many gateways at once |
//! | [`settings`] | timings, and a switch for every fix |
//! | [`watcher`] | the state machine |
//! | [`policy`] | timeouts that change from gap to gap |
//!
//! # Compatibility
//!
//! A later version may add a switch, a timing or a source of work without breaking callers: the types that would grow are
//! `#[non_exhaustive]`, with a constant or constructor to start from and public fields to assign. What a caller must handle
//! completely, above all [`Command`], is exhaustive.
//!
//! The feature `designs` adds the watcher's earlier designs, for simulators and tests. There are no other features.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

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
pub use fleet::FleetColumns;
pub use gate::{messaging_is_relay_only_or_absent, should_arm, takes_for_relay_only};
pub use idle::{Activity, Census, Heartbeat, IdleFrom, Source, is_idle};
pub use policy::Policy;
#[cfg(feature = "designs")]
pub use settings::{Design, UnknownDesign};
pub use settings::{Settings, Switches};
pub use time::{Mono, Now, Wall};
pub use watcher::{Abandoned, Command, Fact, Forecast, Lever, Looks, Phase, Status, Step, View, Watcher};

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
