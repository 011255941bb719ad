//! A network for a test: a pair of interfaces, with one end here and the other in the gateway's network namespace. While it is
//! blocked, the kernel drops every packet in both directions. It needs a namespace that the test can configure.

use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::Mutex;

use super::gateway::Process;

/// The connector's address on the wire.
pub(super) const NEAR: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);

/// The shell script that runs the gateway. It is in a new network namespace and waits for its end of the wire.
const PLUG: &str = "read go; ip link set lo up; ip addr add 10.77.0.2/24 dev far; ip link set far up; \
                    ip neigh add 10.77.0.1 lladdr 02:00:00:00:00:01 dev far; exec \"$@\"";

/// A queue that has no room for even one packet.
const NO_ROOM: [&str; 4] = ["root", "bfifo", "limit", "1"];

/// The wire, and the process id of the gateway at its far end.
pub(super) struct Wire {
    gateway: Mutex<u32>,
}

impl Wire {
    /// Creates the wire. There can be one in a namespace.
    pub(super) fn lay() -> Self {
        // Neighbour entries are permanent. On a blocked wire, a neighbour that does not answer would be an error.
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

    /// The command line that is put before the gateway's program.
    pub(super) fn wrap() -> Vec<String> {
        ["unshare", "--net", "sh", "-c", PLUG, "sh"].map(str::to_owned).to_vec()
    }

    /// Gives a gateway that has just been started its end of the wire.
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
