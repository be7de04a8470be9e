//! The same functions from Zig, which needs no header for what it calls.

const Result = extern struct { json: ?[*:0]const u8, failure: ?*const anyopaque };

extern fn refrain_item(json: [*:0]const u8, at: usize) ?[*:0]const u8;
extern fn refrain_text(json: ?[*:0]const u8) ?[*:0]const u8;
extern fn refrain_quote(text: [*:0]const u8) [*:0]const u8;
extern fn refrain_format(format: [*:0]const u8, ...) [*:0]const u8;
extern fn refrain_sleep(ms: u64) Result;
extern fn refrain_ok(json: [*:0]const u8) Result;

const Workflow = extern struct {
    name: ?[*:0]const u8 = null,
    run: ?*const fn ([*:0]const u8) callconv(.c) Result = null,
    description: ?[*:0]const u8 = null,
};

const Definition = extern struct {
    workflows: [*]const Workflow,
    signals: ?*const anyopaque = null,
    queries: ?*const anyopaque = null,
    updates: ?*const anyopaque = null,
};

fn hello(args: [*:0]const u8) callconv(.c) Result {
    const name = refrain_text(refrain_item(args, 0)) orelse "nobody";
    _ = refrain_sleep(1000);
    return refrain_ok(refrain_quote(refrain_format("Hello, %s, from Zig", name)));
}

const workflows = [_]Workflow{
    .{ .name = "hello", .run = hello, .description = "Greets after a second" },
    .{},
};

export const refrain_program = Definition{ .workflows = &workflows };
