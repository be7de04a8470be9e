//! The parts of WASI that toolchains use, of 0.2 and of 0.3.

wit_bindgen::generate!({
    world: "outside",
    generate_all,
    inline: "
        package refrain:sandbox;

        world outside {
            import wasi:clocks/wall-clock@0.2.3;
            import wasi:clocks/monotonic-clock@0.2.3;
            import wasi:clocks/system-clock@0.3.0;
            import wasi:clocks/monotonic-clock@0.3.0;
            import wasi:random/random@0.2.3;
            import wasi:random/insecure-seed@0.2.3;
            import wasi:random/random@0.3.0;
            import wasi:cli/environment@0.2.3;
            import wasi:cli/environment@0.3.0;
            import wasi:cli/stdin@0.2.3;
            import wasi:cli/stdout@0.2.3;
            import wasi:filesystem/preopens@0.2.3;
            import wasi:sockets/tcp-create-socket@0.2.3;
            import wasi:sockets/types@0.3.0;
        }

        package wasi:clocks@0.2.3 {
            interface wall-clock {
                record datetime { seconds: u64, nanoseconds: u32 }
                now: func() -> datetime;
            }
            interface monotonic-clock {
                use wasi:io/poll@0.2.3.{pollable};
                now: func() -> u64;
                subscribe-duration: func(ns: u64) -> pollable;
            }
        }
        package wasi:clocks@0.3.0 {
            interface system-clock {
                record instant { seconds: s64, nanoseconds: u32 }
                now: func() -> instant;
            }
            interface monotonic-clock {
                now: func() -> u64;
                wait-for: async func(ns: u64);
            }
        }
        package wasi:io@0.2.3 {
            interface error { resource error; }
            interface poll {
                resource pollable { block: func(); }
            }
            interface streams {
                use error.{error};
                variant stream-error { last-operation-failed(error), closed }
                resource input-stream {
                    blocking-read: func(len: u64) -> result<list<u8>, stream-error>;
                }
                resource output-stream {
                    blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
                }
            }
        }
        package wasi:random@0.2.3 {
            interface random {
                get-random-bytes: func(len: u64) -> list<u8>;
                get-random-u64: func() -> u64;
            }
            interface insecure-seed { insecure-seed: func() -> tuple<u64, u64>; }
        }
        package wasi:random@0.3.0 {
            interface random { get-random-u64: func() -> u64; }
        }
        package wasi:cli@0.2.3 {
            interface environment {
                get-environment: func() -> list<tuple<string, string>>;
                get-arguments: func() -> list<string>;
                initial-cwd: func() -> option<string>;
            }
            interface stdin {
                use wasi:io/streams@0.2.3.{input-stream};
                get-stdin: func() -> input-stream;
            }
            interface stdout {
                use wasi:io/streams@0.2.3.{output-stream};
                get-stdout: func() -> output-stream;
            }
        }
        package wasi:cli@0.3.0 {
            interface environment {
                get-environment: func() -> list<tuple<string, string>>;
                get-arguments: func() -> list<string>;
            }
        }
        package wasi:filesystem@0.2.3 {
            interface types { resource descriptor; }
            interface preopens {
                use types.{descriptor};
                get-directories: func() -> list<tuple<descriptor, string>>;
            }
        }
        package wasi:sockets@0.2.3 {
            interface network {
                enum ip-address-family { ipv4, ipv6 }
                enum error-code {
                    unknown, access-denied, not-supported, invalid-argument, out-of-memory,
                    timeout, concurrency-conflict, not-in-progress, would-block, invalid-state,
                    new-socket-limit, address-not-bindable, address-in-use, remote-unreachable,
                    connection-refused, connection-reset, connection-aborted, datagram-too-large,
                    name-unresolvable, temporary-resolver-failure, permanent-resolver-failure,
                }
            }
            interface tcp { resource tcp-socket; }
            interface tcp-create-socket {
                use network.{ip-address-family, error-code};
                use tcp.{tcp-socket};
                create-tcp-socket: func(family: ip-address-family) -> result<tcp-socket, error-code>;
            }
        }
        package wasi:sockets@0.3.0 {
            interface types {
                enum ip-address-family { ipv4, ipv6 }
                variant error-code {
                    access-denied, not-supported, invalid-argument, out-of-memory, timeout,
                    invalid-state, address-not-bindable, address-in-use, remote-unreachable,
                    connection-refused, connection-broken, connection-reset, connection-aborted,
                    datagram-too-large, other(option<string>),
                }
                resource tcp-socket {
                    create: static func(address-family: ip-address-family)
                        -> result<tcp-socket, error-code>;
                }
            }
        }
    ",
});

pub mod p2 {
    pub use super::wasi::{
        cli0_2_3 as cli, clocks0_2_3 as clocks, filesystem, random0_2_3 as random,
        sockets0_2_3 as sockets,
    };
}

pub mod p3 {
    pub use super::wasi::{
        cli0_3_0 as cli, clocks0_3_0 as clocks, random0_3_0 as random, sockets0_3_0 as sockets,
    };
}
