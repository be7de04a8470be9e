/* Small workflows for measuring. */

#include <refrain.h>
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
        {"wait-signal", wait_signal, "Waits for one signal"},
        {0}},
    .signals = (refrain_signal[]){{"go", "Ends the wait"}, {0}},
    .queries = (refrain_query[]){{"status", get_status, "Whether it still waits"}, {0}},
};
