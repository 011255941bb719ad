//! What a gateway without a usable lever is told: once, and never its URL.

use std::sync::Arc;

use dormouse_watcher::lever::Brokered;
use dormouse_watcher::{Signals, SuspendLever, Watch, WatchConfig};

use crate::common::{PausedClock, Props, pass};
use crate::log::Log;

#[tokio::test(start_paused = true)]
async fn a_bad_sleep_url_warns_once_and_no_lever_is_said_once() {
    for (url, warnings) in [(Some("http://broker.invalid/sleep?sig=hunter2"), 1), (None, 0)] {
        let (log, _guard) = Log::begin();
        let lever: Arc<dyn SuspendLever> = Arc::from(Brokered::or_no_lever(url, None));
        let props = Props::new();
        let me = Arc::new(props.clone());
        let config =
            WatchConfig::default().with_opted_in(true).with_wake_url("https://wake.invalid/m".to_owned());
        let watch = Watch::new(config, me.clone(), me, lever, Signals::new(PausedClock::new()));
        tokio::spawn(watch.run());
        pass(3_600_000).await;
        let text = log.text();
        assert_eq!(text.matches("the sleep URL is not an absolute https URL").count(), warnings, "{text}");
        assert_eq!(text.matches("no suspend lever on this platform").count(), 1, "{text}");
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!(props.with(|stage| stage.commands.clone()), []);
    }
}
