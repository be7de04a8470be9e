/* Operations: how they begin and how they are waited for. Read `refrain.h` first. */

#include "refrain.h"

#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "run.h"
#include "stacks.h"
#include "text.h"
#include "values.h"

/* ---- Operations ------------------------------------------------------------------------------------- */

typedef struct {
  int (*read)(uint32_t, void *);
  int (*cancel_read)(uint32_t);
  void (*drop)(uint32_t);
  refrain_result (*result)(const abi_result *);
} kind;

struct refrain_op {
  const kind *kind;
  uint32_t op, future;
  enum { UNREAD, READING, DONE } state;
  abi_result answer;
  refrain_result result;
  /* For a condition: what must be true. */
  bool (*is_true)(void *);
  void *context;
  struct refrain_op *next_condition;
};

static refrain_result payload_result(const abi_result *it) {
  const char *json = rf_json_of_first(it->value.payloads);
  rf_free_received(it->value.payloads);
  return refrain_ok(json);
}

static refrain_result signal_result(const abi_result *it) {
  const char *json = rf_json_of_all(it->value.signal.args);
  rf_free_received(it->value.signal.args);
  rf_free_received_text(it->value.signal.name);
  rf_free_received_fields(it->value.signal.headers);
  return refrain_ok(json);
}

static refrain_result no_result(const abi_result *it) { (void)it; return refrain_ok(NULL); }

static refrain_result reason_result(const abi_result *it) {
  const char *reason = rf_copy(it->value.reason), *json = refrain_quote(reason);
  free((void *)reason);
  rf_free_received_text(it->value.reason);
  return refrain_ok(json);
}

#define KIND(name, result) static const kind name##_kind = {abi_##name##_read, abi_##name##_cancel_read, abi_##name##_drop, result};
KIND(activity, payload_result)
KIND(local_activity, payload_result)
KIND(child, payload_result)
KIND(timer, no_result)
KIND(receive, signal_result)
KIND(cancellation, reason_result)
KIND(external_signal, no_result)
KIND(external_cancel, no_result)

static refrain_op *begun(const kind *kind, uint32_t number, uint32_t future) {
  refrain_op *op = rf_must_alloc(sizeof *op);
  op->kind = kind;
  op->op = number;
  op->future = future;
  return op;
}

/* 0: as the host does without being told. */
static abi_maybe_retry at_most(uint32_t attempts) {
  return (abi_maybe_retry){
      attempts != 0, {.initial_interval_ms = 1000, .backoff_coefficient = 2, .maximum_attempts = attempts}};
}

refrain_op *refrain_start_activity(const char *type, const char *args, refrain_activity_options options) {
  abi_activity activity = {.type = rf_text_of(type), .args = rf_payloads_of(args)};
  activity.options.activity_id = rf_maybe_text(options.activity_id);
  activity.options.task_queue = rf_maybe_text(options.task_queue);
  activity.options.summary = rf_maybe_text(options.summary);
  activity.options.start_to_close_ms = rf_maybe_u64(options.start_to_close_ms);
  activity.options.schedule_to_close_ms = rf_maybe_u64(options.schedule_to_close_ms);
  activity.options.schedule_to_start_ms = rf_maybe_u64(options.schedule_to_start_ms);
  activity.options.heartbeat_ms = rf_maybe_u64(options.heartbeat_ms);
  activity.options.retry = at_most(options.maximum_attempts);
  abi_operation begins;
  abi_execute(&activity, &begins);
  rf_free_payloads(activity.args);
  return begun(&activity_kind, begins.op, begins.future);
}

refrain_op *refrain_start_local_activity(
    const char *type, const char *args, refrain_local_activity_options options) {
  abi_local_activity activity = {.type = rf_text_of(type), .args = rf_payloads_of(args)};
  activity.options.activity_id = rf_maybe_text(options.activity_id);
  activity.options.summary = rf_maybe_text(options.summary);
  activity.options.start_to_close_ms = rf_maybe_u64(options.start_to_close_ms);
  activity.options.schedule_to_close_ms = rf_maybe_u64(options.schedule_to_close_ms);
  activity.options.retry = at_most(options.maximum_attempts);
  abi_operation begins;
  abi_execute_local(&activity, &begins);
  rf_free_payloads(activity.args);
  return begun(&local_activity_kind, begins.op, begins.future);
}

