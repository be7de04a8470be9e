/* Memory, text, payloads and failures. */

#include "refrain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "text.h"
#include "values.h"

/* ---- Memory and text -------------------------------------------------------------------------------- */

void *rf_must_alloc(size_t bytes) {
  void *at = calloc(1, bytes ? bytes : 1);
  if (!at) __builtin_trap();
  return at;
}

void *rf_must_resize(void *at, size_t bytes) {
  at = realloc(at, bytes);
  if (!at) __builtin_trap();
  return at;
}

char *rf_text_copy(const char *at, size_t length) {
  char *to = rf_must_alloc(length + 1);
  if (length) memcpy(to, at, length);
  return to;
}

char *rf_text_format(const char *format, va_list args) {
  va_list again;
  va_copy(again, args);
  int length = vsnprintf(NULL, 0, format, args);
  char *text = rf_must_alloc((size_t)length + 1);
  vsnprintf(text, (size_t)length + 1, format, again);
  va_end(again);
  return text;
}

const char *refrain_format(const char *format, ...) {
  FORMATTED(text);
  return text;
}

/* The host asks for memory here when it hands something over. */
EXPORT("cabi_realloc") void *refrain_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  if (size == 0) return (void *)align;
  return rf_must_resize(old, size);
}

const char *rf_copy(abi_text text) { return rf_text_copy(text.at, text.length); }

abi_text rf_text_of(const char *text) { return (abi_text){text, text ? strlen(text) : 0}; }

bool rf_is_text(abi_text text, const char *other) {
  return text.length == strlen(other) && memcmp(text.at, other, text.length) == 0;
}

/* ---- Payloads --------------------------------------------------------------------------------------- */

static const char *json_of(const abi_payload *payload) {
  for (size_t n = 0; n < payload->metadata.length; n++) {
    const abi_metadata *it = &payload->metadata.at[n];
    if (!rf_is_text(it->name, "encoding")) continue;
    if (rf_is_text(it->value, "binary/null")) return rf_text_copy("null", 4);
    if (rf_is_text(it->value, "json/plain") || rf_is_text(it->value, "json/protobuf")) return rf_copy(payload->data);
  }
  /* Bytes: text, as far as it is text. */
  const char *text = rf_copy(payload->data), *json = refrain_quote(text);
  free((void *)text);
  return json;
}

/* A result: one value, or nothing, which is null. */
const char *rf_json_of_first(abi_payloads payloads) {
  return payloads.length ? json_of(payloads.at) : rf_text_copy("null", 4);
}

/* Arguments: an array. */
const char *rf_json_of_all(abi_payloads payloads) {
  const char *all = rf_text_copy("[", 1);
  for (size_t n = 0; n < payloads.length; n++) {
    const char *item = json_of(&payloads.at[n]);
    const char *more = refrain_format("%s%s%s", all, n ? "," : "", item);
    free((void *)item);
    free((void *)all);
    all = more;
  }
  const char *closed = refrain_format("%s]", all);
  free((void *)all);
  return closed;
}

static abi_metadata JSON_PLAIN = {{"encoding", 8}, {"json/plain", 10}};
static abi_metadata BINARY_NULL = {{"encoding", 8}, {"binary/null", 11}};

abi_payload rf_payload_of(const char *json) {
  abi_payload payload = {{&BINARY_NULL, 1}, {NULL, 0}};
  if (json && strcmp(json, "null") != 0) {
    payload.metadata.at = &JSON_PLAIN;
    payload.data = rf_text_of(json);
  }
  return payload;
}

/* As above, of memory of its own: it is freed with the payload. */
static abi_payload payload_taking(const char *json) {
  abi_payload payload = rf_payload_of(json);
  if (!payload.data.at) free((void *)json);
  return payload;
}

abi_payloads rf_one_payload(const char *json) {
  abi_payloads payloads = {rf_must_alloc(sizeof(abi_payload)), 1};
  payloads.at[0] = rf_payload_of(json);
  return payloads;
}

