/* A request that somebody has to decide within a week. */

#include <refrain.h>
#include <string.h>

static const uint64_t DAY_MS = 24 * 60 * 60 * 1000;
static const refrain_activity_options STEP = {.start_to_close_ms = 10 * 1000, .maximum_attempts = 5};

/* What has become of the request. */
static const char *status = "\"pending\"";

static refrain_result approval(const char *args) {
  const char *request = refrain_item(args, 0);
  const char *only = refrain_format("[%s]", request);
  refrain_result asked = refrain_execute_activity("askForApproval", only, STEP);
  if (asked.failure) return asked;

  refrain_op *decided = refrain_start_signal("decide"), *late = refrain_start_timer(7 * DAY_MS);
  if (refrain_select((refrain_op *[]){decided, late}, 2) == 1) {
    refrain_result waited = refrain_await(late);
    if (waited.failure) return waited;
    status = "\"timedOut\"";
    return refrain_execute_activity("escalate", only, STEP);
  }
  refrain_result sent = refrain_await(decided);
  if (sent.failure) return sent;
  refrain_cancel(late);

  const char *decision = refrain_item(sent.json, 0);
  const char *by = refrain_field(decision, "by"), *approved = refrain_field(decision, "approved");
  if (approved && strcmp(approved, "true") == 0) {
    status = "\"approved\"";
    return refrain_execute_activity("carryOut", refrain_format("[%s,%s]", request, by), STEP);
  }
  status = "\"rejected\"";
  const char *comment = refrain_field(decision, "comment");
  if (!comment) comment = "\"no reason given\"";
  return refrain_execute_activity("tellRejection", refrain_format("[%s,%s,%s]", request, by, comment), STEP);
}

static refrain_result get_status(const char *args) {
  (void)args;
  return refrain_ok(status);
}

const refrain_definition refrain_program = {
    .workflows = (refrain_workflow[]){
        {"approval", approval, "Waits for a decision, and does what follows from it"}, {0}},
    .signals = (refrain_signal[]){{"decide", "Approved or not, and by whom; the first one counts"}, {0}},
    .queries = (refrain_query[]){{"status", get_status, "What has become of the request"}, {0}},
};
