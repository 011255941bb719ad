//! Levers against platforms that answer, refuse, babble, hang, or are not there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dormouse_core::Lever;
use dormouse_watcher::SuspendLever;
use dormouse_watcher::lever::tree::FreezeMethod;
use dormouse_watcher::lever::{Brokered, Fly, LocalLever, Tree, wake};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};

use crate::common::pass;

/// A machine API that answers every request with `answer`, and keeps what it was asked. With `None` it never answers.
fn machine_api(dir: &Path, answer: Option<Vec<u8>>) -> (PathBuf, Arc<Mutex<String>>) {
    let socket = dir.join("api");
    let listener = UnixListener::bind(&socket).unwrap();
    let asked: Arc<Mutex<String>> = Arc::default();
    let heard = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 2048];
            let n = stream.read(&mut request).await.unwrap();
            heard.lock().unwrap().push_str(&String::from_utf8_lossy(&request[..n]));
            match &answer {
                Some(answer) => drop(stream.write_all(answer).await),
                None => std::future::pending().await,
            }
        }
    });
    (socket, asked)
}

fn http(status: &str) -> Option<Vec<u8>> {
    Some(format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok").into_bytes())
}

#[tokio::test]
async fn fly_posts_to_its_own_machine_and_takes_2xx_for_yes() {
    for status in ["200 OK", "202 Accepted", "204 No Content"] {
        let dir = TempDir::new().unwrap();
        let (socket, asked) = machine_api(dir.path(), http(status));
        let lever = Fly::new(socket, Some("my-app"), Some("e784079b449483"));
        assert_eq!(lever.lever(), Some(Lever::Direct));
        assert_eq!(lever.suspend().await, Ok(()));
        let asked = asked.lock().unwrap().clone();
        assert!(
            asked.starts_with("POST /v1/apps/my-app/machines/e784079b449483/suspend HTTP/1.1\r\n"),
            "{asked}"
        );
    }
}

#[tokio::test]
async fn everything_else_is_a_refusal_that_quotes_nothing() {
    let endless = format!("HTTP/1.1 500 No\r\ncontent-length: 1000000000\r\n\r\nsecret {}", "x".repeat(1000));
    for (answer, says) in [
        (http("302 Found"), "the machine API answered 302 Found"),
        (http("404 Not Found"), "the machine API answered 404 Not Found"),
        (http("500 Internal Server Error"), "the machine API answered 500 Internal Server Error"),
        (Some(endless.into_bytes()), "the machine API answered 500 Internal Server Error"),
        (Some(b"secret garbage\r\n\r\n".to_vec()), "the machine API did not answer as HTTP"),
        (Some(Vec::new()), "the machine API did not answer as HTTP"),
    ] {
        let dir = TempDir::new().unwrap();
        let (socket, _) = machine_api(dir.path(), answer);
        let refused = Fly::new(socket, Some("app"), Some("m")).suspend().await.unwrap_err();
        assert_eq!(refused.to_string(), says);
    }
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_does_not_answer_is_given_up_after_ten_seconds() {
    let dir = TempDir::new().unwrap();
    let (socket, _) = machine_api(dir.path(), None);
    let lever = Fly::new(socket, Some("app"), Some("m"));
    let start = tokio::time::Instant::now();
    let refused = lever.suspend().await.unwrap_err();
    assert_eq!(refused.to_string(), "the machine API did not answer in time");
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn without_a_socket_or_an_identity_there_is_no_lever() {
    let dir = TempDir::new().unwrap();
    let (socket, _) = machine_api(dir.path(), http("200 OK"));
    let none = dir.path().join("none");
    for lever in [
        Fly::new(none, Some("app"), Some("m")),
        Fly::new(socket.clone(), None, Some("m")),
        Fly::new(socket.clone(), Some("app"), Some(" ")),
        Fly::new(socket.clone(), Some("app"), Some("../other")),
    ] {
        assert_eq!(lever.lever(), None);
        assert_eq!(lever.suspend().await.unwrap_err().to_string(), "this is not a Fly machine");
    }
    // The socket went away after the start.
    let lever = Fly::new(socket.clone(), Some("app"), Some("m"));
    fs::remove_file(socket).unwrap();
    assert_eq!(lever.suspend().await.unwrap_err().to_string(), "the machine API cannot be reached");
}

#[test]
fn a_sleep_url_is_absolute_https_and_never_shown() {
    for bad in [
        "",
        "sleep?sig=hunter2",
        "/sleep?sig=hunter2",
        "http://broker.example/?sig=hunter2",
        "https://",
        "ftp://x/y",
    ] {
        let error = Brokered::new(bad, None).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
        assert_eq!(Brokered::or_no_lever(Some(bad), None).lever(), None);
    }
    assert_eq!(Brokered::or_no_lever(None, None).lever(), None);
    let lever = Brokered::new(" https://broker.example/sleep?sig=hunter2 ", None).unwrap();
    assert_eq!(lever.lever(), Some(Lever::Brokered));
    assert!(!format!("{lever:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_broker_that_cannot_be_reached_refuses_without_its_url() {
    // Bound and closed again: nothing listens there.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let lever = Brokered::new(&format!("https://127.0.0.1:{port}/sleep?sig=hunter2"), None).unwrap();
    assert_eq!(lever.suspend().await.unwrap_err().to_string(), "the broker cannot be reached");
}

#[tokio::test]
async fn the_wake_marker_of_the_last_resume_is_gone_before_the_next_call() {
    let dir = TempDir::new().unwrap();
    let marker = dir.path().join("woke");
    let lever = Brokered::new("https://127.0.0.1:1/", Some(marker.clone())).unwrap();
    assert!(!lever.wake_marker());
    fs::write(&marker, "").unwrap();
    assert!(lever.wake_marker());
    lever.suspend().await.unwrap_err();
    assert!(!lever.wake_marker());
}

/// A shell with a child of its own that counts into a file.
struct Counting {
    child: Child,
    dir: TempDir,
}

impl Counting {
    fn begin() -> Self {
        let dir = TempDir::new().unwrap();
        let count = "(while :; do echo x >> count; sleep 0.01; done) & wait";
        let child = Command::new("sh")
            .arg("-c")
            .arg(count)
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, dir }
    }

    fn count(&self) -> u64 {
        fs::metadata(self.dir.path().join("count")).map_or(0, |meta| meta.len())
    }

    /// Waits until it counts on.
    async fn counts(&self) {
        let before = self.count();
        for _ in 0..6000 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            if self.count() > before {
                return;
            }
        }
        panic!("it does not count");
    }

    /// It comes to a standstill. Only time shows that nothing happens: here eight times as long as it takes to count on. What a
    /// signal interrupts may finish the line that it is at, which takes its time on a busy machine.
    async fn stands_still(&self) {
        for _ in 0..100 {
            let stood = self.count();
            tokio::time::sleep(Duration::from_millis(100)).await;
            if self.count() == stood {
                return;
            }
        }
        panic!("it counts on");
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        // The shell's child ends when its folder is gone, at the latest; it is ended first where it can be found.
        let children = format!("/proc/{0}/task/{0}/children", self.child.id());
        for pid in fs::read_to_string(children).unwrap_or_default().split_ascii_whitespace() {
            let _ = Command::new("kill").args(["-9", pid]).status();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_tree_stands_still_while_it_is_frozen_and_goes_on_after() {
    for signals in [false, true] {
        let counting = Counting::begin();
        counting.counts().await;
        let pid = counting.child.id();
        let mut tree = if signals { Tree::with_signals(pid) } else { Tree::new(pid) }.unwrap();
        if signals {
            assert_eq!(tree.method(), FreezeMethod::Signals);
        }
        tree.freeze().unwrap();
        assert!(tree.is_frozen());
        counting.stands_still().await;
        tree.thaw().unwrap();
        counting.counts().await;
        // A tree that is dropped while frozen is thawed.
        tree.freeze().unwrap();
        drop(tree);
        counting.counts().await;
    }
}

#[test]
fn the_cgroup_of_a_tree_whose_owner_was_killed_goes_with_the_next_tree() {
    let counting = Counting::begin();
    let tree = Tree::new(counting.child.id()).unwrap();
    if tree.method() == FreezeMethod::Signals {
        return; // Without a cgroup nothing is left behind.
    }
    let mine = cgroup_of(counting.child.id()).unwrap();
    // No process has this number: it is above the kernel's limit.
    let left = mine.parent().unwrap().join("dormouse-4194305");
    fs::create_dir(&left).unwrap();
    let other = Counting::begin();
    drop(Tree::new(other.child.id()).unwrap());
    assert!(!left.exists());
    assert!(mine.exists());
}

/// The cgroup v2 in which this process is, if there is one.
fn cgroup_of(pid: u32) -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    let mount = mounts.lines().find(|line| line.split(' ').nth(2) == Some("cgroup2"))?;
    let cgroups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let inside = cgroups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(Path::new(mount.split(' ').nth(1)?).join(inside))
}

/// A cgroup of a test's own, with a process in it; it is removed when this is dropped.
struct Home(PathBuf);

impl Home {
    fn of(pid: u32) -> Option<Self> {
        let home = Self(cgroup_of(pid)?.join(format!("home-of-{pid}")));
        fs::create_dir(&home.0).ok()?;
        fs::write(home.0.join("cgroup.procs"), pid.to_string()).ok()?;
        Some(home)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let out = self.0.parent().unwrap().join("cgroup.procs");
        for pid in fs::read_to_string(self.0.join("cgroup.procs")).unwrap_or_default().lines() {
            let _ = fs::write(&out, pid);
        }
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn a_tree_stays_within_its_cgroup_and_goes_back_to_it() {
    let counting = Counting::begin();
    let pid = counting.child.id();
    let Some(home) = Home::of(pid) else {
        eprintln!("cgroups cannot be made here: nothing is tested");
        return;
    };
    let mut tree = Tree::new(pid).unwrap();
    assert_eq!(tree.method(), FreezeMethod::Cgroup);
    assert_eq!(cgroup_of(pid).unwrap(), home.0.join(format!("dormouse-{pid}")));
    tree.freeze().unwrap();
    drop(tree);
    assert_eq!(cgroup_of(pid).unwrap(), home.0);
}

#[tokio::test]
async fn a_local_lever_accepts_and_freezes_later() {
    let counting = Counting::begin();
    counting.counts().await;
    let tree = Arc::new(Mutex::new(Tree::new(counting.child.id()).unwrap()));
    let lever = LocalLever::new(Arc::clone(&tree), Duration::from_millis(300));
    // The lag passes on a paused clock, which does not go on while the freeze itself is under way.
    tokio::time::pause();
    assert_eq!((lever.lever(), lever.suspend().await), (Some(Lever::Brokered), Ok(())));
    pass(299).await;
    assert!(!tree.lock().unwrap().is_frozen());
    pass(2).await;
    assert!(tree.lock().unwrap().is_frozen());
    tokio::time::resume();
    counting.stands_still().await;
    assert!(!lever.wake_marker());
    lever.resume().unwrap();
    counting.counts().await;
    assert!(lever.wake_marker(), "the fence of a watcher outside of the tree ends by it");
}

#[tokio::test(start_paused = true)]
async fn a_wake_before_the_freeze_is_not_spent() {
    let counting = Counting::begin();
    let tree = Arc::new(Mutex::new(Tree::new(counting.child.id()).unwrap()));
    let lever = LocalLever::new(Arc::clone(&tree), Duration::from_millis(200));
    lever.suspend().await.unwrap();
    lever.wake("https://wake.invalid/m").await;
    assert!(lever.wake_marker());
    pass(400).await;
    assert!(!tree.lock().unwrap().is_frozen());
    // The next suspend is a new one, with its own freeze.
    lever.suspend().await.unwrap();
    assert!(!lever.wake_marker());
    pass(400).await;
    assert!(tree.lock().unwrap().is_frozen());
}

#[test]
fn only_descendants_are_frozen() {
    for pid in [0, 1, std::process::id(), u32::MAX] {
        assert!(
            Tree::new(pid)
                .unwrap_err()
                .to_string()
                .ends_with("only descendants of this process can be frozen")
        );
    }
}

#[tokio::test]
async fn the_machine_calls_its_own_wake_url_until_it_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let wake = tokio::spawn(wake::request(&format!("http://{}/wake", listener.local_addr().unwrap())));
    // Hung up without an answer, twice.
    let called = || tokio::time::timeout(Duration::from_secs(60), listener.accept());
    for _ in 0..2 {
        drop(called().await.expect("a call").unwrap());
        assert!(!wake.is_finished());
    }
    let (mut stream, _) = called().await.expect("another call").unwrap();
    let mut request = [0; 512];
    let n = stream.read(&mut request).await.unwrap();
    assert!(String::from_utf8_lossy(&request[..n]).starts_with("GET /wake HTTP/1.1\r\n"));
    // Any answer is one: the platform has taken it.
    stream.write_all(&http("503 Service Unavailable").unwrap()).await.unwrap();
    wake.await.unwrap();
}
