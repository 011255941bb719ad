//! A progress bar with the estimated time left, for long replays.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// With fewer events than this, the replay ends before a bar is useful.
const WORTH_A_BAR: u64 = 50_000_000;

/// A progress bar over `events` on standard error. Hidden if that is not a terminal, or below [`WORTH_A_BAR`].
pub(crate) fn bar(events: u64) -> ProgressBar {
    let target =
        if events < WORTH_A_BAR { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(events), target);
    let template = "{wide_bar} {percent:>3} % of {len} events, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
