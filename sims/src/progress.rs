//! A progress bar with the time left, for work that takes long enough to need one.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Fewer events than this are played before anybody reads a bar.
const WORTH_A_BAR: u64 = 50_000_000;

/// A bar over `events` on standard error; invisible where that is no terminal, or where it would only flash.
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
