/* `wit/` as C sees it: on wasm32 the layout of C's structs is that of the canonical ABI, so values are
 * read and written in place. Only what the SDK calls is here. */
#ifndef REFRAIN_ABI_H
#define REFRAIN_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define OURS(interface) "refrain:workflow/" interface "@0.1.0"
#define EXPORT(name) __attribute__((export_name(name)))

typedef struct { const char *at; size_t length; } abi_text;
typedef struct { uint8_t is_some; abi_text value; } abi_maybe_text;
typedef struct { uint8_t is_some; uint64_t value; } abi_maybe_u64;

typedef struct { abi_text name; abi_text value; } abi_metadata;
typedef struct { struct { abi_metadata *at; size_t length; } metadata; abi_text data; } abi_payload;
typedef struct { abi_payload *at; size_t length; } abi_payloads;
typedef struct { abi_text name; abi_payload value; } abi_field;
typedef struct { abi_field *at; size_t length; } abi_fields;
typedef struct { uint8_t is_some; abi_fields value; } abi_maybe_fields;

enum { KIND_APPLICATION, KIND_CANCELED, KIND_TERMINATED, KIND_TIMEOUT, KIND_SERVER, KIND_ACTIVITY, KIND_CHILD };

typedef struct {
  abi_text type;
  uint8_t non_retryable;
  abi_maybe_u64 next_retry_delay_ms;
  uint8_t benign;
} abi_application;

typedef struct {
  abi_text message;
  struct {
    uint8_t tag;
    union {
      abi_application application;
      struct { abi_text type, id; uint8_t retry_state; } activity;
      struct { abi_text type, workflow_id; abi_maybe_text run_id; uint8_t retry_state; } child;
    } value;
  } kind;
  abi_text source;
  abi_text stack_trace;
  abi_payloads details;
  struct { uint8_t is_some; abi_payload value; } encoded_attributes;
} abi_frame;

_Static_assert(sizeof(abi_frame) == 104, "a frame has the layout of the canonical ABI");

typedef struct { abi_frame *at; size_t length; } abi_failure;

typedef struct {
  uint64_t initial_interval_ms;
  double backoff_coefficient;
  abi_maybe_u64 maximum_interval_ms;
  uint32_t maximum_attempts;
  struct { abi_text *at; size_t length; } non_retryable_error_types;
} abi_retry;
typedef struct { uint8_t is_some; abi_retry value; } abi_maybe_retry;

typedef struct {
  uint8_t is_some;
  struct {
    struct { uint8_t is_some; uint32_t value; } key;
    abi_maybe_text fairness_key;
    struct { uint8_t is_some; float value; } fairness_weight;
  } value;
} abi_maybe_priority;

typedef struct {
  abi_text type;
  abi_payloads args;
  struct {
    abi_maybe_text activity_id;
    abi_maybe_text task_queue;
    abi_maybe_u64 schedule_to_close_ms, schedule_to_start_ms, start_to_close_ms, heartbeat_ms;
    abi_maybe_retry retry;
    uint8_t cancellation;
    abi_fields headers;
    abi_maybe_priority priority;
    abi_maybe_text summary;
  } options;
} abi_activity;

typedef struct {
  abi_text type;
  abi_payloads args;
  struct {
    abi_maybe_text activity_id;
    abi_maybe_u64 schedule_to_close_ms, start_to_close_ms;
    abi_maybe_retry retry;
    uint8_t cancellation;
    abi_fields headers;
    abi_maybe_text summary;
  } options;
} abi_local_activity;

typedef struct {
  abi_text type;
  abi_payloads args;
  struct {
    abi_maybe_text workflow_id;
    abi_maybe_text task_queue;
    abi_maybe_u64 execution_timeout_ms, run_timeout_ms, task_timeout_ms;
    uint8_t parent_close, id_reuse;
    abi_maybe_retry retry;
    abi_maybe_text cron_schedule;
    abi_fields memo, search_attributes;
    uint8_t cancellation;
    abi_fields headers;
    abi_maybe_priority priority;
    uint8_t version;
    abi_maybe_text summary;
    abi_maybe_text details;
  } options;
} abi_child;

typedef struct { abi_text id, name; abi_payloads args; abi_fields headers; } abi_update;

/* What a future of ours holds. */
typedef struct {
  uint8_t is_error;
  union {
    abi_payloads payloads;
    struct { abi_text name; abi_payloads args; abi_fields headers; } signal;
    abi_text reason;
    abi_failure failure;
  } value;
} abi_result;

/* What `run` returns: the outer tag is `result`'s, the inner one `outcome`'s. */
typedef struct {
  uint8_t is_error;
  union {
    abi_failure failure;
    struct {
      uint8_t is_continued;
      union {
        abi_payloads completed;
        struct {
          abi_maybe_text type;
          abi_payloads args;
          abi_maybe_text task_queue;
          abi_maybe_u64 run_timeout_ms, task_timeout_ms;
          abi_maybe_fields memo, search_attributes, headers;
          abi_maybe_retry retry;
          uint8_t version;
        } continued;
      } value;
    } outcome;
  } value;
} abi_outcome;

typedef struct { uint32_t op, future; } abi_operation;

