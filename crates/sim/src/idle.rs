//! What a platform's own timer considers idle.

use crate::choice::choice;

choice! {
    /// The moment from which a platform counts idle time. Every platform says "idle timeout", but each means a different clock.
    ///
    /// A *request* is anything that comes over HTTP: API runs, cron fires (with `cron_wakes`), probes, and messages with
    /// `messages = "http"`. It is in flight while its work is. An attached client counts as a request, except for
    /// [`Completion`](Self::Completion) and [`Creation`](Self::Creation). A wake restarts all of these clocks.
    PlatformIdle {
        /// Idle is: no HTTP since the previous look, and no client attached. The time between two looks is the only timeout.
        BetweenLooks = "between-looks",
        /// From the last request, whether it was answered or not.
        LastInbound = "last-inbound",
        /// From the end of the last request. While a request is in flight, the machine is busy.
        EndOfWork = "end-of-work",
        /// From the last look that found a request in flight. A request that began and ended between two looks is not seen.
        ActivePoll = "active-poll",
        /// The mean number of requests in flight, over a window as long as the timeout, has fallen to zero. The time counts from
        /// the end of the last request.
        AverageZero = "average-zero",
        /// From the latest end of a request. A request that is still in flight is not seen.
        Completion = "completion",
        /// From the last start or resume, whatever happens after it.
        Creation = "creation",
        /// From the last packet sent. Packets are sent by answers, by all work (background work too), by a client's
        /// connection, and by the relay's keepalive while it is connected.
        LastOutbound = "last-outbound",
    }
}
