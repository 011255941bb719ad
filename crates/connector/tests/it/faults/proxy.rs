//! A TCP proxy as the network between a gateway and its connector. While it is blocked, it carries nothing and closes nothing in
//! either direction, so that to both ends it looks as if every packet were dropped. Its address stays the same when the connector
//! is restarted.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A TCP proxy. It ends when it is dropped.
pub(super) struct Proxy {
    addr: SocketAddr,
    to: Arc<Mutex<SocketAddr>>,
    open: Arc<watch::Sender<bool>>,
    server: JoinHandle<()>,
}

impl Proxy {
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

    /// The address that the gateway dials.
    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Sets the address to which new connections are forwarded.
    pub(super) fn forward_to(&self, to: SocketAddr) {
        *self.to.lock().unwrap() = to;
    }

    pub(super) fn block(&self) {
        self.open.send_replace(false);
    }

    /// Unblocks it. Data that was held back arrives now, as after a retransmission.
    pub(super) fn unblock(&self) {
        self.open.send_replace(true);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Carries one connection, until either end closes it and the other end knows.
async fn carry(near: TcpStream, to: Arc<Mutex<SocketAddr>>, mut open: watch::Receiver<bool>) {
    if open.wait_for(|open| *open).await.is_err() {
        return;
    }
    let to = *to.lock().unwrap();
    // If nothing listens there, the connection of the gateway ends, as by a reset.
    let Ok(far) = TcpStream::connect(to).await else { return };
    // Frames are small and must not be held back to be sent together.
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    // The end of one direction is the end of both, since neither side half-closes.
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
