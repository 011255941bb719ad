//! The network between a gateway and its connector. Blocked, it carries nothing and closes nothing, in either direction: to both
//! ends it is as if every packet were dropped. It is also the one address that stays when the connector is started anew.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A TCP proxy. It ends when it is dropped.
pub(super) struct Road {
    addr: SocketAddr,
    to: Arc<Mutex<SocketAddr>>,
    open: Arc<watch::Sender<bool>>,
    server: JoinHandle<()>,
}

impl Road {
    pub(super) async fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let addr = listener.local_addr().expect("an address");
        let (to, open) = (Arc::new(Mutex::new(to)), Arc::new(watch::Sender::new(true)));
        let (target, gate) = (Arc::clone(&to), Arc::clone(&open));
        let server = tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.expect("a connection");
                tokio::spawn(carry(near, Arc::clone(&target), gate.subscribe()));
            }
        });
        Self { addr, to, open, server }
    }

    /// Where the gateway dials.
    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where new connections lead.
    pub(super) fn lead_to(&self, to: SocketAddr) {
        *self.to.lock().unwrap() = to;
    }

    pub(super) fn block(&self) {
        self.open.send_replace(false);
    }

    /// What was under way arrives now, as after a retransmission.
    pub(super) fn unblock(&self) {
        self.open.send_replace(true);
    }
}

impl Drop for Road {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// One connection, until either end is gone and that has been carried over.
async fn carry(near: TcpStream, to: Arc<Mutex<SocketAddr>>, mut open: watch::Receiver<bool>) {
    if open.wait_for(|open| *open).await.is_err() {
        return;
    }
    let to = *to.lock().unwrap();
    // Nobody listens there: the gateway sees its connection end, as by a reset.
    let Ok(far) = TcpStream::connect(to).await else { return };
    // Frames are small, and nobody waits for a second one.
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    // One direction's end is both directions' end: nobody here half-closes.
    tokio::select! {
        () = one_way(near_in, far_out, open.clone()) => {}
        () = one_way(far_in, near_out, open) => {}
    }
}

async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut open: watch::Receiver<bool>,
) {
    let mut some = vec![0; 16 << 10];
    loop {
        let n = from.read(&mut some).await.unwrap_or(0);
        if open.wait_for(|open| *open).await.is_err() || n == 0 || to.write_all(&some[..n]).await.is_err() {
            return;
        }
    }
}
