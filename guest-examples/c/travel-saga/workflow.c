/* A trip: a car, a hotel, and a flight once it is paid. What was booked is canceled, last first, when
 * something fails or the trip is canceled; a hotel that can't be canceled does not hold up the car. */

#include <refrain.h>

static const uint64_t HOUR_MS = 60 * 60 * 1000;
static const refrain_activity_options STEP = {.start_to_close_ms = 10 * 1000, .maximum_attempts = 2};

static refrain_result travel(const char *args) {
  const char *trip = refrain_item(args, 0);
  refrain_result car = {0}, hotel = {0}, end;

  end = refrain_execute_activity("bookCar", refrain_format("[%s]", trip), STEP);
  if (end.failure) goto undo;
  car = end;

  end = refrain_execute_activity("bookHotel", refrain_format("[%s]", trip), STEP);
  if (end.failure) goto undo;
  hotel = end;

  refrain_op *late = refrain_start_timer(HOUR_MS), *paid = refrain_start_signal("paid");
  size_t first = refrain_select((refrain_op *[]){paid, late}, 2);
  if (first == 1 && !refrain_await(late).failure) {
    end = refrain_fail("Timeout", "the trip was not paid within an hour");
    goto undo;
  }
  end = refrain_await(paid);
  if (end.failure) goto undo;
  refrain_cancel(late);

  end = refrain_execute_activity("bookFlight", refrain_format("[%s,\"economy\"]", trip), STEP);
  if (end.failure) goto undo;
  return refrain_ok(refrain_format("[%s,%s,%s]", car.json, hotel.json, end.json));

undo:
  if (hotel.json) refrain_execute_activity("cancelHotel", refrain_format("[%s]", hotel.json), STEP);
  if (car.json) refrain_execute_activity("cancelCar", refrain_format("[%s]", car.json), STEP);
  return end;
}

const refrain_definition refrain_program = {
    .workflows = (refrain_workflow[]){{"travel", travel, "Books a trip"}, {0}},
    .signals = (refrain_signal[]){{"paid", "The customer has paid"}, {0}},
};
