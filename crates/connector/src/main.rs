//! The connector binary.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use dormouse_connector::{Config, Connector};
use tokio::signal::unix::{SignalKind, signal};

/// Buffers messages for gateways durably, pokes the gateways, and delivers in order.
#[derive(Parser)]
#[command(name = "dormouse-connector", version)]
struct Cli {
    /// The configuration file, in TOML.
    #[arg(long, value_name = "FILE.toml")]
    config: PathBuf,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let path = cli.config.display();
    let config = match std::fs::read_to_string(&cli.config) {
        Ok(text) => Config::from_toml(&text).map_err(|e| format!("{path}: {e}")),
        Err(e) => Err(format!("{path}: cannot read the configuration: {e}")),
    };
    match config.and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(config: Config) -> Result<(), String> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).map_err(|e| e.to_string())?;
        let connector = Connector::start(config, None).await.map_err(|e| e.to_string())?;
        // With port 0, the caller reads the actual address from this line.
        println!("listening on {}", connector.local_addr());
        tokio::select! {
            biased;
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        connector.stop().await;
        Ok(())
    })
}
