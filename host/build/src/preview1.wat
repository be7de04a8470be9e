;; What Go's runtime asks of WASI 0.1, made of the run's own context.
;;
;; The usual adapter keeps state in memory that it asks of the program, and so calls into Go before
;; `_initialize` has ended, where Go has no stack yet. This one has no state.
(module
  (import "env" "memory" (memory 0))
  (import "refrain:workflow/context@0.1.0" "now-ms" (func $now-ms (result i64)))
  (import "refrain:workflow/context@0.1.0" "random-u64" (func $random (result i64)))
  (import "refrain:workflow/context@0.1.0" "log" (func $log (param i32 i32 i32)))

  ;; There are none: both counts are 0.
  (func $nothing (param $count i32) (param $bytes i32) (result i32)
    (i32.store (local.get $count) (i32.const 0))
    (i32.store (local.get $bytes) (i32.const 0))
    (i32.const 0))
  (export "args_sizes_get" (func $nothing))
  (export "environ_sizes_get" (func $nothing))
  (func $empty (param i32 i32) (result i32) (i32.const 0))
  (export "args_get" (func $empty))
  (export "environ_get" (func $empty))

  ;; The time of the run, on every clock; never 0, which Go takes for a clock that is broken.
  (func (export "clock_time_get") (param i32 i64 i32) (result i32)
    (i64.store (local.get 2) (i64.or (i64.mul (call $now-ms) (i64.const 1000000)) (i64.const 1)))
    (i32.const 0))

  (func (export "random_get") (param $at i32) (param $length i32) (result i32)
    (local $word i64)
    (local $left i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $length)))
        (if (i32.eqz (local.get $left))
          (then
            (local.set $word (call $random))
            (local.set $left (i32.const 8))))
        (i32.store8 (local.get $at) (i32.wrap_i64 (local.get $word)))
        (local.set $word (i64.shr_u (local.get $word) (i64.const 8)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $next)))
    (i32.const 0))

  ;; Each piece is a line of the log: stdout at `info`, stderr at `error`.
  (func (export "fd_write") (param $fd i32) (param $pieces i32) (param $n i32) (param $written i32)
    (result i32)
    (local $total i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (call $log
          (select (i32.const 4) (i32.const 2) (i32.eq (local.get $fd) (i32.const 2)))
          (i32.load (local.get $pieces))
          (i32.load offset=4 (local.get $pieces)))
        (local.set $total (i32.add (local.get $total) (i32.load offset=4 (local.get $pieces))))
        (local.set $pieces (i32.add (local.get $pieces) (i32.const 8)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (i32.store (local.get $written) (local.get $total))
    (i32.const 0))

  (func (export "sched_yield") (result i32) (i32.const 0))
  ;; ENOSYS: only the host can wait.
  (func (export "poll_oneoff") (param i32 i32 i32 i32) (result i32) (i32.const 52))
  (func (export "proc_exit") (param i32) unreachable))