refrain_op *refrain_start_child(const char *type, const char *args, refrain_child_options options) {
  enum { TERMINATE, ABANDON, WAIT_FOR_END = 2 };
  abi_child child = {.type = rf_text_of(type), .args = rf_payloads_of(args)};
  child.options.workflow_id = rf_maybe_text(options.workflow_id);
  child.options.task_queue = rf_maybe_text(options.task_queue);
  child.options.execution_timeout_ms = rf_maybe_u64(options.execution_timeout_ms);
  child.options.run_timeout_ms = rf_maybe_u64(options.run_timeout_ms);
  child.options.parent_close = options.abandon ? ABANDON : TERMINATE;
  child.options.cancellation = WAIT_FOR_END;
  child.options.memo = rf_fields_of(options.memo);
  uint32_t begins[3];
  abi_start_child(&child, begins);
  rf_free_payloads(child.args);
  rf_free_fields(child.options.memo);
  abi_child_started_drop(begins[1]);
  return begun(&child_kind, begins[0], begins[2]);
}

refrain_op *refrain_start_timer(uint64_t ms) {
  abi_operation begins;
  abi_sleep(ms, 0, NULL, 0, &begins);
  return begun(&timer_kind, begins.op, begins.future);
}

refrain_op *refrain_start_signal(const char *name) {
  abi_operation begins;
  abi_receive(1, name, strlen(name), &begins);
  return begun(&receive_kind, begins.op, begins.future);
}

refrain_op *refrain_start_cancellation(void) {
  abi_operation begins;
  abi_cancellation(&begins);
  return begun(&cancellation_kind, begins.op, begins.future);
}

/* A condition waits for a signal that nobody can send; it is canceled to be asked again, as the contract
 * allows. */
static refrain_op *conditions;

static void arm(refrain_op *op) {
  abi_operation begins;
  static const char NOBODY[] = "__refrain_condition";
  abi_receive(1, NOBODY, sizeof NOBODY - 1, &begins);
  op->op = begins.op;
  op->future = begins.future;
  op->state = UNREAD;
}

refrain_op *refrain_start_condition(bool (*is_true)(void *), void *context) {
  refrain_op *op = begun(&receive_kind, 0, 0);
  op->is_true = is_true;
  op->context = context;
  op->next_condition = conditions;
  conditions = op;
  arm(op);
  return op;
}

void rf_ask_conditions(void) {
  for (refrain_op *op = conditions; op; op = op->next_condition) {
    if (op->state != DONE) abi_cancel(op->op);
  }
}

static void finish(refrain_op *op) {
  op->kind->drop(op->future);
  op->state = DONE;
  if (op->answer.is_error) op->result = rf_failed(op->answer.value.failure);
  else op->result = op->kind->result(&op->answer);
}

/* Nobody asks for its answer any more. */
static void let_go(refrain_op *op) {
  if (op->state == READING) op->kind->cancel_read(op->future);
  op->kind->drop(op->future);
  op->state = DONE;
}

/* Is it over, as far as can be said without waiting? */
static bool is_over(refrain_op *op) {
  if (op->state != DONE && op->is_true && op->is_true(op->context)) {
    op->answer.is_error = false;
    op->result = refrain_ok(rf_text_copy("true", 4));
    let_go(op);
  }
  if (op->state == UNREAD) {
    op->state = READING;
    if (op->kind->read(op->future, &op->answer) != BLOCKED) finish(op);
  }
  if (op->state == DONE && op->is_true && op->answer.is_error) {
    /* Asked again, and still not true. */
    op->answer.is_error = false;
    free((void *)op->result.failure);
    op->result = (refrain_result){NULL, NULL};
    arm(op);
    return is_over(op);
  }
  return op->state == DONE;
}

bool refrain_is_done(const refrain_op *op) { return op->state == DONE; }

