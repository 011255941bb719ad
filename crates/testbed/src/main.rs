//! `testbed`: the same trace through real sockets, a real process and the production watcher, with time compressed, next to
//! what the simulator says.
//!
//! | module | what is in it |
//! |---|---|
//! | [`run`] | one run, from its arguments to the verdict |
//! | [`watched`] | the watcher and the world, as both processes are told them |
//! | [`clock`] | trace time in real time |
//! | [`gateway`] | the child process: production watcher, relay client, work |
//! | [`folder`] | where its files are |
//! | [`process`] | the gateway's process, from outside |
//! | [`platform`] | the lever's API, the freeze and the thaw, the front |
//! | [`replay`] | the trace through sockets |
//! | [`measure`] | what both sides are compared by |
//! | [`predict`] | the simulator's side |
//! | [`table`] | both sides next to each other, and the verdict |
//!
//! A package of its own, so that `sims` builds without an HTTP stack, TLS and a database. Exit codes are those of `sims`:
//! 0 done, 1 simulated and real differ, 2 usage or input, 130 ended by a signal.

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

/// Replays one instance through real sockets, a real process and the production watcher, with time compressed, and compares
/// with the simulator.
#[derive(Parser)]
#[command(name = "testbed", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    part: Option<Part>,
    #[command(flatten)]
    run: run::RunArgs,
}

/// A part of the testbed that is a process of its own.
#[derive(Subcommand)]
enum Part {
    /// The gateway; the testbed starts it.
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

/// TLS has one provider; plain HTTP does not use it, but its client asks for one.
fn use_ring() {
    // An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Prints a line to standard error. That it cannot be written is no error.
fn warn(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints to standard output. A reader that has gone away is no error: the exit code says the verdict.
///
/// # Errors
/// When standard output cannot be written for another reason.
fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
