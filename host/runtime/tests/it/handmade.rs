//! Components written by hand, for what no toolchain does on its own.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The parts of WASI that tests call, in versions older than the host's.
const WASI: &str = r#"
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
    interface monotonic-clock { wait-for: async func(ns: u64); }
}
package wasi:io@0.2.3 {
    interface poll {
        resource pollable { block: func(); }
        poll: func(in: list<borrow<pollable>>) -> list<u32>;
    }
}
package wasi:random@0.2.3 {
    interface random { get-random-u64: func() -> u64; }
}
package wasi:cli@0.2.3 {
    interface environment {
        get-environment: func() -> list<tuple<string, string>>;
        get-arguments: func() -> list<string>;
    }
}
package wasi:http@0.2.3 {
    interface types {
        variant header-error { invalid-syntax, forbidden, immutable }
        resource fields {
            constructor();
            append: func(name: string, value: list<u8>) -> result<_, header-error>;
        }
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
            unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout,
            concurrency-conflict, not-in-progress, would-block, invalid-state, new-socket-limit,
            address-not-bindable, address-in-use, remote-unreachable, connection-refused,
            connection-reset, connection-aborted, datagram-too-large, name-unresolvable,
            temporary-resolver-failure, permanent-resolver-failure,
        }
    }
    interface tcp { resource tcp-socket; }
    interface tcp-create-socket {
        use network.{ip-address-family, error-code};
        use tcp.{tcp-socket};
        create-tcp-socket: func(family: ip-address-family) -> result<tcp-socket, error-code>;
    }
}
"#;

/// A component whose core module is `body`, in a world that has the export `export` and all of
/// [`WASI`] to import from.
pub(crate) fn component(export: &str, body: &str) -> Vec<u8> {
    let world = match export {
        "run" => "include refrain:workflow/workflow-minimal@0.1.0;",
        _ => {
            "use refrain:workflow/types@0.1.0.{payloads, failure};
             use refrain:workflow/activity-context@0.1.0.{activity-info};
             import refrain:workflow/activity-context@0.1.0;
             export execute: async func(info: activity-info, args: payloads) -> result<payloads, failure>;"
        }
    };
    let wit = format!(
        "package test:guest;\n{WASI}\nworld guest {{ {world}
            import wasi:clocks/wall-clock@0.2.3;
            import wasi:clocks/monotonic-clock@0.2.3;
            import wasi:clocks/monotonic-clock@0.3.0;
            import wasi:io/poll@0.2.3;
            import wasi:random/random@0.2.3;
            import wasi:cli/environment@0.2.3;
            import wasi:http/types@0.2.3;
            import wasi:filesystem/preopens@0.2.3;
            import wasi:sockets/tcp-create-socket@0.2.3;
        }}"
    );
    let mut resolve = Resolve::default();
    resolve.push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit")).unwrap();
    let package = resolve.push_str("guest.wit", &wit).unwrap();
    let world = resolve.select_world(&[package], Some("guest")).unwrap();
    let mut module = wat::parse_str(format!("(module {body} {ALLOCATOR})")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}

/// A memory, and an allocator that never frees.
pub(crate) const ALLOCATOR: &str = r#"
    (memory (export "memory") 4)
    (global $free (mut i32) (i32.const 65536))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
        (global.get $free)
        (global.set $free (i32.add (global.get $free) (local.get 3))))
"#;

/// A workflow that returns the bytes from 0 to 64 of its memory, in which `code` may write.
pub(crate) fn workflow(imports: &str, code: &str) -> Vec<u8> {
    component(
        "run",
        &format!(
            r#"{imports}
            (func (export "run") (param i32 i32 i32 i32) (result i32)
                {code}
                ;; ok(completed([payload with no metadata and the bytes 0..64]))
                (i32.store (i32.const 1024) (i32.const 0))
                (i32.store (i32.const 1032) (i32.const 0))
                (i32.store (i32.const 1040) (i32.const 2048))
                (i32.store (i32.const 1044) (i32.const 1))
                (i32.store (i32.const 2048) (i32.const 0))
                (i32.store (i32.const 2052) (i32.const 0))
                (i32.store (i32.const 2056) (i32.const 0))
                (i32.store (i32.const 2060) (i32.const 64))
                (i32.const 1024))"#
        ),
    )
}