void refrain_cancel(refrain_op *op) {
  if (op->state == DONE) return;
  if (op->is_true) {
    let_go(op);
    op->result = rf_failed_with(KIND_CANCELED, NULL, "condition canceled");
    return;
  }
  abi_cancel(op->op);
}

void refrain_free(refrain_op *op) {
  if (op->is_true) {
    refrain_op **at = &conditions;
    while (*at != op) at = &(*at)->next_condition;
    *at = op->next_condition;
  }
  if (op->state != DONE) let_go(op);
  free(op);
}

/* ---- Waiting ---------------------------------------------------------------------------------------- */

_Alignas(16) char rf_idle_stack[STACK_BYTES];

static __attribute__((noinline)) void wait_for_event(uint32_t set, abi_event *event) {
  void *here = stack();
  set_stack(rf_idle_stack + STACK_BYTES);
  abi_set_wait(set, event);
  set_stack(here);
}

/* The run's own wait for a request to cancel it. NULL: it has been told. */
refrain_op *rf_requested;
struct running_update *rf_running;

static size_t first_over(refrain_op *const *ops, size_t n_ops) {
  for (size_t n = 0; n < n_ops; n++) {
    if (is_over(ops[n])) return n;
  }
  return n_ops;
}

static bool contains_cancellation(refrain_op *const *ops, size_t n_ops) {
  for (size_t n = 0; n < n_ops; n++) {
    if (ops[n]->kind == &cancellation_kind) return true;
  }
  return false;
}

size_t refrain_select(refrain_op *const *ops, size_t n_ops) {
  /* Whoever waits may have changed what others wait for. */
  rf_ask_conditions();
  bool may_be_canceled = !rf_running && rf_requested && !contains_cancellation(ops, n_ops);
  for (;;) {
    size_t nth = first_over(ops, n_ops);
    if (nth < n_ops) return nth;
    if (may_be_canceled && is_over(rf_requested)) {
      refrain_free(rf_requested);
      rf_requested = NULL;
      may_be_canceled = false;
      for (size_t n = 0; n < n_ops; n++) refrain_cancel(ops[n]);
      continue;
    }
    uint32_t set = abi_set_new();
    for (size_t n = 0; n < n_ops; n++) abi_join(ops[n]->future, set);
    if (may_be_canceled) abi_join(rf_requested->future, set);
    rf_check_stack();
    struct running_update *running = rf_running;
    abi_event event;
    wait_for_event(set, &event);
    rf_running = running;
    for (size_t n = 0; n < n_ops; n++) abi_join(ops[n]->future, 0);
    if (may_be_canceled) abi_join(rf_requested->future, 0);
    abi_set_drop(set);
    for (size_t n = 0; n < n_ops; n++) {
      if (ops[n]->future == event.waitable) finish(ops[n]);
    }
    if (may_be_canceled && rf_requested->future == event.waitable) finish(rf_requested);
  }
}

refrain_result refrain_await(refrain_op *op) {
  refrain_select(&op, 1);
  return op->result;
}

static refrain_result end_of(refrain_op *op) {
  refrain_result result = refrain_await(op);
  refrain_free(op);
  return result;
}

refrain_result refrain_execute_activity(const char *type, const char *args, refrain_activity_options options) {
  return end_of(refrain_start_activity(type, args, options));
}

refrain_result refrain_execute_local_activity(
    const char *type, const char *args, refrain_local_activity_options options) {
  return end_of(refrain_start_local_activity(type, args, options));
}

refrain_result refrain_execute_child(const char *type, const char *args, refrain_child_options options) {
  return end_of(refrain_start_child(type, args, options));
}

refrain_result refrain_sleep(uint64_t ms) { return end_of(refrain_start_timer(ms)); }

refrain_result refrain_wait_signal(const char *name) { return end_of(refrain_start_signal(name)); }

refrain_result refrain_wait_until(bool (*is_true)(void *), void *context) {
  return end_of(refrain_start_condition(is_true, context));
}

refrain_result refrain_signal_external(const char *workflow_id, const char *name, const char *args) {
  abi_operation begins;
  abi_payloads payloads = rf_payloads_of(args);
  abi_signal(workflow_id, strlen(workflow_id), 0, NULL, 0, name, strlen(name), payloads.at, payloads.length,
      NULL, 0, &begins);
  rf_free_payloads(payloads);
  return end_of(begun(&external_signal_kind, begins.op, begins.future));
}

