//! The production watcher: sockets, clocks and levers become facts for [`dormouse_core`]; its commands become acts.
//!
//! | room | what is in it |
//! |---|---|
//! | [`clock`] | both clocks, which the caller can replace |
//! | [`gateway`] | what the embedding gateway provides |
//! | [`work`] | the census: sources of work, and a ready-made one |
//! | [`signals`] | how the rest of the process tells the watcher what happened |
//! | [`lever`] | what suspends the machine |
//! | [`relay`] | the connection to the connector |

pub mod clock;
pub mod gateway;
pub mod lever;
pub mod relay;
pub mod signals;
pub mod work;

pub use clock::{Clock, SystemClock};
pub use gateway::Gateway;
pub use lever::{Pull, Refused};
pub use relay::Relay;
pub use signals::Signals;
pub use work::{InFlight, Work, WorkSource};