abi_payloads rf_payloads_of(const char *args) {
  abi_payloads payloads = {NULL, 0};
  const char *item;
  while ((item = refrain_item(args, payloads.length))) {
    payloads.at = rf_must_resize(payloads.at, (payloads.length + 1) * sizeof(abi_payload));
    payloads.at[payloads.length++] = payload_taking(item);
  }
  return payloads;
}

void rf_free_payloads(abi_payloads made) {
  for (size_t n = 0; n < made.length; n++) free((void *)made.at[n].data.at);
  free(made.at);
}

void rf_free_fields(abi_fields made) {
  for (size_t n = 0; n < made.length; n++) {
    free((void *)made.at[n].name.at);
    free((void *)made.at[n].value.data.at);
  }
  free(made.at);
}

/* ---- What the host has handed over ------------------------------------------------------------------ */

/* What is empty was never asked for. */
void rf_free_received_text(abi_text text) {
  if (text.length) free((void *)text.at);
}

static void free_if_some(abi_maybe_text text) {
  if (text.is_some) rf_free_received_text(text.value);
}

static void free_payload(const abi_payload *it) {
  for (size_t n = 0; n < it->metadata.length; n++) {
    rf_free_received_text(it->metadata.at[n].name);
    rf_free_received_text(it->metadata.at[n].value);
  }
  if (it->metadata.length) free(it->metadata.at);
  rf_free_received_text(it->data);
}

void rf_free_received(abi_payloads payloads) {
  for (size_t n = 0; n < payloads.length; n++) free_payload(&payloads.at[n]);
  if (payloads.length) free(payloads.at);
}

void rf_free_received_fields(abi_fields fields) {
  for (size_t n = 0; n < fields.length; n++) {
    rf_free_received_text(fields.at[n].name);
    free_payload(&fields.at[n].value);
  }
  if (fields.length) free(fields.at);
}

static void free_frame(const abi_frame *it) {
  rf_free_received_text(it->message);
  switch (it->kind.tag) {
    case KIND_APPLICATION:
      rf_free_received_text(it->kind.value.application.type);
      break;
    case KIND_ACTIVITY:
      rf_free_received_text(it->kind.value.activity.type);
      rf_free_received_text(it->kind.value.activity.id);
      break;
    case KIND_CHILD:
      rf_free_received_text(it->kind.value.child.type);
      rf_free_received_text(it->kind.value.child.workflow_id);
      free_if_some(it->kind.value.child.run_id);
      break;
  }
  rf_free_received_text(it->source);
  rf_free_received_text(it->stack_trace);
  rf_free_received(it->details);
  if (it->encoded_attributes.is_some) free_payload(&it->encoded_attributes.value);
}

void rf_free_received_failure(abi_failure failure) {
  for (size_t n = 0; n < failure.length; n++) free_frame(&failure.at[n]);
  if (failure.length) free(failure.at);
}

void rf_free_received_info(const abi_info *it) {
  abi_text texts[] = {it->namespace_, it->workflow_id, it->run_id, it->first_run_id, it->original_run_id,
      it->workflow_type, it->task_queue};
  for (size_t n = 0; n < sizeof texts / sizeof *texts; n++) rf_free_received_text(texts[n]);
  free_if_some(it->continued_from_run_id);
  free_if_some(it->cron_schedule);
  if (it->parent.is_some) {
    rf_free_received_text(it->parent.value.namespace_);
    rf_free_received_text(it->parent.value.workflow_id);
    free_if_some(it->parent.value.run_id);
  }
  if (it->root.is_some) {
    rf_free_received_text(it->root.value.workflow_id);
    free_if_some(it->root.value.run_id);
  }
  if (it->retry.is_some && it->retry.value.non_retryable_error_types.length) {
    for (size_t n = 0; n < it->retry.value.non_retryable_error_types.length; n++) {
      rf_free_received_text(it->retry.value.non_retryable_error_types.at[n]);
    }
    free(it->retry.value.non_retryable_error_types.at);
  }
  free_if_some(it->priority.fairness_key);
  rf_free_received_fields(it->headers);
  rf_free_received_fields(it->memo);
  rf_free_received_fields(it->search_attributes);
  if (it->last_completion_result.is_some) rf_free_received(it->last_completion_result.value);
  if (it->last_failure.is_some) rf_free_received_failure(it->last_failure.value);
}

