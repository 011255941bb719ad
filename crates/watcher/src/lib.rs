//! The production watcher: sockets, clocks and levers become facts for [`dormouse_core`]; its commands become acts.
//!
//! | room | what is in it |
//! |---|---|
//! | [`clock`] | both clocks, which the caller can replace |
//! | [`gateway`] | what the embedding gateway provides |
//! | [`work`] | the census: sources of work, and a ready-made one |
//! | [`signals`] | how the rest of the process tells the watcher what happened |
//! | [`driver`] | the synchronous middle: an event in, a command out |
//! | [`watch`] | the loop around it, supervised |
//! | [`observer`], [`metrics`] | what it does, to be seen |
//! | [`recorder`] | the flight recorder |
//! | [`lever`] | what suspends the machine |
//! | [`relay`] | the connection to the connector |

pub mod clock;
pub mod driver;
pub mod gateway;
pub mod lever;
pub mod metrics;
pub mod observer;
pub mod recorder;
pub mod relay;
pub mod signals;
pub mod watch;
pub mod work;

pub use clock::{Clock, SystemClock};
pub use driver::{Driver, Event, Setup};
pub use gateway::Gateway;
pub use lever::{Pull, Refused};
pub use observer::{Observer, Seen};
pub use recorder::{Recorder, RecorderConfig};
pub use relay::Relay;
pub use signals::{Cause, Signals};
pub use watch::Watch;
pub use work::{InFlight, Work, WorkSource};
