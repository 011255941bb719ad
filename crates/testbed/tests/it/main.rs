//! The testbed as its users run it: it agrees with the simulator, and cleans up after itself.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use assert_cmd::cargo::cargo_bin_cmd;
use rustix::process::{Pid, Signal, kill_process};

/// Exit code, standard output and standard error of a run with these arguments, in the package's folder.
fn run(args: &[&str], stdin: &'static str) -> (Option<i32>, String, String) {
    let mut testbed = cargo_bin_cmd!("testbed");
    let output = testbed.args(args).current_dir(env!("CARGO_MANIFEST_DIR")).write_stdin(stdin).output();
    let output = output.expect("the testbed runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn row<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {text}"));
    line[name.len()..].split_whitespace().collect()
}

#[test]
fn simulated_equals_real_over_a_freeze_a_poke_and_a_request() {
    // Slower than the default, since the other tests keep the machine busy and a real millisecond counts `speed`
    // times in trace time.
    let (code, text, err) = run(&["tests/data/live.csv", "--speed", "40"], "");
    assert_eq!((code, err.as_str()), (Some(0), ""), "{text}");
    assert!(text.ends_with("simulated and real agree\n"), "{text}");
    assert_eq!(row(&text, "wakes"), ["2", "2", "0"], "{text}");
    assert_eq!(row(&text, "messages acked"), ["3", "3", "0"], "{text}");
    assert_eq!(row(&text, "lost"), ["0", "0", "0"], "{text}");
    assert_eq!(row(&text, "duplicate"), ["0", "0", "0"], "{text}");
    assert_eq!(row(&text, "frozen work"), ["0", "0", "0"], "{text}");
    // The whole cycle, in order and nothing else: every event has its match on the other side.
    let whats: Vec<(&str, usize)> = text
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| (line[9..20].trim(), line.split_whitespace().count()))
        .collect();
    let sleep = ["flipped", "closed", "suspending", "frozen"];
    let cycle = [&sleep[..], &["poked", "resumes", "runs", "connected"], &sleep, &["resumes"]].concat();
    let found: Vec<&str> = whats.iter().map(|(what, _)| *what).take(cycle.len()).collect();
    assert_eq!(found, cycle, "{text}");
    assert!(whats.iter().take(cycle.len()).all(|&(_, columns)| columns == 5), "{text}");
}

/// The testbed's pokes take as long as loopback takes. A simulator with pokes of 40 s predicts a longer sleep.
#[test]
fn a_wrong_prediction_is_exit_code_1() {
    let trace = "instance,at_ms,kind,work_ms\nlive,5000,inbound,20000\nlive,300000,inbound,60000\n";
    let (code, out, err) = run(&["-", "--speed", "120", "--set", "poke_ms=40000"], trace);
    assert_eq!((code, err.as_str()), (Some(1), ""), "{out}");
    assert!(out.ends_with("simulated and real differ\n"), "{out}");
    assert_eq!(row(&out, "wakes"), ["1", "1", "0"], "{out}");
    let difference: i64 = row(&out, "suspended_ms")[2].parse().expect("a number");
    assert!(difference < -20_000, "{out}");
}

#[test]
fn an_unsupported_world_is_an_error() {
    for (args, words) in [
        (["--watcher", "phase0"], "no timer of its own"),
        (["--set", "dial_ms=[1, 2]"], "dial_ms must be one number"),
        (["--set", "faults.lost_ack=0.5"], "no faults"),
        (["--speed", "1000"], "1 to 240"),
        (["--hours", "0"], "above 0"),
    ] {
        let (code, out, err) = run(&args, "");
        assert_eq!((code, out.as_str(), err.lines().count()), (Some(2), "", 1), "{args:?}: {err}");
        assert!(err.starts_with("testbed: ") && err.contains(words), "{args:?}: {err}");
    }
}

/// The gateway's process id, once it is frozen.
fn frozen_gateway(testbed: &Child) -> Pid {
    let children = format!("/proc/{0}/task/{0}/children", testbed.id());
    for _ in 0..3000 {
        let pid = std::fs::read_to_string(&children).unwrap_or_default().trim().parse::<i32>().ok();
        if let Some(pid) = pid
            && (state(pid) == Some('T') || in_a_frozen_cgroup(pid))
        {
            return Pid::from_raw(pid).expect("a process id");
        }
        pause();
    }
    panic!("the gateway was never frozen");
}

/// Is it frozen by the cgroup v2 freezer?
fn in_a_frozen_cgroup(pid: i32) -> bool {
    let read = |path: String| std::fs::read_to_string(path).unwrap_or_default();
    let (mounts, cgroups) = (read("/proc/self/mounts".to_owned()), read(format!("/proc/{pid}/cgroup")));
    let mount = mounts.lines().find(|line| line.split(' ').nth(2) == Some("cgroup2"));
    let Some(mount) = mount.and_then(|line| line.split(' ').nth(1)) else { return false };
    let Some(cgroup) = cgroups.lines().find_map(|line| line.strip_prefix("0::")) else { return false };
    read(format!("{mount}{cgroup}/cgroup.events")).lines().any(|line| line == "frozen 1")
}

/// The folder of a testbed, found by the lock that it holds on it.
fn folder(testbed: &Child) -> PathBuf {
    let open = std::fs::read_dir(format!("/proc/{}/fd", testbed.id())).expect("a testbed");
    let paths = open.flatten().filter_map(|fd| std::fs::read_link(fd.path()).ok());
    let is_it = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("dormouse-live-"))
    };
    paths.into_iter().find(is_it).expect("a folder")
}

/// The state of a process, if there is one.
fn state(pid: i32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

/// Waits 10 ms.
fn pause() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async { tokio::time::sleep(std::time::Duration::from_millis(10)).await });
}

/// A testbed that is killed at the end of its test, even after a panic.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // An error means that it has already exited.
        let _ = self.0.kill();
    }
}

/// Sends `signal` to a testbed whose gateway is frozen; returns its exit code, and whether its folder still exists.
fn ended_by(signal: Signal) -> (Option<i32>, bool) {
    let testbed = Command::new(env!("CARGO_BIN_EXE_testbed"))
        .args(["tests/data/live.csv", "--timeout", "0.5", "--set", "tick_ms=5000", "--speed", "120"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the testbed starts");
    let mut testbed = Ended(testbed);
    let gateway = frozen_gateway(&testbed.0);
    let folder = folder(&testbed.0);
    kill_process(Pid::from_child(&testbed.0), signal).expect("a signal");
    let code = testbed.0.wait().expect("it ends").code();
    // The process that inherits a dead process may take a moment to reap it.
    let gone = (0..500).any(|_| {
        let gone = matches!(state(gateway.as_raw_nonzero().get()), None | Some('Z'));
        if !gone {
            pause();
        }
        gone
    });
    assert!(gone, "the gateway is still there");
    (code, folder.exists())
}

#[test]
fn a_frozen_gateway_ends_with_its_testbed_on_ctrl_c() {
    assert_eq!(ended_by(Signal::INT), (Some(130), false));
}

#[test]
fn a_frozen_gateway_ends_with_a_testbed_that_is_killed() {
    // Its folder is removed by the next testbed, which may be one that runs at the same time.
    assert_eq!(ended_by(Signal::KILL).0, None);
}
