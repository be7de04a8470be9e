//! What a program sees of the world: clocks, chance, files, sockets, and what its own numbers and hash
//! maps are like. It tells it once as it happens, line by line, and once as its result: after a wait, when
//! its memory may have been lost and made again.

mod outside;

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::hint::black_box;

use outside::p2::sockets::network::IpAddressFamily;
use outside::{p2, p3};
use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(sandbox);

/// Says each line, and keeps it.
#[derive(Default)]
struct Told(Vec<String>);

impl Told {
    fn tell(&mut self, what: &str, value: impl Debug) {
        let line = format!("{what}: {value:?}");
        let stdout = p2::cli::stdout::get_stdout();
        let _ = stdout.blocking_write_and_flush(format!("{line}\n").as_bytes());
        self.0.push(line);
    }

    fn tell_the_time(&mut self) {
        let wall = p2::clocks::wall_clock::now();
        self.tell("0.2 wall clock", (wall.seconds, wall.nanoseconds));
        self.tell("0.2 monotonic clock", p2::clocks::monotonic_clock::now());
        let system = p3::clocks::system_clock::now();
        self.tell("0.3 system clock", (system.seconds, system.nanoseconds));
        self.tell("0.3 monotonic clock", p3::clocks::monotonic_clock::now());
    }
}

/// What it saw.
#[workflow]
async fn sandbox() -> Result<Vec<String>> {
    let mut told = Told::default();
    told.tell_the_time();

    told.tell("0.2 random", p2::random::random::get_random_u64());
    told.tell("0.2 random bytes", p2::random::random::get_random_bytes(8));
    told.tell("0.2 insecure seed", p2::random::insecure_seed::insecure_seed());
    told.tell("0.3 random", p3::random::random::get_random_u64());
    told.tell("own random", (refrain_sdk::random(), uuid4()));

    told.tell("0.2 environment", p2::cli::environment::get_environment());
    told.tell("0.2 arguments", p2::cli::environment::get_arguments());
    told.tell("0.2 directory", p2::cli::environment::initial_cwd());
    told.tell("0.3 environment", p3::cli::environment::get_environment());
    told.tell("0.3 arguments", p3::cli::environment::get_arguments());
    told.tell("0.2 preopens", p2::filesystem::preopens::get_directories().len());
    let stdin = p2::cli::stdin::get_stdin().blocking_read(64);
    told.tell("0.2 stdin", stdin.map_err(|error| format!("{error:?}")));
    let socket = p2::sockets::tcp_create_socket::create_tcp_socket(IpAddressFamily::Ipv4);
    told.tell("0.2 socket", socket.err());
    use p3::sockets::types::{IpAddressFamily as Family, TcpSocket};
    told.tell("0.3 socket", TcpSocket::create(Family::Ipv4).err());
    told.tell("file", std::fs::File::open("/etc/passwd").map_err(|error| error.kind()));

    let (zero, infinite) = (black_box(0.0_f64), black_box(f64::INFINITY));
    let nans = [zero / zero, infinite - infinite, (-1.0 - zero).sqrt(), infinite * zero, -(zero / zero)];
    told.tell("NaN", nans.map(|it| format!("{:x}", it.to_bits())));
    let words = ["do", "re", "mi", "fa", "sol", "la", "ti"];
    told.tell("hash map", words.into_iter().zip(1..).collect::<HashMap<_, _>>());
    told.tell("hash set", words.into_iter().collect::<HashSet<_>>());

    p3::clocks::monotonic_clock::wait_for(20_000_000).await;
    told.tell_the_time();
    p2::clocks::monotonic_clock::subscribe_duration(20_000_000).block();
    told.tell_the_time();
    Ok(told.0)
}
