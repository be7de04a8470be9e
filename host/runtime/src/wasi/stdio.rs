//! Standard output and error as lines of a log.

use crate::bindings::types::LogLevel;
use crate::run::{LOG_LINE_BYTES_MAX, SharedRun};
use hyper::body::Bytes;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// Taken by one `write`.
const WRITE_BYTES_MAX: usize = 1 << 20;

type Sink = dyn Fn(&str) + Send + Sync;

/// Cuts what is written into lines. Clones write to the same line.
#[derive(Clone)]
pub(crate) struct LineLog {
    line: Arc<Mutex<Vec<u8>>>,
    sink: Arc<Sink>,
}

pub(super) fn to_run(run: &SharedRun, level: LogLevel) -> LineLog {
    let run = run.clone();
    LineLog::new(move |line| run.lock().log(level, line))
}

impl LineLog {
    pub(crate) fn new(sink: impl Fn(&str) + Send + Sync + 'static) -> LineLog {
        LineLog { line: Arc::default(), sink: Arc::new(sink) }
    }

    fn take(&self, bytes: &[u8]) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            if *byte == b'\n' {
                (self.sink)(String::from_utf8_lossy(&line).trim_end_matches('\r'));
                line.clear();
            } else if line.len() <= LOG_LINE_BYTES_MAX {
                line.push(*byte);
            }
        }
    }
}

/// What has no line end is a line too, once nobody can write to it any more.
impl Drop for LineLog {
    fn drop(&mut self) {
        if Arc::strong_count(&self.line) > 1 {
            return;
        }
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if !line.is_empty() {
            (self.sink)(&String::from_utf8_lossy(&line));
        }
    }
}

impl IsTerminal for LineLog {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LineLog {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for LineLog {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES_MAX)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for LineLog {
    async fn ready(&mut self) {}
}

impl AsyncWrite for LineLog {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