refrain_result refrain_cancel_external(const char *workflow_id, const char *why) {
  abi_operation begins;
  abi_cancel_external(workflow_id, strlen(workflow_id), 0, NULL, 0, why, strlen(why), &begins);
  return end_of(begun(&external_cancel_kind, begins.op, begins.future));
}

/* ---- What a run knows ------------------------------------------------------------------------------- */

static const char *copy_if_some(abi_maybe_text text) { return text.is_some ? rf_copy(text.value) : NULL; }

refrain_info refrain_get_info(void) {
  abi_info info;
  abi_get_info(&info);
  refrain_info known = {
      .workflow_id = rf_copy(info.workflow_id),
      .run_id = rf_copy(info.run_id),
      .workflow_type = rf_copy(info.workflow_type),
      .task_queue = rf_copy(info.task_queue),
      .namespace_ = rf_copy(info.namespace_),
      .attempt = info.attempt,
      .start_time_ms = info.start_time_ms,
      .parent_workflow_id = info.parent.is_some ? rf_copy(info.parent.value.workflow_id) : NULL,
      .continued_from_run_id = copy_if_some(info.continued_from_run_id),
      .cron_schedule = copy_if_some(info.cron_schedule),
      .last_result = info.last_completion_result.is_some ? rf_json_of_first(info.last_completion_result.value) : NULL,
  };
  rf_free_received_info(&info);
  return known;
}

uint64_t refrain_now_ms(void) { return abi_now_ms(); }
uint64_t refrain_random_u64(void) { return abi_random_u64(); }
bool refrain_is_replaying(void) { return abi_is_replaying(); }
bool refrain_patched(const char *id) { return abi_patched(id, strlen(id)); }
void refrain_deprecate_patch(const char *id) { abi_deprecate_patch(id, strlen(id)); }
uint32_t refrain_history_length(void) { return abi_history_length(); }
bool refrain_continue_as_new_suggested(void) { return abi_continue_as_new_suggested(); }

const char *refrain_uuid4(void) {
  abi_text uuid;
  abi_uuid4(&uuid);
  const char *text = rf_copy(uuid);
  rf_free_received_text(uuid);
  return text;
}

void refrain_publish(const char *name, const char *json) {
  abi_payload value = rf_payload_of(json);
  abi_publish(name, strlen(name), json != NULL, value.metadata.at, value.metadata.length, value.data.at,
      value.data.length);
}

/* ---- What others see of it -------------------------------------------------------------------------- */

void refrain_upsert_search_attribute(const char *name, refrain_attribute_type type, const char *json) {
  static const char *const TYPES[] = {"Text", "Keyword", "Int", "Double", "Bool", "Datetime", "KeywordList"};
  abi_field field = {rf_text_of(name), rf_payload_of(json)};
  abi_metadata metadata[] = {*field.value.metadata.at, {rf_text_of("type"), rf_text_of(TYPES[type])}};
  field.value.metadata.at = metadata;
  field.value.metadata.length = 2;
  abi_upsert_search_attributes(&field, 1);
}

const char *refrain_get_search_attribute(const char *name) {
  abi_info info;
  abi_get_info(&info);
  const char *json = rf_json_of_field(info.search_attributes, name);
  rf_free_received_info(&info);
  return json;
}

void refrain_upsert_memo(const char *name, const char *json) {
  abi_field field = {rf_text_of(name), rf_payload_of(json)};
  abi_upsert_memo(&field, 1);
}

const char *refrain_get_memo(const char *name) {
  abi_info info;
  abi_get_info(&info);
  const char *json = rf_json_of_field(info.memo, name);
  rf_free_received_info(&info);
  return json;
}

void refrain_set_current_details(const char *text) { abi_set_current_details(text, strlen(text)); }

void refrain_log(refrain_level level, const char *format, ...) {
  FORMATTED(line);
  abi_log((int)level, line, strlen(line));
  free((void *)line);
}
