/* Workflows in C, C++, Zig and whatever else calls C.
 *
 * A workflow is a function. It takes its arguments as JSON and returns a result; what it waits for in
 * between may take months and outlives the host. Code is plain: calls block, and nothing else of the
 * program moves meanwhile, except queries and updates. Each run has a memory of its own, so global
 * variables are the state of the run, and handlers read them.
 *
 * All text is UTF-8 that ends with 0. Values are JSON text. What a function returns is the caller's: it
 * may be freed with `free`, and is gone with the run in any case. Time is in milliseconds.
 *
 * What can fail gives a `refrain_result`, whose failure says why; an activity without a time limit is one. What is a
 * mistake of the program (a search attribute that nobody has registered, an `assert` that does not hold) fails the
 * workflow task, with a message for its author, and the run goes on once the program is repaired. Text where JSON is asked for is not looked at: it is
 * sent as it is, and who reads it fails.
 */
#ifndef REFRAIN_H
#define REFRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why something did not succeed: a chain of causes. One piece of memory. */
typedef struct refrain_failure refrain_failure;

/* How something ended: exactly one of the two is set. */
typedef struct refrain_result {
  const char *json;
  const refrain_failure *failure;
} refrain_result;

/* ---- What a program offers -------------------------------------------------------------------------- */

/* `args` is an array of JSON, and the handler's: it may be freed. */
typedef refrain_result (*refrain_handler)(const char *args);

typedef struct refrain_workflow {
  const char *name;
  refrain_handler run;
  /* For people. May be NULL. */
  const char *description;
} refrain_workflow;

typedef struct refrain_signal {
  const char *name;
  const char *description;
} refrain_signal;

/* Answers at once; must not start anything. A failure that is made and returned here is the host's, and freed; so it is
 * where updates are validated. */
typedef struct refrain_query {
  const char *name;
  refrain_handler answer;
  const char *description;
} refrain_query;

/* Runs beside the workflow and may wait. */
typedef struct refrain_update {
  const char *name;
  refrain_handler run;
  /* NULL: all are accepted. A failure refuses the update, which leaves no trace. */
  refrain_handler validate;
  const char *description;
} refrain_update;

/* Lists end with an entry of zeros, or are NULL. */
typedef struct refrain_definition {
  const refrain_workflow *workflows;
  const refrain_signal *signals;
  const refrain_query *queries;
  const refrain_update *updates;
} refrain_definition;

/* The program defines it. In C++: `extern "C"`. */
extern const refrain_definition refrain_program;

/* ---- Results and failures --------------------------------------------------------------------------- */

refrain_result refrain_ok(const char *json);
/* As `refrain_ok`, of memory that nobody else needs: it is freed when it has been handed over. For what queries and
 * updates answer again and again. */
