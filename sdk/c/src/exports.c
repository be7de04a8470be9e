/* What the host calls. */

#include "refrain.h"

#include <stdio.h>
#include <stdlib.h>

#include "abi.h"
#include "run.h"
#include "stacks.h"
#include "text.h"
#include "values.h"

/* What it is given as JSON is the handler's. */
static refrain_result call(refrain_handler handler, abi_payloads args) {
  const char *json = rf_json_of_all(args);
  rf_free_received(args);
  return handler(json);
}

/* Of what is not the workflow itself. */
static refrain_result call_handler(refrain_handler handler, abi_payloads args) {
  refrain_result result = call(handler, args);
  if (!result.failure || !result.failure->continued_with) return result;
  return refrain_fail("ContinueAsNew", "a handler returned `refrain_continue_as_new`, which only a workflow can");
}

static void continue_with(const refrain_failure *it, abi_outcome *outcome) {
  const refrain_continue_options *options = &it->continued;
  outcome->value.outcome.value.continued.args = rf_payloads_of(it->continued_with);
  outcome->value.outcome.value.continued.type = rf_maybe_text(options->workflow_type);
  outcome->value.outcome.value.continued.task_queue = rf_maybe_text(options->task_queue);
  outcome->value.outcome.value.continued.run_timeout_ms = rf_maybe_u64(options->run_timeout_ms);
  outcome->value.outcome.value.continued.memo = (abi_maybe_fields){options->memo != NULL, rf_fields_of(options->memo)};
}

EXPORT("[async-lift-stackful]run")
void refrain_export_run(const char *type, size_t type_length, abi_payload *args, size_t n_args) {
  abi_text wanted = {type, type_length};
  const refrain_workflow *it = refrain_program.workflows;
  while (it && it->name && !rf_is_text(wanted, it->name)) it++;
  rf_running = NULL;
  rf_requested = refrain_start_cancellation();
  refrain_result result = it && it->name
      ? call(it->run, (abi_payloads){args, n_args})
      : refrain_fail("WorkflowNotFound", "unknown workflow type `%.*s`", (int)wanted.length, wanted.at);

  abi_outcome outcome = {0};
  if (!result.failure) {
    outcome.value.outcome.value.completed = rf_one_payload(result.json);
  } else if (result.failure->continued_with) {
    outcome.value.outcome.is_continued = 1;
    continue_with(result.failure, &outcome);
  } else {
    outcome.is_error = 1;
    outcome.value.failure = result.failure->frames;
  }
  abi_return_run(&outcome);
  set_stack(rf_idle_stack + STACK_BYTES);
}

/* Below a stack: what writes over it has used more than there is. */
static const uint64_t GUARD = 0x5afe57ac6a7e57ac;

typedef struct running_update {
  uint64_t guard;
  char stack[STACK_BYTES] __attribute__((aligned(16)));
  /* Above the stack, which grows downwards. */
  abi_update update;
  const refrain_update *known;
} running_update;

void rf_check_stack(void) {
  if (!rf_running || rf_running->guard == GUARD) return;
  const char *name = rf_running->known->name;
  set_stack(rf_idle_stack + STACK_BYTES);
  /* The heap may be what was written over. */
  static char told[512];
  int length = snprintf(told, sizeof told, "update `%.200s` needs more than its stack of %d bytes: keep large things on "
      "the heap, and go through data in a loop", name, STACK_BYTES);
  abi_log(REFRAIN_ERROR, told, length);
  __builtin_trap();
}

static const refrain_update *update_named(abi_text name) {
  const refrain_update *it = refrain_program.updates;
  while (it && it->name && !rf_is_text(name, it->name)) it++;
  return it && it->name ? it : NULL;
}

static __attribute__((noinline)) void run_update(running_update *it) {
  refrain_result result = call_handler(it->known->run, it->update.args);
  rf_ask_conditions();
  if (result.failure) {
    abi_return_update(1, result.failure->frames.at, result.failure->frames.length);
  } else {
    abi_payload payload = rf_payload_of(result.json);
    abi_return_update(0, &payload, 1);
    free((void *)rf_taken(result.json));
  }
}

