//! Lets an idle chat-agent gateway *scale to zero*: watches for idleness, quiesces the relay, and suspends the machine.
//!
//! Some platforms can suspend a machine, keep its memory, and resume it when an HTTP request comes. A gateway without traffic could
//! sleep there at no cost. What makes this hard is what can be lost on the way: a job that is frozen while it runs, a
//! message that arrives just before the freeze, a connection that comes back at the wrong moment. This crate takes a gateway to
//! sleep without losing any of them. The decisions are those of [`dormouse_core`], which has no I/O; this crate brings them to real
//! clocks, sockets and levers, on tokio.
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | *gateway* | the process that talks to people, on a machine of its own |
//! | *platform* | the host that can suspend that machine |
//! | *channel* | a messaging network |
//! | *relay* | the channel whose other side, the *connector*, buffers messages while the gateway sleeps |
//! | *quiesce* | the relay goes quiet: the connector buffers from now on, the socket is closed |
//! | *lever* | the call that asks the platform to suspend the machine |
//! | *poke* | the connector's request to the machine's *wake URL*: a message is waiting |
//! | *armed* | the watcher may act: the operator opted in, there is a wake URL, and no other channel is connected |
//!
//! # One sleep
//!
//! ```text
//!  time      watcher                          relay and connector            platform
//!  0 s       a message is handled
//!  30 s      looks: not idle
//!    ...
//!  120 s     looks: idle. Holds the relay     asks the connector to buffer
//!            status: draining                 acknowledged, socket closed
//!            looks again: still idle
//!            pulls the lever                                                 accepts
//!  124 s     -----------------------------------------------------------     freezes the machine
//!  500 s                                      a message comes: pokes         resumes the machine
//!            clocks have parted: it slept
//!            releases the relay               dials, gets the message
//!            status: running
//! ```
//!
//! If anything happens on the way (a message, work that begins, a refusal, silence), the attempt is abandoned, and the gateway goes on
//! as if it had not been made.
//!
//! # Usage
//!
//! A gateway provides three things, and tells the watcher what happens through [`Signals`]:
//!
//! | trait | what it is | ready-made |
//! |---|---|---|
//! | [`Gateway`] | the work in flight, the connected channels; publishes the status | [`Work`] counts work |
//! | [`Relay`] | the connection that can be quiesced | `relay::Client` (feature `relay-client`) |
//! | [`SuspendLever`] | what suspends the machine | see [`lever`] |
//!
//! This example has a relay and a lever of its own, so it needs no feature of the crate:
//!
//! ```
//! use std::future::{Future, ready};
//! use std::pin::Pin;
//! use std::sync::Arc;
//!
//! use dormouse_core::{Lever, Settings, Status};
//! use dormouse_watcher::lever::{SuspendFuture, WakeFuture};
//! use dormouse_watcher::{
//!     Gateway, Relay, Signals, SuspendLever, SystemClock, Watch, WatchConfig, Work, WorkKind, WorkSource,
//! };
//! use tokio::sync::Notify;
//!
//! /// The gateway. Its only work is turns, and only the relay is connected.
//! struct Me {
//!     turns: Work,
//! }
//!
//! impl Gateway for Me {
//!     fn sources(&self, each: &mut dyn FnMut(&dyn WorkSource)) {
//!         each(&self.turns);
//!     }
//!     fn channels(&self, each: &mut dyn FnMut(&str)) {
//!         each("relay");
//!     }
//!     fn publish(&self, status: Status) {
//!         println!("status: {status:?}");
//!     }
//! }
//!
//! /// A relay whose connector agrees to everything at once.
//! struct FakeRelay;
//!
//! impl Relay for FakeRelay {
//!     fn hold(&self, _max_ms: u64) -> bool {
//!         true
//!     }
//!     fn go_dormant(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
//!         Box::pin(ready(true))
//!     }
//!     fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
//!         Box::pin(ready(()))
//!     }
//!     fn release(&self) {}
//!     fn renew(&self) {}
//! }
//!
//! /// A platform that accepts, and never freezes the machine.
//! struct FakeLever(Notify);
//!
//! impl SuspendLever for FakeLever {
//!     fn lever(&self) -> Option<Lever> {
//!         Some(Lever::Direct)
//!     }
//!     fn suspend(&self) -> SuspendFuture<'_> {
//!         self.0.notify_one();
//!         Box::pin(ready(Ok(())))
//!     }
//!     fn wake(&self, _url: &str) -> WakeFuture {
//!         Box::pin(ready(()))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let signals = Signals::new(Arc::new(SystemClock::new()));
//! let turns = Work::new(WorkKind::Turn, signals.clock().clone());
//! let me = Arc::new(Me { turns: turns.clone() });
//! let lever = Arc::new(FakeLever(Notify::new()));
//!
//! // Milliseconds in place of minutes. In production, keep the defaults.
//! let settings = Settings::default()
//!     .with_idle_timeout_ms(20)
//!     .with_tick_ms(10)
//!     .with_settle_ms(0)
//!     .with_stay_ms(0)
//!     .with_pace_ms(0);
//! let config = WatchConfig::default()
//!     .with_settings(settings)
//!     .with_opted_in(true)
//!     .with_wake_url("https://wake.example/me".to_owned());
//! let watch = Watch::new(config, me, Arc::new(FakeRelay), lever.clone(), signals.clone());
//! let watching = tokio::spawn(watch.run());
//!
//! // A message comes, and its turn begins. When the turn is over and nothing follows, the watcher pulls the lever.
//! signals.handled();
//! let turn = turns.begin();
//! drop(turn);
//! lever.0.notified().await;
//!
//! signals.shutdown();
//! watching.await.unwrap();
//! # }
//! ```
//!
//! # Features
//!
//! None is on by default: a gateway with a relay and a lever of its own needs neither TLS nor an HTTP client.
//!
//! | feature | adds |
//! |---|---|
//! | `relay-client` | `relay::Client`, a WebSocket client for a connector, with TLS |
//! | `fly` | `lever::Fly`, the lever of a Fly machine (Unix only); includes `wake` |
//! | `brokered` | `lever::Brokered`, a lever that asks a broker over HTTPS; includes `wake` |
//! | `process-tree` | `lever::LocalLever`, a lever that freezes a process tree (Linux only) |
//! | `wake` | `lever::wake::request`, which calls the machine's own wake URL, for levers of your own |
//! | `recorder` | `recorder::Recorder`, the flight recorder, which writes traces |
//! | `metrics` | `metrics::Metrics`, metrics through the `metrics` facade |
//! | `prometheus` | `prometheus::Prometheus`, the metrics in Prometheus' text format; includes `metrics` |
//!
//! # Layers
//!
//! Each module uses only those above it in this table.
//!
//! | module | contents |
//! |---|---|
//! | [`clock`], [`event`] | both clocks; what can happen to a watcher |
//! | [`work`], [`config`] | the work in flight, by kind; what a watcher is told at its start |
//! | [`gateway`], [`relay`], [`lever`] | what the embedding gateway provides |
//! | [`observation`], [`signals`] | what a watcher does, to be observed; what the process tells it |
//! | [`driver`] | the synchronous part: one event in, at most one command out |
//! | [`watch`] | the loop around it |
//! | `metrics`, `prometheus`, `recorder` | observers; they see observations and work |
//! | `relay::client`, the levers | implementations; they see signals and the traits |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod caught;
pub mod clock;
pub mod config;
pub mod driver;
pub mod event;
pub mod gateway;
pub mod lever;
#[cfg(feature = "metrics")]
pub mod metrics;
pub mod observation;
#[cfg(feature = "prometheus")]
pub mod prometheus;
#[cfg(feature = "recorder")]
pub mod recorder;
pub mod relay;
pub mod signals;
pub mod watch;
pub mod work;

pub use clock::{Clock, SystemClock};
pub use config::WatchConfig;
pub use driver::Driver;
pub use event::{Cause, WatcherEvent};
pub use gateway::Gateway;
pub use lever::{NoLever, SuspendLever, SuspendRefused};
pub use observation::{Observation, WatchObserver};
#[cfg(feature = "recorder")]
pub use recorder::{Recorder, RecorderConfig};
pub use relay::Relay;
pub use signals::Signals;
pub use watch::Watch;
pub use work::{InFlight, Work, WorkKind, WorkLog, WorkSource};

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