refrain_result refrain_ok_taking(const char *json);
/* `type` is what other programs compare, the name of a class elsewhere. `format` as for `printf`. */
refrain_result refrain_fail(const char *type, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* For a workflow to return: it goes on as a new run, with an empty history. */
refrain_result refrain_continue_as_new(const char *args);

/* What the next run has of its own. NULL and 0: as this run. */
typedef struct refrain_continue_options {
  const char *workflow_type;
  const char *task_queue;
  uint64_t run_timeout_ms;
  /* An object of JSON: the whole memo of the next run. */
  const char *memo;
} refrain_continue_options;

refrain_result refrain_continue_as_new_with(const char *args, refrain_continue_options options);

/* Of the failure itself, or of what it tells of (an activity's failure has a cause). */
const char *refrain_failure_message(const refrain_failure *failure);
/* Empty if no program raised it. */
const char *refrain_failure_type(const refrain_failure *failure);
bool refrain_failure_is_canceled(const refrain_failure *failure);
bool refrain_failure_is_timeout(const refrain_failure *failure);

/* ---- Operations that block -------------------------------------------------------------------------- */

/* 0 and NULL: the host's default. At least one of the first two must be set. */
typedef struct refrain_activity_options {
  uint64_t start_to_close_ms;
  uint64_t schedule_to_close_ms;
  uint64_t schedule_to_start_ms;
  uint64_t heartbeat_ms;
  /* 0: without end. */
  uint32_t maximum_attempts;
  const char *activity_id;
  const char *task_queue;
  const char *summary;
} refrain_activity_options;

/* For short activities that the host runs itself, in the same step. 0 and NULL: the host's default. At least one of
 * the first two must be set. */
typedef struct refrain_local_activity_options {
  uint64_t start_to_close_ms;
  uint64_t schedule_to_close_ms;
  /* 0: without end. */
  uint32_t maximum_attempts;
  const char *activity_id;
  const char *summary;
} refrain_local_activity_options;

typedef struct refrain_child_options {
  const char *workflow_id;
  const char *task_queue;
  uint64_t execution_timeout_ms;
  uint64_t run_timeout_ms;
  /* It outlives this run; else it is terminated with it. */
  bool abandon;
  /* An object of JSON, for people who look at it. */
  const char *memo;
} refrain_child_options;

/* A request to cancel the run ends one wait, the one that is under way or else the next, with a failure
 * that `refrain_failure_is_canceled`. What comes after that runs as before, so that it can clean up. */
refrain_result refrain_execute_activity(const char *type, const char *args, refrain_activity_options options);
refrain_result refrain_execute_local_activity(
    const char *type, const char *args, refrain_local_activity_options options);
/* Fails too if the id is in use: the failure's type is `WorkflowExecutionAlreadyStarted`. */
refrain_result refrain_execute_child(const char *type, const char *args, refrain_child_options options);
refrain_result refrain_sleep(uint64_t ms);
/* Returns the arguments of the next signal of that name. */
refrain_result refrain_wait_signal(const char *name);
/* Waits until `is_true(context)`: asked when an update has changed something. */
refrain_result refrain_wait_until(bool (*is_true)(void *), void *context);
/* Both end when it has been delivered, and fail if there is no such run. */
refrain_result refrain_signal_external(const char *workflow_id, const char *name, const char *args);
refrain_result refrain_cancel_external(const char *workflow_id, const char *reason);

/* ---- Several at once -------------------------------------------------------------------------------- */

/* Something that has begun and may not have ended. */
typedef struct refrain_op refrain_op;

refrain_op *refrain_start_activity(const char *type, const char *args, refrain_activity_options options);
refrain_op *refrain_start_local_activity(
    const char *type, const char *args, refrain_local_activity_options options);
refrain_op *refrain_start_child(const char *type, const char *args, refrain_child_options options);
refrain_op *refrain_start_timer(uint64_t ms);
refrain_op *refrain_start_signal(const char *name);
refrain_op *refrain_start_condition(bool (*is_true)(void *), void *context);
/* Ends when cancellation of the run is requested, with the reason. Whoever waits for it is not
 * interrupted by the request. */
refrain_op *refrain_start_cancellation(void);

/* Waits for the end of one. */
refrain_result refrain_await(refrain_op *op);
/* Waits until at least one of them has ended; returns which, the first in the list. A request to cancel
 * the run cancels all of them. */
size_t refrain_select(refrain_op *const *ops, size_t n_ops);
bool refrain_is_done(const refrain_op *op);
/* Asks it to end. It can still be awaited, and then is canceled. */
void refrain_cancel(refrain_op *op);
/* Nobody waits for it any more. It goes on; to end it, cancel it first. */
void refrain_free(refrain_op *op);

/* ---- What a run knows ------------------------------------------------------------------------------- */

typedef struct refrain_info {
  const char *workflow_id;
  const char *run_id;
  const char *workflow_type;
  const char *task_queue;
  const char *namespace_;
  uint32_t attempt;
  uint64_t start_time_ms;
  /* NULL: it has none. */
  const char *parent_workflow_id;
  const char *continued_from_run_id;
  const char *cron_schedule;
  /* What the run before this one returned: continue-as-new, cron. NULL: there was none. */
  const char *last_result;
} refrain_info;

refrain_info refrain_get_info(void);
/* Since 1970. Stands still while the program runs. */
uint64_t refrain_now_ms(void);
uint64_t refrain_random_u64(void);
const char *refrain_uuid4(void);
bool refrain_is_replaying(void);
/* As in Temporal's SDKs: is this run on the new side of a change? */
bool refrain_patched(const char *id);
void refrain_deprecate_patch(const char *id);
uint32_t refrain_history_length(void);
bool refrain_continue_as_new_suggested(void);
/* A value that others can read without asking the program. NULL takes it away. */
void refrain_publish(const char *name, const char *json);

/* ---- What others see of it -------------------------------------------------------------------------- */

/* As Temporal names them. */
typedef enum refrain_attribute_type {
  REFRAIN_TEXT,
  REFRAIN_KEYWORD,
  REFRAIN_INT,
  REFRAIN_DOUBLE,
  REFRAIN_BOOL,
  /* A string of JSON, in ISO 8601. */
  REFRAIN_DATETIME,
  /* An array of strings. */
  REFRAIN_KEYWORD_LIST
} refrain_attribute_type;

/* Lists find the run by it. The name has to be registered in the namespace with this type, else the workflow
 * task fails. NULL takes it away. */
void refrain_upsert_search_attribute(const char *name, refrain_attribute_type type, const char *json);
/* NULL: there is none. */
const char *refrain_get_search_attribute(const char *name);
/* NULL takes it away. */
void refrain_upsert_memo(const char *name, const char *json);
/* NULL: there is none. */
const char *refrain_get_memo(const char *name);
/* Text in Markdown that pages and tools show as the current state of the run. */
void refrain_set_current_details(const char *text);

typedef enum refrain_level {
  REFRAIN_TRACE,
  REFRAIN_DEBUG,
  REFRAIN_INFO,
  REFRAIN_WARN,
  REFRAIN_ERROR
} refrain_level;

/* One line, not repeated in replay. */
void refrain_log(refrain_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- JSON ------------------------------------------------------------------------------------------- */

/* As `printf`, into memory of its own. */
const char *refrain_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Text as a JSON string, with its quotes. */
const char *refrain_quote(const char *text);
/* The value of a field of an object, as JSON. NULL: there is none, or it's no object. */
const char *refrain_field(const char *json, const char *name);
/* The name of a field of an object, in the order in which they are written. NULL: there are fewer, or it's no
 * object. */
const char *refrain_field_name(const char *json, size_t at);
/* An item of an array, as JSON. NULL: there is none, or it's no array. */
const char *refrain_item(const char *json, size_t at);
/* The text of a JSON string. NULL: it's no string. */
const char *refrain_text(const char *json);

#ifdef __cplusplus
}
#endif

#endif