typedef struct {
  abi_text namespace_, workflow_id, run_id, first_run_id, original_run_id;
  abi_maybe_text continued_from_run_id;
  abi_text workflow_type, task_queue;
  uint32_t attempt;
  uint64_t start_time_ms;
  abi_maybe_u64 execution_timeout_ms, run_timeout_ms;
  uint64_t task_timeout_ms;
  struct { uint8_t is_some; struct { abi_text namespace_, workflow_id; abi_maybe_text run_id; } value; } parent;
  struct { uint8_t is_some; struct { abi_text workflow_id; abi_maybe_text run_id; } value; } root;
  abi_maybe_text cron_schedule;
  abi_maybe_retry retry;
  struct abi_priority {
    struct { uint8_t is_some; uint32_t value; } key;
    abi_maybe_text fairness_key;
    struct { uint8_t is_some; float value; } fairness_weight;
  } priority;
  abi_fields headers, memo, search_attributes;
  struct { uint8_t is_some; abi_payloads value; } last_completion_result;
  struct { uint8_t is_some; abi_failure value; } last_failure;
} abi_info;

typedef struct { abi_text name, description; } abi_named;
typedef struct { abi_named *at; size_t length; } abi_nameds;
typedef struct { abi_nameds workflows, signals, queries, updates; abi_text sdk_name, sdk_version; } abi_definition;

/* Functions with more than 16 flat arguments take one pointer; what does not fit one number is written
 * where the last argument points. */
IMPORT(OURS("activities"), "execute") void abi_execute(const abi_activity *, abi_operation *);
IMPORT(OURS("activities"), "execute-local") void abi_execute_local(const abi_local_activity *, abi_operation *);
IMPORT(OURS("children"), "start") void abi_start_child(const abi_child *, uint32_t child[3]);
IMPORT(OURS("timers"), "sleep") void abi_sleep(uint64_t, int, const char *, size_t, abi_operation *);
IMPORT(OURS("signals"), "receive") void abi_receive(int, const char *, size_t, abi_operation *);
IMPORT(OURS("context"), "cancellation") void abi_cancellation(abi_operation *);
IMPORT(OURS("external"), "signal") void abi_signal(const char *, size_t, int, const char *, size_t, const char *,
    size_t, const abi_payload *, size_t, const abi_field *, size_t, abi_operation *);
IMPORT(OURS("external"), "cancel") void abi_cancel_external(const char *, size_t, int, const char *, size_t,
    const char *, size_t, abi_operation *);
IMPORT(OURS("operations"), "cancel") void abi_cancel(uint32_t);
IMPORT(OURS("state"), "publish") void abi_publish(const char *, size_t, int, const abi_metadata *, size_t,
    const char *, size_t);
IMPORT(OURS("state"), "upsert-search-attributes") void abi_upsert_search_attributes(const abi_field *, size_t);
IMPORT(OURS("state"), "upsert-memo") void abi_upsert_memo(const abi_field *, size_t);
IMPORT(OURS("state"), "set-current-details") void abi_set_current_details(const char *, size_t);
IMPORT(OURS("context"), "info") void abi_get_info(abi_info *);
IMPORT(OURS("context"), "now-ms") uint64_t abi_now_ms(void);
IMPORT(OURS("context"), "random-u64") uint64_t abi_random_u64(void);
IMPORT(OURS("context"), "uuid4") void abi_uuid4(abi_text *);
IMPORT(OURS("context"), "is-replaying") int abi_is_replaying(void);
IMPORT(OURS("context"), "log") void abi_log(int, const char *, size_t);
IMPORT(OURS("context"), "patched") int abi_patched(const char *, size_t);
IMPORT(OURS("context"), "deprecate-patch") void abi_deprecate_patch(const char *, size_t);
IMPORT(OURS("context"), "history-length") uint32_t abi_history_length(void);
IMPORT(OURS("context"), "continue-as-new-suggested") int abi_continue_as_new_suggested(void);

/* Futures have functions of their own for each place that they come from. */
enum { BLOCKED = -1 };
#define FUTURE(name, interface, function, nth)                                                               \
  IMPORT(OURS(interface), "[async-lower][future-read-" #nth "]" function) int abi_##name##_read(uint32_t, void *); \
  IMPORT(OURS(interface), "[future-cancel-read-" #nth "]" function) int abi_##name##_cancel_read(uint32_t);        \
  IMPORT(OURS(interface), "[future-drop-readable-" #nth "]" function) void abi_##name##_drop(uint32_t);
FUTURE(activity, "activities", "execute", 0)
FUTURE(local_activity, "activities", "execute-local", 0)
FUTURE(child_started, "children", "start", 0)
FUTURE(child, "children", "start", 1)
FUTURE(timer, "timers", "sleep", 0)
FUTURE(receive, "signals", "receive", 0)
FUTURE(cancellation, "context", "cancellation", 0)
FUTURE(external_signal, "external", "signal", 0)
FUTURE(external_cancel, "external", "cancel", 0)

typedef struct { uint32_t waitable, code; } abi_event;
IMPORT("$root", "[waitable-set-new]") uint32_t abi_set_new(void);
IMPORT("$root", "[waitable-set-wait]") uint32_t abi_set_wait(uint32_t, abi_event *);
IMPORT("$root", "[waitable-set-drop]") void abi_set_drop(uint32_t);
IMPORT("$root", "[waitable-join]") void abi_join(uint32_t, uint32_t);

IMPORT("[export]$root", "[task-return]run") void abi_return_run(const abi_outcome *);
IMPORT("[export]$root", "[task-return]update") void abi_return_update(int, const void *, size_t);

#endif
