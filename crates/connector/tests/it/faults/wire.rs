//! A network of the test's own: a pair of interfaces, one end here, the other in the gateway's network namespace. Blocked, the
//! kernel drops every packet on it, in both directions. Only inside of a namespace that the test may configure.

use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::Mutex;

use super::gateway::Process;

/// The connector's address on the wire.
pub(super) const NEAR: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);

/// What runs the gateway: a new network namespace, which waits for its end of the wire.
const PLUG: &str = "read go; ip link set lo up; ip addr add 10.77.0.2/24 dev far; ip link set far up; \
                    ip neigh add 10.77.0.1 lladdr 02:00:00:00:00:01 dev far; exec \"$@\"";

/// A queue with room for no packet at all.
const NO_ROOM: [&str; 4] = ["root", "bfifo", "limit", "1"];

/// The wire, and the gateway's process at its far end.
pub(super) struct Wire {
    gateway: Mutex<u32>,
}

impl Wire {
    /// Lays it; one in a namespace.
    pub(super) fn lay() -> Self {
        // Both ends know each other for good: on a blocked wire, a neighbour that cannot be asked any more would be an error.
        for line in [
            "link add near address 02:00:00:00:00:01 type veth peer name far address 02:00:00:00:00:02",
            "addr add 10.77.0.1/24 dev near",
            "link set near up",
            "neigh add 10.77.0.2 lladdr 02:00:00:00:00:02 dev near",
        ] {
            run("ip", &line.split(' ').collect::<Vec<_>>());
        }
        Self { gateway: Mutex::new(0) }
    }

    /// What goes before the gateway's program.
    pub(super) fn wrap() -> Vec<String> {
        ["unshare", "--net", "sh", "-c", PLUG, "sh"].map(str::to_owned).to_vec()
    }

    /// Gives a gateway that was just started its end.
    pub(super) fn plug_in(&self, process: &mut Process) {
        let namespace = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/net")).expect("a namespace");
        let id = process.id().to_string();
        while namespace(&id) == namespace("self") {
            std::thread::yield_now();
        }
        run("ip", &["link", "set", "far", "netns", &id]);
        process.tell("go");
        *self.gateway.lock().unwrap() = process.id();
    }

    pub(super) fn block(&self) {
        self.queues("add", &NO_ROOM);
    }

    pub(super) fn unblock(&self) {
        self.queues("del", &["root"]);
    }

    fn queues(&self, verb: &str, what: &[&str]) {
        let namespace = format!("--net=/proc/{}/ns/net", self.gateway.lock().unwrap());
        run("tc", &[&["qdisc", verb, "dev", "near"], what].concat());
        run("nsenter", &[&[&namespace, "tc", "qdisc", verb, "dev", "far"], what].concat());
    }
}

fn run(program: &str, args: &[&str]) {
    let output = Command::new(program).args(args).output().expect("runs");
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}
