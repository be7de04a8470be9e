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

/// What a client says before its first frame.
const PREFACE: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME_HEADER_BYTES: usize = 9;
/// Kinds of frames that may be the last of their side of a call, and the flag that says so.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const END: u8 = 1;

type Connections = Arc<Mutex<Vec<Connection>>>;

struct Connection {
    client: TcpStream,
    server: TcpStream,
    asked: Frames,
    answered: Frames,
}

/// Counts what one side has said, and the calls that it is done with, by the flags of its HTTP/2 frames.
struct Frames {
    n_bytes: usize,
    /// Of what comes next, until the next frame's header.
    n_skipped: usize,
    header: Vec<u8>,
    n_ended: usize,
}

impl Frames {
    /// `n_before`: bytes before the first frame.
    fn after(n_before: usize) -> Frames {
        Frames { n_bytes: 0, n_skipped: n_before, header: Vec::new(), n_ended: 0 }
    }

    fn read(&mut self, mut bytes: &[u8]) {
        self.n_bytes += bytes.len();
        while !bytes.is_empty() {
            let skipped = self.n_skipped.min(bytes.len());
            self.n_skipped -= skipped;
            let header = (FRAME_HEADER_BYTES - self.header.len()).min(bytes.len() - skipped);
            let (begin, rest) = bytes.split_at(skipped + header);
            bytes = rest;
            self.header.extend(begin.iter().skip(skipped));
            if let [long, middle, short, kind, flags, _, _, _, _] = *self.header {
                let [long, middle, short] = [long, middle, short].map(usize::from);
                self.n_skipped = long << 16 | middle << 8 | short;
                self.n_ended += usize::from((kind == DATA || kind == HEADERS) && flags & END != 0);
                self.header.clear();
            }
        }
    }
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
        lock(&self.connections).iter().map(|it| it.asked.n_bytes).sum()
    }

    /// How many connections there have been so far.
    pub fn n_connections(&self) -> usize {
        lock(&self.connections).len()
    }

    /// Is there a call that is asked and not answered?
    pub fn waits(&self) -> bool {
        lock(&self.connections).iter().any(|it| it.asked.n_ended > it.answered.n_ended)
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
        all.push(Connection {
            client,
            server,
            asked: Frames::after(PREFACE.len()),
            answered: Frames::after(0),
        });
        all.len() - 1
    };
    let counted = |side: fn(&mut Connection) -> &mut Frames| {
        let all = Arc::clone(all);
        move |bytes: &[u8]| {
            if let Some(it) = lock(&all).get_mut(nth) {
                side(it).read(bytes);
            }
        }
    };
    let (asked, answered) = (counted(|it| &mut it.asked), counted(|it| &mut it.answered));
    std::thread::spawn(move || pass_on(from_client, to_server, asked));
    std::thread::spawn(move || pass_on(from_server, to_client, answered));
    Ok(())
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, count: impl Fn(&[u8])) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        let Some(bytes) = buffer.get(..n) else { break };
        if to.write_all(bytes).is_err() {
            break;
        }
        count(bytes);
    }
    let _ = to.shutdown(Shutdown::Both);
}
