/* Small workflows for measuring. */

#include <refrain.h>
#include <stdio.h>
#include <stdlib.h>

static const char *status;

static refrain_result noop(void) {
  return refrain_execute_activity("noop", "[]", (refrain_activity_options){.start_to_close_ms = 10 * 1000});
}

/* As many activities as asked for, one after another. */
static refrain_result sequence(const char *args) {
  const char *n = refrain_item(args, 0);
  if (!n) return refrain_fail("BadArguments", "expected a number");
  for (long left = strtol(n, NULL, 10); left > 0; left--) {
    refrain_result end = noop();
    if (end.failure) return end;
  }
  return refrain_ok(n);
}

/* Goes on as a new run so many times. */
static refrain_result generations(const char *args) {
  const char *n = refrain_item(args, 0);
  long left = n ? strtol(n, NULL, 10) : 0;
  static char next[32];
  if (left <= 0) return refrain_ok("0");
  snprintf(next, sizeof next, "[%ld]", left - 1);
  return refrain_continue_as_new(next);
}

static refrain_result wait_signal(const char *args) {
  (void)args;
  status = "\"waiting\"";
  refrain_result sent = refrain_wait_signal("go");
  status = "\"signaled\"";
  return sent;
}

static refrain_result get_status(const char *args) {
  (void)args;
  return refrain_ok(status ? status : "null");
}

const refrain_definition refrain_program = {
    .workflows = (refrain_workflow[]){
        {"sequence", sequence, "Calls the activity `noop` so many times"},
        {"generations", generations, "Goes on as a new run so many times"},
        {"wait-signal", wait_signal, "Waits for one signal"},
        {0}},
    .signals = (refrain_signal[]){{"go", "Ends the wait"}, {0}},
    .queries = (refrain_query[]){{"status", get_status, "Whether it still waits"}, {0}},
};
