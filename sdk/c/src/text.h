/* Memory and text, inside the SDK. */
#ifndef REFRAIN_TEXT_H
#define REFRAIN_TEXT_H

#include <stdarg.h>
#include <stddef.h>

/* Traps if there is no memory left, which fails the workflow task and not the run. Zeroed. */
void *rf_must_alloc(size_t bytes);
/* Traps as well. What is new is not zeroed. */
void *rf_must_resize(void *at, size_t bytes);
/* So many bytes, and a 0 after them. */
char *rf_text_copy(const char *at, size_t length);
char *rf_text_format(const char *format, va_list args);

#define FORMATTED(text)                    \
  va_list args;                            \
  va_start(args, format);                  \
  const char *text = rf_text_format(format, args); \
  va_end(args)

#endif
