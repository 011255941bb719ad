//! A timeline as text: a line for each lane, a column for each interval of time.

use dormouse_report::{Timeline, TimelineState};
use dormouse_sim::rows::Class;
use dormouse_text::duration_text;
use dormouse_trace::Kind;

/// Width of a line, in columns.
const COLUMNS: usize = 100;

/// The timeline as text. Arrivals are `|` and work is `=`, in one lane for each kind. The machine is `#` awake,
/// `q` quiescing, `.` asleep and `w` waking. Missed work is `x`, in one lane for each class.
pub(super) fn strip(timeline: &Timeline) -> String {
    let column = |at_ms: u64| {
        let (from, length) = (timeline.from_ms, timeline.to_ms - timeline.from_ms);
        // A span is at most 2^50 ms, and there are few columns: the product fits.
        ((at_ms.saturating_sub(from) * COLUMNS as u64 / length.max(1)) as usize).min(COLUMNS - 1)
    };
    let mut lanes: Vec<(&str, String)> = Vec::new();
    for kind in Kind::ALL {
        let name = kind.name();
        let mut lane = Lane::new();
        for &(from, to, _) in
            timeline.work.iter().filter(|(from, _, of)| *of == name && inside(timeline, *from))
        {
            lane.fill(column(from), column(to), '=');
        }
        for &(at, _) in timeline.arrivals.iter().filter(|(at, of)| *of == name && inside(timeline, *at)) {
            lane.fill(column(at), column(at), '|');
        }
        lanes.extend(lane.text().map(|text| (name, text)));
    }
    let mut machine = Lane::new();
    // Short states come last, so that longer ones do not overwrite them.
    for (state, sign) in [
        (TimelineState::Awake, '#'),
        (TimelineState::Asleep, '.'),
        (TimelineState::Quiescing, 'q'),
        (TimelineState::Waking, 'w'),
    ] {
        for span in timeline.states.iter().filter(|span| span.state == state) {
            machine.fill(column(span.from_ms), column(span.to_ms.saturating_sub(1).max(span.from_ms)), sign);
        }
    }
    lanes.extend(machine.text().map(|text| ("machine", text)));
    for class in Class::ALL {
        let mut lane = Lane::new();
        let times = timeline.violations.iter().filter(|v| v.class == class && inside(timeline, v.at_ms));
        times.for_each(|v| lane.fill(column(v.at_ms), column(v.at_ms), 'x'));
        lanes.extend(lane.text().map(|text| (class.name(), text)));
    }
    let mut text: String =
        lanes.iter().map(|(name, lane)| format!("{name:>16} {}\n", lane.trim_end())).collect();
    let end = duration_text(timeline.to_ms);
    text += &format!(
        "{:>16} {:<width$}{end}\n",
        "",
        duration_text(timeline.from_ms),
        width = COLUMNS - end.len()
    );
    text + "                 | arrival, = work; machine: # awake, q quiescing, . asleep, w waking; x missed work\n"
}

fn inside(timeline: &Timeline, at_ms: u64) -> bool {
    (timeline.from_ms..=timeline.to_ms).contains(&at_ms)
}

struct Lane([char; COLUMNS]);

impl Lane {
    const fn new() -> Self {
        Self([' '; COLUMNS])
    }

    fn fill(&mut self, from: usize, to: usize, sign: char) {
        self.0[from..=to.max(from)].fill(sign);
    }

    /// The lane as text; `None` if it is empty.
    fn text(&self) -> Option<String> {
        self.0.iter().any(|&sign| sign != ' ').then(|| self.0.iter().collect())
    }
}
