/* An order: charge, reserve, wait for the warehouse, schedule the delivery. What was done is undone, last
 * first, when a later step fails or the order is canceled. */

#include <refrain.h>

static const uint64_t HOUR_MS = 60 * 60 * 1000;
static const refrain_activity_options STEP = {.start_to_close_ms = 10 * 1000, .maximum_attempts = 5};

static const char *status = "\"received\"";

static void set_status(const char *json) {
  status = json;
  refrain_publish("status", json);
}

static refrain_result order_fulfillment(const char *args) {
  const char *order = refrain_item(args, 0);
  const char *order_id = refrain_field(order, "orderId");
  refrain_op *confirmed = refrain_start_signal("warehouseConfirmed");
  refrain_result charge = {0}, reservation = {0}, end;

  set_status("\"charging\"");
  end = refrain_execute_activity("charge", refrain_format("[%s,%s]", order_id, refrain_field(order, "amount")), STEP);
  if (end.failure) goto undo;
  charge = end;

  set_status("\"reserving\"");
  end = refrain_execute_activity("reserve", refrain_format("[%s,%s]", order_id, refrain_field(order, "items")), STEP);
  if (end.failure) goto undo;
  reservation = end;

  set_status("\"awaitingWarehouse\"");
  refrain_op *late = refrain_start_timer(24 * HOUR_MS);
  size_t first = refrain_select((refrain_op *[]){confirmed, late}, 2);
  if (first == 1 && !refrain_await(late).failure) {
    end = refrain_fail("WarehouseTimeout", "the warehouse did not confirm within 24 hours");
    goto undo;
  }
  end = refrain_await(confirmed);
  if (end.failure) goto undo;
  refrain_cancel(late);

  set_status("\"schedulingDelivery\"");
  end = refrain_execute_activity("scheduleDelivery", refrain_format("[%s,%s]", order_id, reservation.json), STEP);
  if (end.failure) goto undo;

  set_status("\"completed\"");
  return refrain_ok(refrain_format(
      "{\"orderId\":%s,\"chargeId\":%s,\"reservationId\":%s,\"deliveryId\":%s}",
      order_id, charge.json, reservation.json, end.json));

undo:
  set_status("\"compensating\"");
  if (reservation.json) refrain_execute_activity("release", refrain_format("[%s]", reservation.json), STEP);
  if (charge.json) refrain_execute_activity("refund", refrain_format("[%s]", charge.json), STEP);
  set_status("\"failed\"");
  return end;
}

static refrain_result get_status(const char *args) {
  (void)args;
  return refrain_ok(status);
}

const refrain_definition refrain_program = {
    .workflows = (refrain_workflow[]){
        {"orderFulfillment", order_fulfillment, "Takes an order from payment to delivery"}, {0}},
    .signals = (refrain_signal[]){{"warehouseConfirmed", "The warehouse has packed the order"}, {0}},
    .queries = (refrain_query[]){{"status", get_status, "Which step the order is at"}, {0}},
};
