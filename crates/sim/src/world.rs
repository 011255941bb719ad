//! The world's parameters, in one table. The struct, the defaults, the setters by name, `sims/world.toml` and the tables in
//! `docs/model.md` are generated from it.

use std::fmt;

use serde::Serialize;

use crate::choice::{LeverKind, Messages, WhileSuspending, WithoutSession};
use crate::draw::{Distributed, Latency};
use crate::faults::Faults;
use crate::idle::PlatformIdle;
use crate::parameter::Parameter;
use crate::parameter::Provenance::{Assumed, Measured, OurChoice};
use crate::parameter::parameters;

/// An entry has a doc comment, a name, a type, the least value if that is not 0, the default, and where the default comes
/// from. The first sentence of the doc comment is a summary and must not contain links.
macro_rules! world {
    ($($section:literal {
        $($(#[doc = $doc:literal])+ $name:ident: $type:ty $(, least $least:literal)? = $default:expr, $source:expr;)+
    })+) => {
        /// Everything except the watcher: machine, platform, connector, relay, faults, and the auditor's bounds. The
        /// defaults describe the small machines of a public cloud. Durations are whole milliseconds.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        pub struct World {
            $($($(#[doc = $doc])+ pub $name: $type,)+)+
            /// What goes wrong, and when.
            pub faults: Faults,
        }

        impl Default for World {
            fn default() -> Self {
                Self { $($($name: $default,)+)+ faults: Faults::default() }
            }
        }

        /// All parameters except the faults, in the order of the fields.
        pub(crate) const WORLD: &[Parameter] = parameters! { world:
            $($section { $($(#[doc = $doc])+ $name: $type $(, least $least)? => $source;)+ })+
        };
    };
}

world! {
    "the machine and its platform" {
        /// The platform's name.
        platform: String = "fly".to_owned(), OurChoice;
        /// What suspends the machine. `direct`: a call on the machine itself; `brokered`: a call to a broker outside; `none`:
        /// nothing that the watcher could pull.
        lever: LeverKind = LeverKind::Direct, OurChoice;
        /// Whether the platform suspends by itself as well. Without the switch `own_suspend` it always does.
        platform_timer: bool = false, OurChoice;
        /// What the platform's own timer takes for idle. The names are explained under *The platform's own timer*.
        platform_idle: PlatformIdle = PlatformIdle::BetweenLooks, OurChoice;
        /// How often the platform's own timer looks, at a random phase.
        platform_check_ms: u64, least 1 = 300_000, Assumed("every few minutes");
        /// How long the machine must have been idle for the platform's own timer; 0: for the idle timeout, which is then the
        /// platform's setting and not the watcher's. It has no effect with `between-looks`.
        platform_timeout_ms: u64 = 0, OurChoice;
        /// How long the platform keeps the machine from the look that found it idle on. It has no effect with `between-looks`.
        platform_retention_ms: u64 = 0, OurChoice;
        /// How messages come to the machine. `relay`: over the gateway's own connection to a connector; `http`: like everything
        /// else.
        messages: Messages = Messages::Relay, OurChoice;
        /// Whether the operator opted in.
        opted_in: bool = true, OurChoice;
        /// Whether there is a URL that wakes the machine.
        wake_url: bool = true, OurChoice;
        /// Service tasks that live as long as the process, the watcher among them.
        permanent_tasks: u32 = 1, OurChoice;
        /// Messaging channels that the gateway knows and that are disabled.
        placeholders: u32 = 0, Assumed("one deployment has some 20");
        /// A direct channel disconnects this long after its last message; 0: it stays for good.
        direct_leaves_ms: u64 = 0, Assumed("");
        /// Whether cron jobs are fired over HTTP from outside. Otherwise the gateway's own scheduler runs them, if it runs.
        cron_wakes: bool = true, OurChoice;
        /// How long the cron provider tries to deliver a fire before it gives the fire up; 0: as long as it takes.
        cron_budget_ms: u64 = 0, Assumed("");
        /// After this many fires in a row that were given up, the provider never fires again; 0: it always does.
        cron_strikes: u64 = 0, Assumed("");
        /// Whether the gateway runs a fire that was given up when it is next up.
        cron_catch_up: bool = false, Assumed("");
        /// Whether the monotonic clock stands still while frozen. It does on a machine, and does not in a frozen process tree.
        mono_stands_still: bool = true, Measured("252 s frozen moved it by 0.5 s");
        /// From the lever call to its answer.
        lever_call_ms: Latency = Latency::Fixed(100), Assumed("");
        /// From the accepted suspend to the freeze.
        freeze_lag_ms: Latency = Latency::Empirical(vec![2250, 3830, 4060, 4190]), Measured("grows with memory");
        /// From the request that wakes the machine until it runs.
        resume_ms: Latency = Latency::Drawn(Distributed::Uniform([360, 400])), Measured("");
        /// The same when the snapshot was lost.
        cold_start_ms: Latency = Latency::Fixed(2000), Measured("");
        /// From the moment the machine runs until the process that takes HTTP requests does. The platform keeps them meanwhile.
        /// The relay lives in another process, which is as far as the freeze left it.
        ready_ms: u64 = 0, Assumed("requests are taken as soon as the machine runs");
        /// What becomes of an HTTP request to a machine that is suspending. `resumes`: it is kept, and resumes the machine right
        /// after the freeze; `fails`: it fails.
        http_while_suspending: WhileSuspending = WhileSuspending::Resumes, Assumed("other platforms fail it");
    }
    "connector and relay" {
        /// From `going_idle` until the connector's ack is back. The flip happens at half of it.
        going_idle_rtt_ms: u64 = 100, Assumed("");
        /// Closing the socket.
        close_ms: u64 = 10, Assumed("");
        /// From a dormant close to the next dial.
        dormant_redial_ms: u64 = 1000, Measured("1.42 to 1.47 s together with the dial");
        /// A dial, handshake included.
        dial_ms: Latency = Latency::Fixed(420), Measured("");
        /// How long a token lives, in wall time from the beginning of the dial that mints it; 0: for ever.
        token_ttl_ms: u64 = 0, Assumed("one deployment has 300 s");
        /// Whether the first refusal after a freeze is provisional: one more dial, with a fresh token. Otherwise a refused token
        /// is read as revoked, and the relay gives up until the process starts again.
        fresh_token_redial: bool = true, OurChoice;
        /// The first wait before a lost connection is dialled again.
        backoff_min_ms: u64, least 1 = 1000, OurChoice;
        /// The longest such wait. Each failure doubles it.
        backoff_max_ms: u64, least 1 = 30_000, OurChoice;
        /// After this long the connector drops a peer that does not answer.
        keepalive_ms: u64 = 90_000, Measured("");
        /// What the connector does with a message when there is neither a session nor a flip. `drops`: it drops the message
        /// without a poke; `buffers`: it buffers it and pokes.
        without_session: WithoutSession = WithoutSession::Drops, Measured("");
        /// From sending a poke to its arrival at the platform.
        poke_ms: Latency = Latency::Fixed(50), Assumed("");
        /// The connector sends no second poke within this time.
        poke_cooldown_ms: u64 = 60_000, Assumed("");
        /// While the buffer is not empty, the connector pokes again after this long; 0: never.
        repoke_ms: u64 = 0, Assumed("");
        /// Entries that the buffer holds; 0: any number.
        buffer_limit: u64 = 0, Assumed("");
        /// Entries older than this are not delivered; 0: any age is.
        buffer_ttl_ms: u64 = 0, Assumed("");
        /// Whether the gateway remembers in memory which entries it has handled.
        dedupe: bool = true, OurChoice;
        /// Whether that memory survives when the snapshot is lost.
        dedupe_survives: bool = false, OurChoice;
        /// The share of messages that are buttons and slash commands.
        button_share: f64 = 0.0, OurChoice;
        /// Whether their entries are acked like all others. Otherwise they are sent again at every connect, and the memory of
        /// what was handled does not know them.
        buttons_acked: bool = true, OurChoice;
    }
    "clients" {
        /// From a freeze to the reconnect of the clients that were attached.
        client_reconnect_ms: u64, least 1 = 1000, Assumed("");
        /// Between two heartbeats of an attached client.
        heartbeat_ms: u64, least 1 = 15_000, Measured("");
        /// A heartbeat within this time of the last one is not written.
        heartbeat_throttle_ms: u64 = 5000, Measured("");
    }
    "the size of faults" {
        /// How much longer a slow freeze takes.
        slow_freeze_ms: u64 = 60_000, OurChoice;
        /// How far the wall clock may lag after a resume.
        clock_lag_ms: u64 = 5000, OurChoice;
        /// For how long it lags.
        clock_lag_for_ms: u64 = 10_000, OurChoice;
        /// How long a work source stays unreadable after a named time.
        unreadable_ms: u64 = 60_000, OurChoice;
    }
    "the auditor's bounds" {
        /// A user-visible arrival that waited longer is late.
        late_ms: u64 = 5000, OurChoice;
        /// An entry that lies in the buffer for longer, with no wake under way, is stranded.
        stranded_ms: u64 = 30_000, OurChoice;
        /// A cron fire that starts later than this is late.
        cron_grace_ms: u64 = 60_000, OurChoice;
        /// Arrivals that are handled up to this long after the horizon are not lost.
        horizon_grace_ms: u64 = 120_000, OurChoice;
        /// More cycles than this in an hour are flapping.
        flapping_cycles: u64, least 1 = 20, OurChoice;
        /// A status may be wrong for this long.
        wrong_status_ms: u64 = 60_000, OurChoice;
        /// What an idle stretch may overstay on top of timeout, cooldown and two ticks.
        never_sleeps_slack_ms: u64 = 60_000, OurChoice;
    }
}

impl fmt::Display for World {
    /// Writes all parameters as TOML, in the form of a file for another run.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&toml::to_string(self).unwrap_or_default())
    }
}
