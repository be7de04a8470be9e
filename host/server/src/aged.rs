//! Connections that end for good at a great age.
//!
//! tonic asks a client to connect anew at `max_connection_age`, but not if it is given a grace too:
//! then it lets the client go on, and cuts it off at the end of the grace, in the middle of its calls.
//! So it is given the age alone, and the end of the grace is here.
//!
//! Answers that come piece by piece for as long as the work takes can't be asked for again without doing it again.
//! They hold their connection.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};
use tonic::transport::server::Connected;

/// An old connection that is held is looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// A connection that breaks once its time is over and nobody holds it.
pub(crate) struct Aged {
    stream: TcpStream,
    end: Pin<Box<Sleep>>,
    holds: Holds,
}

/// How many hold a connection. Each of its requests has this in its extensions.
#[derive(Clone, Default)]
pub(crate) struct Holds(Arc<AtomicUsize>);

/// The connection lasts until this is dropped.
pub(crate) struct Held(Holds);

impl Holds {
    pub(crate) fn hold(&self) -> Held {
        self.0.fetch_add(1, Ordering::Relaxed);
        Held(self.clone())
    }

    fn is_held(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Aged {
    pub(crate) fn new(stream: TcpStream, age_max: Duration) -> Aged {
        Aged { stream, end: Box::pin(sleep(age_max)), holds: Holds::default() }
    }
}

impl AsyncRead for Aged {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let it = self.get_mut();
        // A server reads whatever else it does, so this is where it learns of the end.
        while it.end.as_mut().poll(cx).is_ready() {
            if !it.holds.is_held() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            it.end.as_mut().reset(Instant::now() + LOOK_AGAIN);
        }
        Pin::new(&mut it.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Aged {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

impl Connected for Aged {
    type ConnectInfo = Holds;

    fn connect_info(&self) -> Holds {
        self.holds.clone()
    }
}