/* ---- Fields ----------------------------------------------------------------------------------------- */

abi_fields rf_fields_of(const char *object) {
  abi_fields fields = {NULL, 0};
  const char *name;
  while ((name = refrain_field_name(object, fields.length))) {
    fields.at = rf_must_resize(fields.at, (fields.length + 1) * sizeof(abi_field));
    fields.at[fields.length++] = (abi_field){rf_text_of(name), payload_taking(refrain_field(object, name))};
  }
  return fields;
}

const char *rf_json_of_field(abi_fields fields, const char *name) {
  for (size_t n = 0; n < fields.length; n++) {
    if (rf_is_text(fields.at[n].name, name)) return json_of(&fields.at[n].value);
  }
  return NULL;
}

/* ---- Results and failures --------------------------------------------------------------------------- */

uint32_t rf_question;

/* Where copies go. `at` is NULL: they are only counted. */
typedef struct { char *at; size_t used; } block;

static void *put(block *to, const void *from, size_t length) {
  void *copy = to->at ? to->at + to->used : NULL;
  if (copy && length) memcpy(copy, from, length);
  /* Aligned for all that may come next. */
  to->used += (length + 7) & ~(size_t)7;
  return copy;
}

static abi_text put_text(block *to, abi_text text) { return (abi_text){put(to, text.at, text.length), text.length}; }

static abi_payload put_payload(block *to, abi_payload it) {
  abi_metadata *metadata = put(to, it.metadata.at, it.metadata.length * sizeof *metadata);
  for (size_t n = 0; n < it.metadata.length; n++) {
    abi_metadata copy = {put_text(to, it.metadata.at[n].name), put_text(to, it.metadata.at[n].value)};
    if (metadata) metadata[n] = copy;
  }
  it.metadata.at = metadata;
  it.data = put_text(to, it.data);
  return it;
}

static abi_frame put_frame(block *to, abi_frame it) {
  it.message = put_text(to, it.message);
  switch (it.kind.tag) {
    case KIND_APPLICATION:
      it.kind.value.application.type = put_text(to, it.kind.value.application.type);
      break;
    case KIND_ACTIVITY:
      it.kind.value.activity.type = put_text(to, it.kind.value.activity.type);
      it.kind.value.activity.id = put_text(to, it.kind.value.activity.id);
      break;
    case KIND_CHILD:
      it.kind.value.child.type = put_text(to, it.kind.value.child.type);
      it.kind.value.child.workflow_id = put_text(to, it.kind.value.child.workflow_id);
      if (it.kind.value.child.run_id.is_some) {
        it.kind.value.child.run_id.value = put_text(to, it.kind.value.child.run_id.value);
      }
      break;
  }
  it.source = put_text(to, it.source);
  it.stack_trace = put_text(to, it.stack_trace);
  abi_payload *details = put(to, it.details.at, it.details.length * sizeof *details);
  for (size_t n = 0; n < it.details.length; n++) {
    abi_payload copy = put_payload(to, it.details.at[n]);
    if (details) details[n] = copy;
  }
  it.details.at = details;
  if (it.encoded_attributes.is_some) it.encoded_attributes.value = put_payload(to, it.encoded_attributes.value);
  return it;
}

