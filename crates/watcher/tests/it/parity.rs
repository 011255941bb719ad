//! What runs is what was simulated.
//!
//! The simulator plays a random trace with random faults and writes a tape: every fact that its watcher was told, with both
//! clocks and all that the watcher could see, and every command that followed. Then the unmodified production watcher runs
//! under a paused runtime in front of that tape: the tape's clocks, the tape's gateway, the tape's answers. The world's
//! answers depend on the watcher by its commands and their times alone. So if each command comes at the tape's time, what
//! follows on the tape is what the world would have done, and the two runs are the same run.
//!
//! The tape holds no deadline as an event to deliver: the production watcher has to ask for each at its time by itself.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dormouse_core::{Abandoned, Command, Fact, Lever, Mono, Now, View, Wall};
use dormouse_proof::cases::{HowOften, config, some_events, some_setup, some_span, some_timeout};
use dormouse_sim::{LeverKind, LogEvent, Observer, Setup, Span, Stamp, Ticks, run};
use dormouse_trace::Instance;
use dormouse_watcher::{Observation, Signals, Watch, WatchConfig, WatcherEvent};
use proptest::prelude::*;

use crate::common::{ManualClock, Props, StageLever, settle};

/// One line of the tape.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Line {
    /// The process starts, armed or not.
    Started(Now, bool),
    /// A fact, and what the watcher could see.
    Told(Now, Told),
    /// The watcher's answer.
    Command(Command),
    Abandoned(Abandoned),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Told {
    Deadline(View),
    Closed(View),
    Plain(WatcherEvent),
}

/// Writes the tape. What answers a question that was given up is left off: production drops the question.
#[derive(Default)]
struct Tape {
    lines: Vec<Line>,
    /// The command whose answer is waited for.
    asked: Option<Command>,
}

impl Observer for Tape {
    fn on(&mut self, stamp: Stamp, event: LogEvent) {
        match event {
            LogEvent::Started { armed } => {
                let now = Now { wall: Wall::from_ms(stamp.wall_ms), mono: Mono::from_ms(stamp.mono_ms) };
                self.asked = None;
                self.lines.push(Line::Started(now, armed));
            }
            LogEvent::Command(command) => {
                self.asked = Some(command);
                self.lines.push(Line::Command(command));
            }
            LogEvent::Abandoned(why) => {
                self.asked = None;
                self.lines.push(Line::Abandoned(why));
            }
            _ => {}
        }
    }

    fn told(&mut self, now: Now, _: dormouse_core::Phase, fact: &Fact<'_>) {
        let told = match *fact {
            Fact::Deadline(view) => Told::Deadline(*view),
            Fact::Closed(view) => Told::Closed(*view),
            Fact::Inbound => Told::Plain(WatcherEvent::Inbound),
            Fact::Held(granted) => Told::Plain(WatcherEvent::Held(granted)),
            Fact::Acked(acked) => Told::Plain(WatcherEvent::Acked(acked)),
            Fact::Lever(accepted) => Told::Plain(WatcherEvent::Lever(accepted)),
            Fact::Connected => Told::Plain(WatcherEvent::Connected),
            Fact::Poked => Told::Plain(WatcherEvent::Poked),
            Fact::Shutdown => Told::Plain(WatcherEvent::Shutdown),
        };
        let answers = match told {
            Told::Plain(WatcherEvent::Acked(_)) => Some(Command::GoDormant),
            Told::Closed(_) => Some(Command::CloseSocket),
            Told::Plain(WatcherEvent::Lever(_)) => Some(Command::Suspend),
            _ => None,
        };
        if answers.is_some() {
            if self.asked != answers {
                return;
            }
            self.asked = None;
        }
        self.lines.push(Line::Told(now, told));
    }
}

/// Runs the production watcher in front of `tape`, and returns the tape that it makes.
async fn play(tape: &[Line], setup: &Setup) -> Vec<Line> {
    let made: Arc<Mutex<Vec<Line>>> = Arc::default();
    let clock = ManualClock::new();
    let props = Props::new();
    let mut watcher: Option<(tokio::task::JoinHandle<()>, Signals)> = None;
    // What the runtime's clock has to show before the watcher's next deadline is due.
    let mut mono = 0;
    for (i, line) in tape.iter().enumerate() {
        // The stage has to know its answers before the questions.
        props.with(|stage| {
            stage.grants = upcoming_hold(&tape[i..]).unwrap_or(stage.grants);
            stage.view = upcoming_view(&tape[i..]).unwrap_or(stage.view);
        });
        match *line {
            Line::Started(now, _) => {
                if let Some((task, _)) = watcher.take() {
                    // The machine lost its memory: the process is gone, without a word.
                    props.with(|stage| stage.commands.clear());
                    task.abort();
                    let _ = task.await;
                }
                clock.put(now);
                mono = now.mono.as_ms();
                props.with(|stage| {
                    stage.view.relay_only = relay_only_at_start(&tape[i..]);
                });
                watcher = Some(start(&clock, &props, setup, &made));
                settle().await;
            }
            Line::Told(now, told) => {
                let Some((_, signals)) = &watcher else { continue };
                clock.put(now);
                match told {
                    // Time passes; the watcher has to wake by itself.
                    Told::Deadline(_) => {
                        let passes = now.mono.since(Mono::from_ms(mono));
                        tokio::time::advance(Duration::from_millis(passes)).await;
                    }
                    Told::Closed(_) => props.close(),
                    Told::Plain(WatcherEvent::Acked(acked)) => props.ack(acked),
                    Told::Plain(WatcherEvent::Lever(accepted)) => props.answer_lever(accepted),
                    Told::Plain(WatcherEvent::Inbound) => signals.handled(),
                    Told::Plain(WatcherEvent::Connected) => signals.connected(),
                    Told::Plain(WatcherEvent::Poked) => signals.poked(),
                    // Answered within the same step: the stage did.
                    Told::Plain(_) => continue,
                }
                mono = now.mono.as_ms().max(mono);
                // What comes from outside at one instant is there before the watcher looks, also at an overdue deadline.
                if !(comes_from_outside(now, Some(line)) && comes_from_outside(now, tape.get(i + 1))) {
                    settle().await;
                }
            }
            Line::Command(_) | Line::Abandoned(_) => {}
        }
    }
    if let Some((task, _)) = watcher {
        task.abort();
        let _ = task.await;
    }
    let made = made.lock().unwrap();
    made.clone()
}

