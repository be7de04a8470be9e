/* The README's program: an order that is paid, confirmed within a day, and shipped; or else refunded. */

#include <refrain.h>

static const uint64_t DAY_MS = 24 * 60 * 60 * 1000;
static const refrain_activity_options STEP = {.start_to_close_ms = 10 * 1000};

static refrain_result order(const char *args) {
  const char *id = refrain_item(args, 0), *amount = refrain_item(args, 1);
  if (!id || !amount) return refrain_fail("BadArguments", "found %s, expected an id and an amount", args);

  refrain_op *confirmed = refrain_start_signal("confirmed");
  refrain_result payment = refrain_execute_activity("charge", refrain_format("[%s,%s]", id, amount), STEP);
  if (payment.failure) return payment;

  refrain_op *late = refrain_start_timer(DAY_MS);
  if (refrain_select((refrain_op *[]){confirmed, late}, 2) == 0) {
    refrain_cancel(late);
    refrain_result confirmation = refrain_await(confirmed);
    if (confirmation.failure) return confirmation;
    return refrain_execute_activity("ship", refrain_format("[%s]", id), STEP);
  }
  refrain_result refund = refrain_execute_activity("refund", refrain_format("[%s]", payment.json), STEP);
  if (refund.failure) return refund;
  return refrain_fail("Timeout", "the warehouse did not confirm");
}

const refrain_definition refrain_program = {
    .workflows = (refrain_workflow[]){{"order", order, "Charges, waits for the warehouse, ships or refunds"}, {0}},
    .signals = (refrain_signal[]){{"confirmed", "The warehouse has what was ordered"}, {0}},
};
