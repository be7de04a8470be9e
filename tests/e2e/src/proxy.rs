//! A way to a host that can break.

use anyhow::Result;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// Passes on what a client says to a host, and what the host answers.
pub struct Proxy {
    address: String,
    connections: Connections,
}

type Connections = Arc<Mutex<Vec<Connection>>>;

struct Connection {
    client: TcpStream,
    server: TcpStream,
    asked_bytes: usize,
    answered_bytes: usize,
}

impl Proxy {
    pub fn start(to: &str) -> Result<Proxy> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let connections = Connections::default();
        let (to, all) = (to.to_owned(), Arc::clone(&connections));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A host that is not there refuses; so does this then, by hanging up.
                let _ = connect(client, &to, &all);
            }
        });
        Ok(Proxy { address, connections })
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// How many bytes clients have sent so far.
    pub fn asked(&self) -> usize {
        lock(&self.connections).iter().map(|it| it.asked_bytes).sum()
    }

    /// How many bytes came back on each connection so far.
    pub fn answered(&self) -> Vec<usize> {
        lock(&self.connections).iter().map(|it| it.answered_bytes).collect()
    }

    /// Breaks every connection; who comes anew gets a new one.
    pub fn cut(&self) {
        for it in lock(&self.connections).iter() {
            let _ = it.client.shutdown(Shutdown::Both);
            let _ = it.server.shutdown(Shutdown::Both);
        }
    }
}

fn lock(all: &Connections) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(client: TcpStream, to: &str, all: &Connections) -> Result<()> {
    let server = TcpStream::connect(to)?;
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    let (from_server, to_client) = (server.try_clone()?, client.try_clone()?);
    let nth = {
        let mut all = lock(all);
        all.push(Connection { client, server, asked_bytes: 0, answered_bytes: 0 });
        all.len() - 1
    };
    let counted = |count: fn(&mut Connection, usize)| {
        let all = Arc::clone(all);
        move |n| {
            if let Some(it) = lock(&all).get_mut(nth) {
                count(it, n);
            }
        }
    };
    let (asked, answered) =
        (counted(|it, n| it.asked_bytes += n), counted(|it, n| it.answered_bytes += n));
    std::thread::spawn(move || pass_on(from_client, to_server, asked));
    std::thread::spawn(move || pass_on(from_server, to_client, answered));
    Ok(())
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, count: impl Fn(usize)) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        if buffer.get(..n).is_none_or(|bytes| to.write_all(bytes).is_err()) {
            break;
        }
        count(n);
    }
    let _ = to.shutdown(Shutdown::Both);
}
