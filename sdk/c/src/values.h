/* What goes in and out of the host, inside the SDK. */
#ifndef REFRAIN_VALUES_H
#define REFRAIN_VALUES_H

#include "abi.h"
#include "refrain.h"

const char *rf_copy(abi_text text);
abi_text rf_text_of(const char *text);
bool rf_is_text(abi_text text, const char *other);

/* A result: one value, or nothing, which is null. */
const char *rf_json_of_first(abi_payloads payloads);
/* Arguments: an array. */
const char *rf_json_of_all(abi_payloads payloads);
abi_payload rf_payload_of(const char *json);
abi_payloads rf_one_payload(const char *json);
abi_payloads rf_payloads_of(const char *args);

struct refrain_failure {
  abi_failure frames;
  /* Not NULL: this is no failure, the run is to go on with these arguments. */
  const char *continued_with;
};

refrain_result rf_failed(abi_failure frames);
refrain_result rf_failed_with(uint8_t kind, const char *type, const char *message);

#endif
