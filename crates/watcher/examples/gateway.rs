//! A gateway that scales to zero: its turns are counted and recorded, its relay buffers while it sleeps.
//!
//! `RELAY_URL=ws://127.0.0.1:8080/v1/relay RELAY_TOKEN=… WAKE_URL=… HERMES_SCALE_TO_ZERO=1 cargo run --example gateway`
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use dormouse_core::{Settings, Status, config, scale_to_zero_enabled};
use dormouse_watcher::lever::Fly;
use dormouse_watcher::metrics::Metrics;
use dormouse_watcher::relay::{Client, ClientConfig, FixedToken, Handler, Timings};
use dormouse_watcher::work::WorkKind;
use dormouse_watcher::{
    Clock, Gateway, Recorder, RecorderConfig, Setup, Signals, SystemClock, Watch, Work, WorkSource,
};
use dormouse_wire::Entry;

/// The gateway: nothing but the relay is connected, and turns are its only work.
struct Me {
    turns: Work,
}

impl Gateway for Me {
    fn sources(&self, each: &mut dyn FnMut(&dyn WorkSource)) {
        each(&self.turns);
    }

    fn platforms(&self, each: &mut dyn FnMut(&str)) {
        each("relay");
    }

    fn publish(&self, status: Status) {
        println!("status: {status:?}");
    }
}

impl Handler for Me {
    fn handle(&self, entry: &Entry) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let (turn, id) = (self.turns.begin(), entry.id);
        // The agent works here; the entry is acked when this returns.
        Box::pin(async move {
            println!("turn {id}");
            drop(turn);
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let var = |name: &str| std::env::var(name).ok();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let signals = Signals::new(Arc::clone(&clock));
    let recording =
        RecorderConfig { dir: "recordings".into(), instance: "me".into(), max_bytes: 16 << 20, keep: 100 };
    let recorder = Recorder::open(recording, clock.now().wall)?;
    let me = Arc::new(Me { turns: Work::recorded(WorkKind::Turn, clock, recorder.clone()) });
    let url = var("RELAY_URL").ok_or("set RELAY_URL")?.parse()?;
    let config = ClientConfig {
        url,
        instance: "me".into(),
        seen: Some("seen.txt".into()),
        timings: Timings::default(),
    };
    let token = Arc::new(FixedToken(var("RELAY_TOKEN").ok_or("set RELAY_TOKEN")?));
    let relay = Client::start(config, token, me.clone(), signals.clone())?;

    let setup = Setup {
        settings: Settings::dormouse(),
        opted_in: scale_to_zero_enabled(var(config::DEFAULT_ENV_VAR).as_deref()),
        wake_url: var("WAKE_URL"),
    };
    let watch = Watch::new(setup, me, Arc::new(relay.clone()), Arc::new(Fly::from_env()), signals.clone())
        .observed(move || vec![Box::new(Metrics), recorder.observer()]);
    let watching = tokio::spawn(watch.run());
    tokio::signal::ctrl_c().await?;
    signals.shutdown();
    watching.await?;
    relay.stop();
    Ok(())
}
