//! What a platform's own timer takes for idle.

use crate::choice::choice;

choice! {
    /// From when a platform counts the idle time. The same word, idle timeout, means a different clock on each.
    ///
    /// A *request* is what comes over HTTP: API runs, cron fires (`cron_wakes`), probes, and messages where they come that way
    /// (`messages = "http"`). It is in flight while its work is. A client's attachment counts as a request but for
    /// [`Completion`](Self::Completion) and [`Creation`](Self::Creation). A wake starts every one of these clocks anew.
    PlatformIdle {
        /// No HTTP since the look before, and no client attached: there is no timeout but the time between two looks.
        BetweenLooks = "between-looks",
        /// From the last request on, whether it was answered or not.
        LastInbound = "last-inbound",
        /// From the end of the last request on: while one is in flight the machine is busy.
        EndOfWork = "end-of-work",
        /// From the last look on that found a request in flight. What began and ended between two looks was never seen.
        ActivePoll = "active-poll",
        /// The mean number of requests in flight over the timeout has come down to zero: as from the end of the last request,
        /// and the timeout is the window.
        AverageZero = "average-zero",
        /// From the last request on that *ended*. One that is in flight is not seen.
        Completion = "completion",
        /// From the last start or resume on, whatever happens.
        Creation = "creation",
        /// From the last packet sent: an answer, whatever work does (background work too), a client's connection, and the
        /// relay's keepalive for as long as it is connected.
        LastOutbound = "last-outbound",
    }
}
