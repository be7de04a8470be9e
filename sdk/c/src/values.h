/* What goes in and out of the host, inside the SDK. */
#ifndef REFRAIN_VALUES_H
#define REFRAIN_VALUES_H

#include "abi.h"
#include "refrain.h"

const char *rf_copy(abi_text text);
abi_text rf_text_of(const char *text);
bool rf_is_text(abi_text text, const char *other);

/* NULL and 0 are none. */
static inline abi_maybe_text rf_maybe_text(const char *text) { return (abi_maybe_text){text != NULL, rf_text_of(text)}; }
static inline abi_maybe_u64 rf_maybe_u64(uint64_t value) { return (abi_maybe_u64){value != 0, value}; }

/* A result: one value, or nothing, which is null. */
const char *rf_json_of_first(abi_payloads payloads);
/* Arguments: an array. */
const char *rf_json_of_all(abi_payloads payloads);
abi_payload rf_payload_of(const char *json);
abi_payloads rf_one_payload(const char *json);
abi_payloads rf_payloads_of(const char *args);
/* Of those, once the host has them. */
void rf_free_payloads(abi_payloads made);
/* Of an object of JSON. NULL: none. */
abi_fields rf_fields_of(const char *object);
void rf_free_fields(abi_fields made);
/* NULL: there is none of that name. */
const char *rf_json_of_field(abi_fields fields, const char *name);

/* Of what the host has handed over. */
void rf_free_received(abi_payloads payloads);
void rf_free_received_text(abi_text text);
void rf_free_received_fields(abi_fields fields);
void rf_free_received_failure(abi_failure failure);
void rf_free_received_info(const abi_info *info);

/* One piece of memory, with all that is in the frames. */
struct refrain_failure {
  abi_failure frames;
  /* The question that it was made for. 0: it was made for none. */
  uint32_t question;
  /* Not NULL: this is no failure, the run is to go on with these arguments. */
  const char *continued_with;
  refrain_continue_options continued;
};

/* The query or the validation that is being answered, counted from 1. 0: there is none. */
extern uint32_t rf_question;

/* Of what the host has handed over: the frames are gone then. */
refrain_result rf_failed(abi_failure received);
refrain_result rf_failed_with(uint8_t kind, const char *type, const char *message);
/* What `refrain_ok_taking` took: from now on it is the caller's. NULL: it was not taken. */
const char *rf_taken(const char *json);

#endif
