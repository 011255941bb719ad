//! The metrics of one sleep, as Prometheus scrapes them.

use std::sync::Arc;

use dormouse_core::Wall;
use dormouse_watcher::metrics::Metrics;
use dormouse_watcher::prometheus::Prometheus;
use dormouse_watcher::{Clock as _, Signals, Watch, WatchConfig};

use crate::common::{PausedClock, Props, StageLever, pass, settle};
use crate::show::eager;

#[tokio::test(start_paused = true)]
async fn one_sleep_in_the_text_format() {
    // For the whole process: no other test keeps metrics.
    let prometheus = Prometheus::install().unwrap();
    assert!(Prometheus::install().is_err(), "one exporter for each process");

    let clock = PausedClock::new();
    let (props, signals) = (Props::new(), Signals::new(clock.clone()));
    let config = WatchConfig::default()
        .with_settings(eager())
        .with_opted_in(true)
        .with_wake_url("https://wake.invalid/m".to_owned());
    let me = Arc::new(props.clone());
    let watch = Watch::new(config, me.clone(), me, Arc::new(StageLever(props.clone())), signals.clone());
    tokio::spawn(watch.observed(|| vec![Box::new(Metrics)]).run());
    pass(120_000).await;
    props.ack(true);
    settle().await;
    props.close();
    settle().await;
    props.answer_lever(true);
    pass(4000).await;
    assert!(prometheus.render().contains("\ndormouse_state{state=\"fenced\"} 1\n"));
    clock.freeze(252_000);
    pass(300).await;
    signals.handled_since(Wall::from_ms(clock.now().wall.as_ms() - 1500));
    signals.gave_up();
    pass(1).await;

    let text = prometheus.render();
    for line in [
        "# TYPE dormouse_armed gauge",
        "dormouse_armed 1",
        "dormouse_state{state=\"resting\"} 1",
        "dormouse_state{state=\"fenced\"} 0",
        "dormouse_idle_seconds 376.25",
        "dormouse_work_in_flight{source=\"turn\"} 0",
        "# TYPE dormouse_quiesces_total counter",
        "dormouse_quiesces_total 1",
        "dormouse_suspends_total 1",
        "dormouse_sleeps_total 1",
        "dormouse_asleep_milliseconds_total 252000",
        "dormouse_wakes_total{cause=\"inbound\"} 1",
        "dormouse_first_handled_delay_seconds_sum 1.5",
        "dormouse_first_handled_delay_seconds_count 1",
        "dormouse_relay_entries_given_up_total 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("dormouse_aborts_total"), "{text}");
}