static refrain_failure *put_failure(block *to, abi_failure frames) {
  refrain_failure empty = {.question = rf_question}, *failure = put(to, &empty, sizeof empty);
  abi_frame *copies = put(to, frames.at, frames.length * sizeof *copies);
  for (size_t n = 0; n < frames.length; n++) {
    abi_frame copy = put_frame(to, frames.at[n]);
    if (copies) copies[n] = copy;
  }
  if (failure) failure->frames = (abi_failure){copies, frames.length};
  return failure;
}

static refrain_result failed(abi_failure frames) {
  block counted = {NULL, 0};
  put_failure(&counted, frames);
  block made = {rf_must_alloc(counted.used), 0};
  return (refrain_result){NULL, put_failure(&made, frames)};
}

refrain_result rf_failed(abi_failure received) {
  refrain_result result = failed(received);
  rf_free_received_failure(received);
  return result;
}

refrain_result rf_failed_with(uint8_t kind, const char *type, const char *message) {
  abi_frame frame = {.message = rf_text_of(message), .source = rf_text_of("refrain-c"), .kind.tag = kind};
  if (kind == KIND_APPLICATION) frame.kind.value.application.type = rf_text_of(type);
  return failed((abi_failure){&frame, 1});
}

typedef struct taken {
  const char *json;
  struct taken *next;
} taken;

static taken *all_taken;

refrain_result refrain_ok_taking(const char *json) {
  if (!json) return refrain_ok(NULL);
  taken *it = rf_must_alloc(sizeof *it);
  *it = (taken){json, all_taken};
  all_taken = it;
  return (refrain_result){json, NULL};
}

const char *rf_taken(const char *json) {
  taken **at = &all_taken;
  while (*at && (*at)->json != json) at = &(*at)->next;
  taken *it = *at;
  if (!it) return NULL;
  *at = it->next;
  free(it);
  return json;
}

refrain_result refrain_ok(const char *json) {
  return (refrain_result){json ? json : rf_text_copy("null", 4), NULL};
}

refrain_result refrain_fail(const char *type, const char *format, ...) {
  FORMATTED(message);
  refrain_result result = rf_failed_with(KIND_APPLICATION, type, message);
  free((void *)message);
  return result;
}

refrain_result refrain_continue_as_new(const char *args) {
  return refrain_continue_as_new_with(args, (refrain_continue_options){0});
}

refrain_result refrain_continue_as_new_with(const char *args, refrain_continue_options options) {
  refrain_failure *failure = rf_must_alloc(sizeof *failure);
  failure->continued_with = args ? args : "[]";
  failure->continued = options;
  return (refrain_result){NULL, failure};
}

/* The frame that says why: those of activities and children only say what. */
static const abi_frame *reason(const refrain_failure *failure) {
  const abi_frame *frame = NULL;
  for (size_t n = 0; n < failure->frames.length; n++) {
    frame = &failure->frames.at[n];
    if (frame->kind.tag != KIND_ACTIVITY && frame->kind.tag != KIND_CHILD) break;
  }
  return frame;
}

const char *refrain_failure_message(const refrain_failure *failure) {
  const abi_frame *frame = reason(failure);
  /* Who was canceled has the words, and not why. */
  while (frame && !frame->message.length && frame > failure->frames.at) frame--;
  return frame ? rf_copy(frame->message) : rf_text_copy("", 0);
}

const char *refrain_failure_type(const refrain_failure *failure) {
  const abi_frame *frame = reason(failure);
  bool has_type = frame && frame->kind.tag == KIND_APPLICATION;
  return has_type ? rf_copy(frame->kind.value.application.type) : rf_text_copy("", 0);
}

bool refrain_failure_is_canceled(const refrain_failure *failure) {
  const abi_frame *frame = reason(failure);
  return frame && frame->kind.tag == KIND_CANCELED;
}

bool refrain_failure_is_timeout(const refrain_failure *failure) {
  const abi_frame *frame = reason(failure);
  return frame && frame->kind.tag == KIND_TIMEOUT;
}
