/* What the functions that the host calls share with those that wait. */
#ifndef REFRAIN_RUN_H
#define REFRAIN_RUN_H

#include "refrain.h"

/* The run's own wait for a request to cancel it. NULL: it has been told. */
extern refrain_op *rf_requested;
/* Is it the run that goes on now, or an update? */
extern bool rf_is_run;

/* Something may have become true. */
void rf_ask_conditions(void);

#endif
