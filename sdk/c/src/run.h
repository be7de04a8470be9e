/* What the functions that the host calls share with those that wait. */
#ifndef REFRAIN_RUN_H
#define REFRAIN_RUN_H

#include "refrain.h"

/* The run's own wait for a request to cancel it. NULL: it has been told. */
extern refrain_op *rf_requested;
/* The update that goes on now. NULL: it is the run. */
extern struct running_update *rf_running;
/* Fails the task, with what to do, if that update has written beyond its stack. */
void rf_check_stack(void);

/* Something may have become true. */
void rf_ask_conditions(void);

#endif