/// The answer to the next hold on the tape.
fn upcoming_hold(tape: &[Line]) -> Option<bool> {
    tape.iter().find_map(|line| match line {
        Line::Told(_, Told::Plain(WatcherEvent::Held(granted))) => Some(*granted),
        _ => None,
    })
}

/// Does this line come from outside at this instant, and not as the answer to a command?
fn comes_from_outside(now: Now, line: Option<&Line>) -> bool {
    matches!(line, Some(Line::Told(at, Told::Plain(WatcherEvent::Inbound | WatcherEvent::Connected | WatcherEvent::Poked))) if *at == now)
}

/// Messages that are handled at one instant, and people who come at one, are told once.
fn once_an_instant(mut lines: Vec<Line>) -> Vec<Line> {
    lines.dedup_by(|a, b| {
        a == b && matches!(a, Line::Told(_, Told::Plain(WatcherEvent::Inbound | WatcherEvent::Poked)))
    });
    lines
}

/// What the watcher sees when it next asks.
fn upcoming_view(tape: &[Line]) -> Option<View> {
    tape.iter().find_map(|line| match line {
        Line::Told(_, Told::Deadline(view) | Told::Closed(view)) => Some(*view),
        _ => None,
    })
}

/// Was the gate open at this start?
fn relay_only_at_start(tape: &[Line]) -> bool {
    matches!(tape.first(), Some(Line::Started(_, true)))
}

fn start(
    clock: &Arc<ManualClock>,
    props: &Props,
    setup: &Setup,
    made: &Arc<Mutex<Vec<Line>>>,
) -> (tokio::task::JoinHandle<()>, Signals) {
    let signals = Signals::new(clock.clone());
    props.with(|stage| {
        stage.view.lever = match setup.world.lever {
            LeverKind::Direct => Some(Lever::Direct),
            LeverKind::Brokered => Some(Lever::Brokered),
            LeverKind::None => None,
        };
    });
    let watch = Watch::new(
        WatchConfig::default()
            .with_settings(setup.settings)
            .with_opted_in(setup.world.opted_in)
            .with_wake_url(setup.world.wake_url.then(|| "https://wake.invalid".to_owned())),
        Arc::new(props.clone()),
        Arc::new(props.clone()),
        Arc::new(StageLever(props.clone())),
        signals.clone(),
    );
    let (made, seen_props) = (Arc::clone(made), props.clone());
    let watch = watch.observed(move || {
        let (made, props) = (Arc::clone(&made), seen_props.clone());
        vec![Box::new(move |observation: &Observation<'_>| {
            let mut made = made.lock().unwrap();
            match *observation {
                Observation::Started { now, armed } => made.push(Line::Started(now, armed)),
                Observation::Step { now, event, step, .. } => {
                    let view = props.with(|stage| stage.view);
                    made.push(Line::Told(
                        now,
                        match event {
                            WatcherEvent::Deadline => Told::Deadline(view),
                            WatcherEvent::Closed => Told::Closed(view),
                            plain => Told::Plain(plain),
                        },
                    ));
                    made.extend(step.abandoned.map(Line::Abandoned));
                    made.extend(step.command.map(Line::Command));
                }
                _ => {}
            }
        })]
    });
    (tokio::spawn(watch.run()), signals)
}

#[test]
fn the_production_watcher_commands_what_the_simulated_one_does() {
    let suspends = HowOften::default();
    proptest!(config(2000), |(
        events in some_events(), setup in some_setup(), timeout_ms in some_timeout(), choice: u8
    )| {
        let mut setup = setup;
        setup.settings.idle_timeout_ms = timeout_ms;
        // Ticks of a millisecond make tapes of millions of lines.
        setup.settings.tick_ms = setup.settings.tick_ms.max(1000);
        let span: Span = some_span(&events, choice);
        let mut tape = Tape::default();
        run(&Instance::new("parity", events), span, &setup, Ticks::Every, &mut tape);
        let tape = once_an_instant(tape.lines);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let mut made = runtime.block_on(play(&tape, &setup));
        // At the horizon's own instant arrivals still count, looks do not.
        if let (Some(Line::Told(end, _)), Some(Line::Told(at, Told::Deadline(_)))) = (tape.last(), made.get(tape.len()))
            && at == end
        {
            made.truncate(tape.len());
        }
        suspends.count(tape.contains(&Line::Command(Command::Suspend)));
        let differ = tape.iter().zip(&made).position(|(a, b)| a != b);
        if let Some(i) = differ.or((tape.len() != made.len()).then_some(tape.len().min(made.len()))) {
            let from = i.saturating_sub(6);
            let show = |lines: &[Line]| {
                let shown = &lines[from.min(lines.len())..(i + 2).min(lines.len())];
                shown.iter().map(|line| format!("{line:?}\n")).collect::<String>()
            };
            prop_assert!(
                false,
                "line {i} differs; the tape has\n{}\nbut the watcher made\n{}\nrepeat: cargo test -p dormouse-watcher --test it parity",
                show(&tape),
                show(&made)
            );
        }
    });
    suspends.at_least(45);
}
