//! `testbed`: replays a trace through real sockets, a real process and the production watcher, in compressed
//! time, and compares the result with the simulator's.
//!
//! | module | contents |
//! |---|---|
//! | [`run`] | one run, from its arguments to the verdict |
//! | [`watched`] | the watcher and the world, as passed to both processes |
//! | [`clock`] | conversion between trace time and real time |
//! | [`gateway`] | the child process: production watcher, relay client, work |
//! | [`folder`] | the folder of its files |
//! | [`process`] | the gateway's process, from the testbed's side |
//! | [`platform`] | the lever's API, the freeze and the thaw, the proxy |
//! | [`replay`] | sends the trace through sockets |
//! | [`measure`] | the measurements that both sides are compared by |
//! | [`predict`] | the simulator's side |
//! | [`table`] | both sides next to each other, and the verdict |
//!
//! A separate package, so that `sims` builds without an HTTP stack, TLS and a database. Exit codes are those of
//! `sims`: 0 success, 1 simulated and real differ, 2 wrong usage or input, 130 ended by a signal.

mod clock;
mod folder;
mod gateway;
mod measure;
mod platform;
mod predict;
mod process;
mod replay;
mod run;
mod table;
mod watched;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The name of the gateway's instance at the connector.
const INSTANCE: &str = "live";

/// Replay one instance through real sockets, a real process and the production watcher, in compressed time, and
/// compare with the simulator.
#[derive(Parser)]
#[command(name = "testbed", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    part: Option<Part>,
    #[command(flatten)]
    run: run::RunArgs,
}

/// Internal subcommands for processes that the testbed starts.
#[derive(Subcommand)]
enum Part {
    /// The gateway; started by the testbed.
    #[command(hide = true)]
    Gateway(gateway::GatewayArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let agree = match cli.part {
        Some(Part::Gateway(args)) => gateway::gateway(&args).map(|()| true),
        None => run::run(&cli.run),
    };
    match agree {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            warn(&format!("testbed: {error:#}"));
            ExitCode::from(2)
        }
    }
}

/// Installs the TLS provider. Plain HTTP does not use it, but the HTTP client requires one.
fn use_ring() {
    // An error means that a provider is already installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Prints a line to standard error. A failure to write it is ignored.
fn warn(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints to standard output. A closed pipe is ignored, since the exit code has the verdict.
///
/// # Errors
/// When standard output cannot be written to for another reason.
fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
