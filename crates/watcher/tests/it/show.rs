//! A watcher on a stage, played from outside.

use std::sync::Arc;

use dormouse_core::{Command, Settings, Status, scale_to_zero_enabled};
use dormouse_watcher::{Signals, Watch, WatchConfig};
use tokio::task::JoinHandle;

use crate::common::{PausedClock, Props, StageLever, pass, settle};

/// Our design without the pace: it may make an attempt as soon as it has been idle for long enough since its start.
pub(crate) fn eager() -> Settings {
    Settings::dormouse().with_pace_ms(0)
}

/// A watcher of today's design on a stage, 119.999 s after its start: it looks in the next millisecond, and is idle then.
pub(crate) struct Show {
    pub(crate) clock: Arc<PausedClock>,
    pub(crate) props: Props,
    pub(crate) signals: Signals,
    pub(crate) task: JoinHandle<()>,
}

impl Show {
    pub(crate) async fn begin() -> Self {
        Self::begin_with(Settings::current(), Props::new()).await
    }

    pub(crate) async fn begin_with(settings: Settings, props: Props) -> Self {
        let config = WatchConfig::default()
            .with_settings(settings)
            .with_opted_in(scale_to_zero_enabled(Some(" Yes ")))
            .with_wake_url("https://wake.invalid/m".to_owned());
        Self::begin_as(config, props).await
    }

    pub(crate) async fn begin_as(config: WatchConfig, props: Props) -> Self {
        let clock = PausedClock::new();
        let signals = Signals::new(clock.clone());
        let watch = Watch::new(
            config,
            Arc::new(props.clone()),
            Arc::new(props.clone()),
            Arc::new(StageLever(props.clone())),
            signals.clone(),
        );
        let show = Self { clock, props, signals, task: tokio::spawn(watch.run()) };
        pass(119_999).await;
        show
    }

    pub(crate) fn commands(&self) -> Vec<Command> {
        self.props.with(|stage| stage.commands.clone())
    }

    pub(crate) fn status(&self) -> Status {
        self.props.with(|stage| stage.published.last().copied().unwrap_or(Status::Running))
    }

    /// This many steps into a quiesce: held, acked, closed, accepted.
    pub(crate) async fn after(steps: u32) -> Self {
        Self::after_as(Settings::current(), steps).await
    }

    /// The same with other settings.
    pub(crate) async fn after_as(settings: Settings, steps: u32) -> Self {
        let show = Self::begin_with(settings, Props::new()).await;
        pass(1).await;
        if steps > 0 {
            show.props.ack(true);
            settle().await;
        }
        if steps > 1 {
            show.props.close();
            settle().await;
        }
        if steps > 2 {
            show.props.answer_lever(true);
            settle().await;
        }
        show
    }

    /// To the accepted suspend.
    pub(crate) async fn accepted() -> Self {
        Self::after(3).await
    }

    /// Crashes just after the hold and `going_idle` of an attempt, and forgets the commands.
    pub(crate) async fn crash(&self) {
        self.props.with(|stage| stage.panics_in = Some("close"));
        self.props.ack(true);
        settle().await;
        self.props.with(|stage| {
            stage.panics_in = None;
            stage.commands.clear();
        });
    }

    /// Has just crashed in its first attempt.
    pub(crate) async fn crashed() -> Self {
        let show = Self::begin().await;
        pass(1).await;
        show.crash().await;
        show
    }

    /// Abandoned: the hold is released, the status is back, and the next minute brings no other attempt.
    pub(crate) async fn assert_abandoned(&self, commands: &[Command]) {
        assert_eq!(self.commands(), commands);
        assert_eq!(self.status(), Status::Running);
        pass(59_000).await;
        assert_eq!(self.commands(), commands);
    }
}