EXPORT("[async-lift-stackful]update")
void refrain_export_update(const char *id, size_t id_length, const char *name, size_t name_length,
    abi_payload *args, size_t n_args, abi_field *headers, size_t n_headers) {
  running_update *it = rf_must_alloc(sizeof *it);
  it->update = (abi_update){{id, id_length}, {name, name_length}, {args, n_args}, {headers, n_headers}};
  it->known = update_named(it->update.name);
  if (!it->known) __builtin_trap();
  it->guard = GUARD;
  rf_running = it;
  set_stack(it->stack + STACK_BYTES);
  run_update(it);
  set_stack(rf_idle_stack + STACK_BYTES);
  rf_check_stack();
  rf_running = NULL;
  rf_free_received_text(it->update.id);
  rf_free_received_text(it->update.name);
  rf_free_received_fields(it->update.headers);
  free(it);
}

static void begin_question(void) {
  static uint32_t n_asked;
  rf_question = ++n_asked;
}

/* Where `query` and `validate-update` leave their answer. */
static struct {
  uint8_t is_error;
  union { abi_payloads payloads; abi_failure failure; } value;
} answer;

static void *answered(refrain_result result) {
  static abi_payload payload;
  /* The host reads it after this. So it is kept until the next question. */
  static refrain_result last;
  free((void *)last.json);
  free((void *)last.failure);
  /* What the program had before it was asked stays the program's. */
  bool is_made_here = result.failure && result.failure->question == rf_question;
  last = (refrain_result){rf_taken(result.json), is_made_here ? result.failure : NULL};
  rf_question = 0;
  answer.is_error = result.failure != NULL;
  payload = rf_payload_of(result.json);
  if (result.failure) answer.value.failure = result.failure->frames;
  else answer.value.payloads = (abi_payloads){&payload, 1};
  return &answer;
}

static refrain_result query_not_found(abi_text wanted) {
  const char *known = refrain_format("%s", "");
  for (const refrain_query *it = refrain_program.queries; it && it->name; it++) {
    const char *more = refrain_format("%s%s%s", known, *known ? " " : "", it->name);
    free((void *)known);
    known = more;
  }
  refrain_result result = refrain_fail(
      "QueryNotFound", "unknown queryType %.*s. KnownQueryTypes=[%s]", (int)wanted.length, wanted.at, known);
  free((void *)known);
  return result;
}

EXPORT("query")
void *refrain_export_query(const char *name, size_t name_length, abi_payload *args, size_t n_args) {
  begin_question();
  abi_text wanted = {name, name_length};
  const refrain_query *it = refrain_program.queries;
  while (it && it->name && !rf_is_text(wanted, it->name)) it++;
  refrain_result result =
      it && it->name ? call_handler(it->answer, (abi_payloads){args, n_args}) : query_not_found(wanted);
  rf_free_received_text(wanted);
  return answered(result);
}

EXPORT("validate-update")
void *refrain_export_validate(const char *id, size_t id_length, const char *name, size_t name_length,
    abi_payload *args, size_t n_args, abi_field *headers, size_t n_headers) {
  begin_question();
  abi_text wanted = {name, name_length};
  const refrain_update *it = update_named(wanted);
  bool is_asked = it && it->validate;
  if (!is_asked) rf_free_received((abi_payloads){args, n_args});
  refrain_result result = is_asked ? call_handler(it->validate, (abi_payloads){args, n_args})
      : it                         ? refrain_ok("null")
      : refrain_fail("UpdateNotFound", "unknown update %.*s", (int)wanted.length, wanted.at);
  rf_free_received_text((abi_text){id, id_length});
  rf_free_received_text(wanted);
  rf_free_received_fields((abi_fields){headers, n_headers});
  return answered(result);
}

/* All four kinds of entries begin with a name; where the description is, differs. */
static abi_nameds named(const void *list, size_t size, size_t description) {
  abi_nameds all = {NULL, 0};
  for (const char *it = list; it && *(const char *const *)it; it += size) {
    all.at = rf_must_resize(all.at, (all.length + 1) * sizeof(abi_named));
    const char *text = *(const char *const *)(it + description);
    all.at[all.length++] = (abi_named){rf_text_of(*(const char *const *)it), rf_text_of(text)};
  }
  return all;
}

#define NAMED(list, type) named(refrain_program.list, sizeof(type), offsetof(type, description))

EXPORT("definition") abi_definition *refrain_export_definition(void) {
  static abi_definition definition;
  definition = (abi_definition){
      NAMED(workflows, refrain_workflow), NAMED(signals, refrain_signal), NAMED(queries, refrain_query),
      NAMED(updates, refrain_update), rf_text_of("refrain-c"), rf_text_of("0.1.0")};
  return &definition;
}
