//! A gateway that scales to zero: its turns are counted and recorded, its relay buffers while it sleeps, a poke wakes it.
//!
//! `RELAY_URL=ws://127.0.0.1:8080/v1/relay RELAY_TOKEN=… WAKE_URL=… HERMES_SCALE_TO_ZERO=1 cargo run --example gateway`
use std::future::{Future, ready};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use axum::{Router, routing::get};
use dormouse_core::{Status, Wall, config, scale_to_zero_enabled};
use dormouse_watcher::lever::Fly;
use dormouse_watcher::metrics::Metrics;
use dormouse_watcher::relay::{Client, ClientConfig, FixedToken, Handler};
use dormouse_watcher::{
    Clock, Gateway, Recorder, RecorderConfig, Signals, SystemClock, Watch, WatchConfig, Work, WorkKind,
    WorkSource,
};
use dormouse_wire::Entry;

/// Only the relay is connected, and turns are the only work.
struct Me {
    clock: Arc<dyn Clock>,
    turns: Work,
}

impl Gateway for Me {
    fn sources(&self, each: &mut dyn FnMut(&dyn WorkSource)) {
        each(&self.turns);
    }
    fn channels(&self, each: &mut dyn FnMut(&str)) {
        each("relay");
    }
    fn publish(&self, status: Status) {
        println!("status: {status:?}");
    }
}

impl Handler for Me {
    /// The entry is acked when this returns, so store first what must survive a crash. The turn goes on by itself.
    fn handle(&self, entry: &Entry) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let delay_ms = self.clock.now().wall.since(Wall::from_ms(entry.at_ms));
        let (turn, id) = (self.turns.begin_after(delay_ms), entry.id);
        tokio::spawn(async move {
            println!("turn {id}"); // The agent works here.
            drop(turn);
        });
        Box::pin(ready(()))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let var = |name: &str| std::env::var(name).ok();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let signals = Signals::new(Arc::clone(&clock));
    let recorder = Recorder::open(RecorderConfig::new("recordings", "me"), clock.now().wall)?;
    let turns = Work::recorded(WorkKind::Turn, Arc::clone(&clock), recorder.clone());
    let me = Arc::new(Me { clock, turns });
    let url = var("RELAY_URL").ok_or("set RELAY_URL")?.parse()?;
    let config = ClientConfig::new(url, "me").with_handled_ids(PathBuf::from("handled-ids.json"));
    let token = Arc::new(FixedToken(var("RELAY_TOKEN").ok_or("set RELAY_TOKEN")?));
    let relay = Client::start(config, token, me.clone(), signals.clone())?;
    // WAKE_URL leads here, through the platform, which starts the machine for it.
    let poked = signals.clone();
    let wake = Router::new().route("/wake", get(async move || poked.poked()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8081").await?;
    tokio::spawn(axum::serve(listener, wake).into_future());

    let opted_in = scale_to_zero_enabled(var(config::DEFAULT_ENV_VAR).as_deref());
    let config = WatchConfig::default().with_opted_in(opted_in).with_wake_url(var("WAKE_URL"));
    let watch = Watch::new(config, me, Arc::new(relay.clone()), Arc::new(Fly::from_env()), signals.clone())
        .observed(move || vec![Box::new(Metrics), recorder.observer()]);
    let watching = tokio::spawn(watch.run());
    tokio::signal::ctrl_c().await?;
    signals.shutdown();
    watching.await?;
    relay.stop();
    Ok(())
}
