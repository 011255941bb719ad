//! The command as its users run it: exact output, exit codes, files.

mod compare;
mod errors;
mod fleet;
mod fuzz;
mod goldens;
mod outputs;
mod platforms;
mod published;
mod scenario;
mod sweep;
mod trace;
mod tune;

use std::path::{Path, PathBuf};

use assert_cmd::Command;

/// `sims` with these arguments, run in the package's folder.
fn sims(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("sims").expect("the binary of this package");
    command.args(args).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// The standard output of a successful run; standard error must be empty.
fn prints(args: &[&str]) -> String {
    let output = sims(args).output().expect("sims runs");
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success() && err.is_empty(), "sims {}: {:?}\n{err}", args.join(" "), output.status);
    out
}

/// The error message of a run that must end with 2, with one line on standard error and no output.
fn complains(args: &[&str]) -> String {
    let output = sims(args).output().expect("sims runs");
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(2), "sims {}\n{out}{err}", args.join(" "));
    assert_eq!((out.as_str(), err.lines().count()), ("", 1), "{err}");
    err.trim_end().to_owned()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("sims prints UTF-8")
}

/// The root of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_owned()
}
