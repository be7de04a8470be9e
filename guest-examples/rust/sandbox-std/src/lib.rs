//! What a program sees of the world through Rust's standard library, built for WASI. It tells it once as it
//! happens, line by line, and once as its result: after a wait, when its memory may have been lost and made again.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::Read;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant, SystemTime};
use std::{env, io, thread};

use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(sandbox);

/// Says each line, and keeps it.
#[derive(Default)]
struct Told(Vec<String>);

impl Told {
    fn tell(&mut self, what: &str, value: impl Debug) {
        let line = format!("{what}: {value:?}");
        println!("{line}");
        self.0.push(line);
    }

    /// What became of it, or what kind of error.
    fn attempt<T: Debug>(&mut self, what: &str, outcome: io::Result<T>) {
        self.tell(what, outcome.map_err(|error| error.kind()));
    }

    fn tell_the_time(&mut self, began: Instant) {
        self.tell("system clock", SystemTime::now());
        self.tell("monotonic clock", Instant::now());
        self.tell("elapsed time", began.elapsed());
        self.tell("time of the run", refrain_sdk::now());
    }
}

/// What it saw.
#[workflow]
async fn sandbox() -> Result<Vec<String>> {
    let mut told = Told::default();
    let began = Instant::now();
    told.tell_the_time(began);

    let words = ["do", "re", "mi", "fa", "sol", "la", "ti"];
    told.tell("hash map, its seed random", words.into_iter().zip(1..).collect::<HashMap<_, _>>());
    told.tell("hash set, its seed random", words.into_iter().collect::<HashSet<_>>());
    told.tell("random number of the run", refrain_sdk::random());
    told.tell("uuid", uuid4());

    told.tell("environment", env::vars().collect::<Vec<_>>());
    told.tell("arguments", env::args().collect::<Vec<_>>());
    told.attempt("directory", env::current_dir());
    told.attempt("file to read", File::open("/etc/passwd"));
    told.attempt("file to write", fs::write("told.txt", "told"));
    told.attempt("new directory", fs::create_dir("here"));
    let mut text = String::new();
    told.attempt("stdin", io::stdin().read_to_string(&mut text));
    told.attempt("TCP connection", TcpStream::connect("127.0.0.1:80"));
    told.attempt("TCP listener", TcpListener::bind("127.0.0.1:0"));
    told.attempt("UDP socket", UdpSocket::bind("127.0.0.1:0"));
    told.attempt("thread", thread::Builder::new().spawn(|| ()).map(drop));

    let (zero, infinite) = (black_box(0.0_f64), black_box(f64::INFINITY));
    let nans = [zero / zero, infinite - infinite, (-1.0 - zero).sqrt(), infinite * zero, -(zero / zero)];
    told.tell("NaN", nans.map(|it| format!("{:x}", it.to_bits())));

    sleep(millis(20)).await?;
    told.tell_the_time(began);
    thread::sleep(Duration::from_millis(20));
    told.tell_the_time(began);
    Ok(told.0)
}
