//! Namespaces for a test. The test binary runs itself again inside of them, for this one test.

use std::io::Write as _;
use std::process::Command;

/// This variable holds the name of a test if the process is already inside its namespaces.
const VARIABLE: &str = "DORMOUSE_FAULT_INSIDE";

/// The kind of namespace that a test needs.
#[derive(Clone, Copy)]
pub(super) enum Namespace {
    /// A network that the test can configure.
    Network,
    /// Mounts.
    Mounts,
}

impl Namespace {
    fn flag(self) -> &'static str {
        match self {
            Self::Network => "--net",
            Self::Mounts => "--mount",
        }
    }

    /// A small command like what the test does. It fails if that is not permitted.
    fn probe(self) -> &'static str {
        match self {
            Self::Network => {
                "ip link add near type veth peer name far && tc qdisc add dev near root bfifo limit 1"
            }
            Self::Mounts => "mount -t tmpfs -o size=64k tmpfs /mnt",
        }
    }
}

/// Where the caller runs.
pub(super) enum Where {
    /// Inside the namespace: run the test.
    Inside,
    /// Outside, and the test has passed inside: there is nothing left to do.
    Passed,
    /// Outside, and namespaces are not permitted, which was printed on standard error: test without them.
    NotPermitted,
}

/// Runs the test `name`, which is the caller, in a new namespace.
///
/// # Panics
/// If the test fails inside.
pub(super) fn enter(name: &str, namespace: Namespace) -> Where {
    if std::env::var(VARIABLE).as_deref() == Ok(name) {
        return Where::Inside;
    }
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", namespace.flag(), "sh", "-c", script]);
        command
    };
    let refused = match unshare(namespace.probe()).output() {
        Ok(probe) if probe.status.success() => None,
        Ok(probe) => Some(String::from_utf8_lossy(&probe.stderr).trim().to_owned()),
        Err(error) => Some(format!("unshare: {error}")),
    };
    if let Some(why) = refused {
        // Bypass the test harness, which hides what a passing test prints.
        let _ = writeln!(
            std::io::stderr(),
            "{name}: namespaces are not permitted here ({why}); tested without them"
        );
        return Where::NotPermitted;
    }
    let script = match namespace {
        Namespace::Network => "ip link set lo up && exec \"$@\"",
        Namespace::Mounts => "exec \"$@\"",
    };
    let output = unshare(script)
        .arg("sh")
        .arg(std::env::current_exe().expect("this program"))
        .args(["--exact", name, "--nocapture"])
        .env(VARIABLE, name)
        .output()
        .expect("runs");
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "inside of its namespace: {said}");
    Where::Passed
}
