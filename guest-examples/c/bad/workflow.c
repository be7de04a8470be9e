/* Workflows with a mistake each: the message has to tell their author what to do. */

#include <refrain.h>
#include <assert.h>
#include <stdlib.h>

/* It takes an argument, and has none. */
static refrain_result asserts(const char *args) {
  assert(refrain_item(args, 0) != NULL);
  return refrain_ok("1");
}

/* Each call keeps something on the stack, and looks at it afterwards. */
static __attribute__((noinline)) long down(long n) {
  volatile char kept[64];
  kept[n % 64] = (char)n;
  return n < 0 ? 0 : down(n + 1) + kept[n % 64];
}

static refrain_result recurses(const char *args) {
  (void)args;
  return refrain_ok(refrain_format("%ld", down(0)));
}

/* Less than without end, and more than an update has. */
static __attribute__((noinline)) refrain_result needs_much_stack(const char *args) {
  volatile char kept[(64 << 10) + 64];
  for (size_t n = 0; n < sizeof kept; n++) kept[n] = args[0];
  return refrain_ok("1");
}

/* As above, and then it waits. */
static refrain_result needs_much_stack_and_waits(const char *args) {
  refrain_result result = needs_much_stack(args);
  return result.failure ? result : refrain_wait_signal("never");
}

static refrain_result waits(const char *args) {
  (void)args;
  return refrain_wait_signal("never");
}

static refrain_result never_yields(const char *args) {
  for (volatile bool is_done = false;;) {
    if (is_done) return refrain_ok(args);
  }
}

static refrain_result hoards(const char *args) {
  for (;;) {
    volatile char *more = malloc(1 << 20);
    if (!more) return refrain_fail("Unexpected", "it was refused memory");
    *more = args[0];
  }
}

/* Begins things, and waits for none of them. */
static refrain_result leaks(const char *args) {
  for (;;) {
    refrain_op *op = refrain_start_signal("never");
    if (refrain_is_done(op)) return refrain_ok(args);
  }
}

/* Waits for one of three things, and forgets the others; again and again. */
static refrain_result drops(const char *args) {
  for (;;) {
    refrain_free(refrain_start_activity("print", args, (refrain_activity_options){.start_to_close_ms = 1000}));
    refrain_op *ops[] = {refrain_start_timer(1), refrain_start_timer(2)};
    if (refrain_select(ops, 2) != 0) return refrain_fail("Unexpected", "the later one was first");
    refrain_free(ops[0]);
    refrain_free(ops[1]);
  }
}

static bool never(void *context) { return context == NULL; }

/* Frees what it is given: much goes in and out, and little is kept. Each round has all that can, and then says how much
 * memory there is. */
static refrain_result frees(const char *args) {
  const char *page = refrain_item(args, 0), *name = refrain_text(page);
  const char *memo = refrain_format("{\"page\":%s,\"nothing\":null}", page);
  refrain_upsert_memo("page", page);
  refrain_op *never_holds = refrain_start_condition(never, &never_holds);
  for (;;) {
    refrain_result printed = refrain_execute_activity("print", args, (refrain_activity_options){.start_to_close_ms = 1000});
    if (!printed.failure) return refrain_fail("Unexpected", "printed: %s", printed.json);
    free((void *)refrain_failure_message(printed.failure));
    free((void *)printed.failure);
    refrain_result child = refrain_execute_child("print", args, (refrain_child_options){.memo = memo});
    if (child.failure) return child;
    free((void *)child.json);
    refrain_op *ops[] = {refrain_start_signal(name), never_holds};
    refrain_select(ops, 2);
    free((void *)refrain_await(ops[0]).json);
    refrain_free(ops[0]);
    for (int n = 0; n < 100; n++) free((void *)refrain_uuid4());
    free((void *)refrain_get_memo("page"));
    const char *pages = refrain_format("%zu", (size_t)__builtin_wasm_memory_size(0));
    refrain_publish("pages", pages);
    free((void *)pages);
  }
}

static refrain_result swallows(const char *args) { return refrain_ok_taking(args); }

static refrain_result refuses(const char *args) {
  refrain_result refused = refrain_fail("Refused", "%s", args);
  free((void *)args);
  return refused;
}

static refrain_result returns_no_json(const char *args) {
  (void)args;
  return refrain_ok("{\"total\": ");
}

static refrain_result without_time_limit(const char *args) {
  return refrain_execute_activity("print", args, (refrain_activity_options){0});
}

static refrain_result writes_anywhere(const char *args) {
  *(volatile char *)(uintptr_t)0xfffffff0 = args[0];
  return refrain_ok(args);
}

const refrain_definition refrain_program = {
    .workflows = (refrain_workflow[]){
        {"asserts", asserts, NULL},
        {"drops", drops, NULL},
        {"frees", frees, NULL},
        {"hoards", hoards, NULL},
        {"leaks", leaks, NULL},
        {"neverYields", never_yields, NULL},
        {"recurses", recurses, NULL},
        {"returnsNoJson", returns_no_json, NULL},
        {"waits", waits, NULL},
        {"withoutTimeLimit", without_time_limit, NULL},
        {"writesAnywhere", writes_anywhere, NULL},
        {0}},
    .updates = (refrain_update[]){
        {"needMuchStack", needs_much_stack, NULL, NULL},
        {"needMuchStackAndWait", needs_much_stack_and_waits, NULL, NULL},
        {"recurse", recurses, NULL, NULL},
        {"refuse", swallows, refuses, NULL},
        {"swallow", swallows, swallows, NULL},
        {0}},
    .queries = (refrain_query[]){{"refuse", refuses, NULL}, {"swallow", swallows, NULL}, {0}},
};
