//! Attached clients, as far as heartbeats show them.

use dormouse_core::{Heartbeat, Wall};

/// Heartbeats come every 15 s and are read every 30 s. If more than this lies between two, the client was gone.
const GONE_MS: u64 = 60_000;

/// A period in which clients were attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attached {
    /// The first request or heartbeat.
    pub(super) from: Wall,
    /// The last heartbeat.
    pub(super) until: Wall,
}

/// What is known of clients so far.
#[derive(Debug, Default)]
pub(super) struct Clients {
    /// Clients that are attached now.
    attached: Option<Attached>,
    /// The first request from a client since the last look.
    came: Option<Wall>,
    /// Heartbeats up to here have been taken into account.
    told: Wall,
}

impl Clients {
    /// The recording begins; earlier heartbeats are not part of it.
    pub(super) fn begin(&mut self, now: Wall) {
        self.told = now;
    }

    /// A request from a client came.
    pub(super) fn attach(&mut self, now: Wall) {
        self.came.get_or_insert(now);
    }

    /// The last heartbeat, read at `now`. Returns clients that have left.
    pub(super) fn look(&mut self, now: Wall, heartbeat: Heartbeat) -> Option<Attached> {
        // A request shows a client even if the gateway has no heartbeats.
        let came = self.came.take();
        let beat = match heartbeat {
            Heartbeat::At(at) => Some(at.min(now)).filter(|&at| at > self.told),
            Heartbeat::Missing | Heartbeat::Unreadable => None,
        };
        let sign = beat.max(came);
        self.told = self.told.max(sign.unwrap_or(Wall::ZERO));
        match (&mut self.attached, sign) {
            (Some(attached), Some(until)) if until.since(attached.until) <= GONE_MS => {
                attached.until = until.max(attached.until);
                None
            }
            (Some(attached), None) if now.since(attached.until) <= GONE_MS => None,
            (attached, sign) => {
                let new = sign.map(|until| Attached { from: came.unwrap_or(until), until });
                std::mem::replace(attached, new)
            }
        }
    }

    /// The recording ends. Returns clients that were attached.
    pub(super) fn end(&mut self) -> Option<Attached> {
        self.attached.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: fn(u64) -> Wall = Wall::from_ms;

    /// Looks every 30 s at heartbeats that come every 15 s in `beats`, and returns the periods of attachment in ms.
    fn seen(came: Option<u64>, beats: std::ops::Range<u64>, until: u64) -> Vec<(u64, u64)> {
        let mut clients = Clients::default();
        clients.begin(AT(1000));
        let mut left = Vec::new();
        for now in (30_000..=until).step_by(30_000) {
            if let Some(at) = came.filter(|&at| now - 30_000 < at && at <= now) {
                clients.attach(AT(at));
            }
            let beat = beats.clone().step_by(15_000).take_while(|&at| at <= now).last();
            left.extend(clients.look(AT(now), beat.map_or(Heartbeat::Missing, |at| Heartbeat::At(AT(at)))));
        }
        left.extend(clients.end());
        left.into_iter().map(|a| (a.from.as_ms(), a.until.as_ms())).collect()
    }

    #[test]
    fn a_client_stays_from_its_request_or_first_heartbeat_to_its_last() {
        // 50 s | beats until 230 s | gone at 290 s
        assert_eq!(seen(Some(50_000), 50_000..231_000, 600_000), [(50_000, 230_000)]);
        // Without a request: from the first heartbeat that a look found.
        assert_eq!(seen(None, 50_000..231_000, 600_000), [(50_000, 230_000)]);
        // Still attached at the end.
        assert_eq!(seen(None, 50_000..1_000_000, 120_000), [(50_000, 110_000)]);
        // Without heartbeats: only the request.
        assert_eq!(seen(Some(50_000), 0..0, 600_000), [(50_000, 50_000)]);
    }

    #[test]
    fn a_heartbeat_from_before_the_start_is_no_client() {
        assert_eq!(seen(None, 1000..1001, 600_000), []);
        assert_eq!(seen(None, 1001..1002, 600_000), [(1001, 1001)]);
    }
}
