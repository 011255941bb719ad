//! The relay on the gateway's side: the connection, its re-dial, and the hold.

use dormouse_core::Fact;

use super::{Observer, Run, TimeoutSource, Timer};
use crate::choice::Messages;
use crate::draw::What;
use crate::faults::Fault;
use crate::log::LogEvent;
use crate::world::World;

#[derive(Debug, Clone)]
pub(super) struct Relay {
    connected: bool,
    held: bool,
    /// Whether a re-dial is due but held.
    redial_waits: bool,
    /// The next wait after a failed dial, in ms.
    backoff: u64,
    /// When the token of the dial under way was minted, in wall ms.
    minted_at: u64,
    /// Whether a token was refused since the last freeze.
    refused: bool,
    /// Whether a refusal was read as a revocation, so that the relay never dials again.
    gave_up: bool,
    /// When the last connection ended, in wall ms.
    silent_since: u64,
}

impl Relay {
    pub(super) const fn new(world: &World) -> Self {
        Self {
            connected: matches!(world.messages, Messages::Relay),
            held: false,
            redial_waits: false,
            backoff: world.backoff_min_ms,
            minted_at: 0,
            refused: false,
            gave_up: false,
            silent_since: 0,
        }
    }

    /// When the last connection ended, if there is none.
    pub(super) const fn silent_since(&self) -> u64 {
        self.silent_since
    }

    /// The connection is gone.
    const fn falls_silent(&mut self, now: u64) {
        self.connected = false;
        self.silent_since = now;
    }

    pub(super) const fn is_connected(&self) -> bool {
        self.connected
    }

    /// Do both relays, each connected, go on the same? When a connection ended is dead, and so is the time of a token, unless a
    /// dial is under way.
    pub(super) fn rests_like(&self, other: &Self, dials: bool) -> bool {
        let live = |relay: &Self| {
            let Self { connected, held, redial_waits, backoff, minted_at, refused, gave_up, silent_since: _ } =
                *relay;
            (connected, held, redial_waits, backoff, if dials { minted_at } else { 0 }, refused, gave_up)
        };
        self.connected && live(self) == live(other)
    }

    /// Has the relay given up, so that it never dials again?
    pub(super) const fn gave_up(&self) -> bool {
        self.gave_up
    }

    /// The machine was frozen, so the next refusal may be due to the freeze.
    pub(super) const fn thawed(&mut self) {
        self.refused = false;
    }
}

impl<O: Observer, C: TimeoutSource> Run<'_, O, C> {
    /// Grants the hold if there is a connection that a close would make dormant.
    pub(super) fn hold(&mut self) -> bool {
        let granted = self.relay.connected;
        if granted {
            self.relay.held = true;
            self.timers.set(Timer::HoldCeiling, self.now + self.setup.settings.hold_max_ms);
        }
        self.note(LogEvent::Held(granted));
        granted
    }

    pub(super) fn hold_expires(&mut self) {
        self.note(LogEvent::HoldExpired);
        self.release();
    }

    /// Ends the hold. A re-dial that waited for it begins.
    pub(super) fn release(&mut self) {
        self.timers.clear(Timer::HoldCeiling);
        self.relay.held = false;
        if std::mem::take(&mut self.relay.redial_waits) {
            self.dial();
        }
    }

    /// Ends the hold, and says hello again on a connection that is up.
    pub(super) fn renew(&mut self) {
        self.release();
        if self.relay.connected {
            self.timers.set(Timer::Hello, self.now + self.world.going_idle_rtt_ms / 2);
        }
    }

    /// The hello on a connection that was up all the time reaches the connector, after everything sent before it.
    pub(super) fn hello_again(&mut self) {
        if self.relay.connected {
            self.connected();
        }
    }

    /// Sends `going_idle`. Returns false if there is no connection to send it on.
    pub(super) fn go_dormant(&mut self) -> bool {
        if !self.relay.connected {
            return false;
        }
        let (now, rtt) = (self.now, self.world.going_idle_rtt_ms);
        if !self.strikes(Fault::LostGoingIdle) {
            self.timers.set(Timer::Flip, now + rtt / 2);
            if !self.strikes(Fault::LostAck) {
                self.timers.set(Timer::Ack, now + rtt);
            }
        }
        true
    }

    pub(super) fn close_socket(&mut self) {
        self.timers.set(Timer::Closed, self.now + self.world.close_ms);
    }

    pub(super) fn closed(&mut self) {
        if self.relay.connected {
            self.relay.falls_silent(self.now);
            self.peer_closed();
            self.timers.set(Timer::Redial, self.now + self.world.dormant_redial_ms);
            self.note(LogEvent::Closed);
        }
        self.tell_closed();
    }

    /// After a resume: was the connection dropped meanwhile?
    pub(super) fn find_connection_gone(&mut self) {
        if self.relay.connected && self.connector.peer_is_gone() {
            self.relay.falls_silent(self.now);
            self.note(LogEvent::LinkLost);
            self.redial_after_backoff();
        }
    }

    fn redial_after_backoff(&mut self) {
        self.timers.set(Timer::Redial, self.now + self.relay.backoff);
        self.relay.backoff = (self.relay.backoff * 2).min(self.world.backoff_max_ms);
    }

    pub(super) fn redial(&mut self) {
        if self.relay.held {
            self.relay.redial_waits = true;
        } else {
            self.dial();
        }
    }

    fn dial(&mut self) {
        self.note(LogEvent::Dialing);
        self.relay.minted_at = self.now;
        let latency = self.draw(&self.world.dial_ms, What::Dial);
        self.timers.set(Timer::DialDone, self.now + latency);
    }

    pub(super) fn dial_done(&mut self) {
        if self.strikes(Fault::DialFailed) {
            self.note(LogEvent::DialFailed);
            return self.redial_after_backoff();
        }
        let ttl = self.world.token_ttl_ms;
        if ttl > 0 && self.now - self.relay.minted_at > ttl {
            return self.token_refused();
        }
        self.relay.connected = true;
        self.relay.backoff = self.world.backoff_min_ms;
        self.connected();
    }

    /// The connector welcomes the gateway.
    fn connected(&mut self) {
        self.drain();
        self.tell(Fact::Connected);
        self.audit_status();
        self.audit_wake();
    }

    /// The token expired on its way, as it does when the machine is frozen during a dial.
    fn token_refused(&mut self) {
        let again = self.world.fresh_token_redial && !std::mem::replace(&mut self.relay.refused, true);
        self.relay.gave_up = !again;
        self.note(LogEvent::TokenRefused { again });
        if again {
            self.redial();
        }
    }

    /// A new process dials at once.
    pub(super) fn relay_starts_anew(&mut self) {
        self.relay = Relay::new(self.world);
        self.relay.falls_silent(self.now);
        if !self.messages_over_http() {
            self.dial();
        }
    }
}
