/* What the scenarios leave out: updates, conditions, children, racing, local activities, what lists show, continue-as-new,
 * and libc. */

#include <refrain.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* ---- A counter that others add to ------------------------------------------------------------------- */

static long total;

static long number(const char *args) {
  const char *item = refrain_item(args, 0);
  return item ? strtol(item, NULL, 10) : 0;
}

static refrain_result as_json(long n) { return refrain_ok(refrain_format("%ld", n)); }

static bool has_reached(void *limit) { return total >= *(long *)limit; }

static refrain_result counter(const char *args) {
  long limit = number(args);
  refrain_result reached = refrain_wait_until(has_reached, &limit);
  return reached.failure ? reached : as_json(total);
}

/* Takes a second, so that several run beside each other. */
static refrain_result add(const char *args) {
  long n = number(args);
  refrain_result slept = refrain_sleep(1000);
  if (slept.failure) return slept;
  total += n;
  return as_json(total);
}

static refrain_result check_add(const char *args) {
  if (number(args) > 0) return refrain_ok(NULL);
  return refrain_fail("NotPositive", "found %ld, expected more than 0", number(args));
}

static refrain_result get_total(const char *args) {
  (void)args;
  return as_json(total);
}

/* ---- Everything else -------------------------------------------------------------------------------- */

static refrain_result leaf(const char *args) {
  if (number(args) < 0) return refrain_fail("Negative", "found %ld", number(args));
  return as_json(number(args) * 2);
}

static refrain_result second_run(const char *args) {
  refrain_info info = refrain_get_info();
  return refrain_ok(refrain_format("{\"id\":%s,\"continued\":%s,\"memo\":%s,\"seen\":%s}",
      refrain_quote(info.workflow_id), info.continued_from_run_id ? "true" : "false", refrain_get_memo("order"),
      refrain_item(args, 1)));
}

/* A parcel that says where it is, so that lists find it, and whose price is looked up close by. */
static refrain_result parcel(const char *args) {
  refrain_upsert_search_attribute("Stage", REFRAIN_KEYWORD, "\"packing\"");
  refrain_upsert_search_attribute("Items", REFRAIN_INT, refrain_item(args, 0));
  refrain_upsert_search_attribute("Labels", REFRAIN_KEYWORD_LIST, "[\"fragile\",\"gift\"]");
  refrain_upsert_memo("note", "\"packed by hand\"");
  refrain_set_current_details("**packed**");
  refrain_local_activity_options near = {.start_to_close_ms = 10000, .maximum_attempts = 2};
  refrain_result shouted = refrain_execute_local_activity("shout", "[\"world\"]", near);
  if (shouted.failure) return shouted;
  refrain_result balked = refrain_execute_local_activity("balks", "[\"no\"]", near);
  if (!balked.failure) return refrain_fail("Unexpected", "it did not balk");
  refrain_upsert_search_attribute("Labels", REFRAIN_KEYWORD_LIST, NULL);
  const char *labels = refrain_get_search_attribute("Labels"), *parent = refrain_get_info().parent_workflow_id;
  return refrain_ok(refrain_format("{\"shouted\":%s,\"balked\":%s,\"stage\":%s,\"labels\":%s,\"memo\":%s,\"parent\":%s}",
      shouted.json, refrain_quote(refrain_failure_type(balked.failure)), refrain_get_search_attribute("Stage"),
      labels ? labels : "null", refrain_get_memo("note"), parent ? refrain_quote(parent) : "null"));
}

/* Goes on without arguments, and frees whatever it is given. */
static refrain_result again(const char *args) {
  if (!refrain_get_info().continued_from_run_id) return refrain_continue_as_new(NULL);
  refrain_result nothing = refrain_ok(NULL), failed = refrain_fail(NULL, "%s", "");
  free((void *)nothing.json);
  free((void *)refrain_failure_type(refrain_signal_external("nobody", "go", "[]").failure));
  free((void *)refrain_failure_message(failed.failure));
  return refrain_ok(args);
}

/* What only a workflow can. */
static refrain_result renew(const char *args) { return refrain_continue_as_new(args); }

static refrain_result everything(const char *args) {
  if (number(args) == 2) return second_run(args);
  /* libc's clock is the run's, and what is printed is in its log. */
  printf("printed at %lld\n", (long long)time(NULL) - (long long)(refrain_now_ms() / 1000));
  refrain_log(REFRAIN_INFO, "logged %s", refrain_text("\"\\u00e4\\ud83d\\ude00\\n\""));
  bool is_patched = refrain_patched("first");

  refrain_child_options none = {0};
  refrain_result doubled = refrain_execute_child("leaf", "[21]", none);
  if (doubled.failure) return doubled;
  refrain_result refused = refrain_execute_child("leaf", "[-1]", none);
  if (!refused.failure) return refrain_fail("Unexpected", "the leaf took a negative number");

  refrain_op *ops[3] = {refrain_start_timer(3000), refrain_start_timer(1000), refrain_start_signal("never")};
  size_t first = refrain_select(ops, 3);
  refrain_cancel(ops[0]);
  bool is_canceled = refrain_failure_is_canceled(refrain_await(ops[0]).failure);
  for (int n = 0; n < 3; n++) refrain_free(ops[n]);

  const char *seen = refrain_format(
      "{\"patched\":%s,\"doubled\":%s,\"refused\":%s,\"first\":%zu,\"canceled\":%s,\"nobody\":%s,\"uuid\":%d}",
      is_patched ? "true" : "false", doubled.json, refrain_quote(refrain_failure_type(refused.failure)), first,
      is_canceled ? "true" : "false",
      refrain_signal_external("nobody", "go", "[]").failure ? "true" : "false",
      (int)(refrain_uuid4()[14] - '0'));
  refrain_continue_options options = {.memo = "{\"order\": {\"id\": 7}}"};
  return refrain_continue_as_new_with(refrain_format("[2,%s]", seen), options);
}

const refrain_definition refrain_program = {
    .workflows = (refrain_workflow[]){
        {"again", again, "Goes on once"},
        {"counter", counter, "Ends when enough was added"},
        {"everything", everything, "Tries what the SDK has"},
        {"leaf", leaf, "Doubles a number"},
        {"parcel", parcel, "Says where it is"},
        {0}},
    .queries = (refrain_query[]){{"total", get_total, NULL}, {0}},
    .updates = (refrain_update[]){{"add", add, check_add, NULL}, {"renew", renew, NULL, NULL}, {0}},
};
