/* What a program sees of the world: clocks, chance, files, sockets, and what its own numbers are like. It tells
 * it once as it happens, line by line, and once as its result: after a wait, when its memory may have been lost
 * and made again. */

#include <errno.h>
#include <math.h>
#include <refrain.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* All lines, as items of a JSON array. */
static const char *told = "";

/* Says a line, and keeps it. */
__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...) {
  char line[256];
  va_list values;
  va_start(values, format);
  vsnprintf(line, sizeof line, format, values);
  va_end(values);
  printf("%s\n", line);
  fflush(stdout);
  told = refrain_format("%s%s%s", told, *told ? "," : "", refrain_quote(line));
}

/* What became of a call that answers less than zero, or nothing, when it fails. */
static const char *answer(bool is_there) { return is_there ? "there" : strerror(errno); }

static void tell_clock(const char *name, clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  tell("%s: %lld.%09ld", name, (long long)now.tv_sec, now.tv_nsec);
}

static void tell_the_time(void) {
  time_t now = time(NULL);
  tell("time: %lld", (long long)now);
  tell_clock("real clock", CLOCK_REALTIME);
  tell_clock("monotonic clock", CLOCK_MONOTONIC);
  tell("time of day: %s", strtok(asctime(localtime(&now)), "\n"));
}

static void tell_chance(void) {
  uint64_t bytes;
  getentropy(&bytes, sizeof bytes);
  tell("random bytes: %016llx", (unsigned long long)bytes);
  tell("random number of the run: %016llx", (unsigned long long)refrain_random_u64());
  tell("uuid: %s", refrain_uuid4());
  tell("rand: %d %d", rand(), rand());
}

static void tell_surroundings(void) {
  char path[64], byte;
  struct stat status;
  tell("environment: %s", environ && *environ ? *environ : "empty");
  tell("HOME: %s", getenv("HOME") ? getenv("HOME") : "none");
  tell("directory: %s", getcwd(path, sizeof path) ? path : answer(false));
  tell("stdin: %zd", read(STDIN_FILENO, &byte, 1));
  tell("file to read: %s", answer(fopen("/etc/passwd", "r") != NULL));
  tell("file to write: %s", answer(fopen("told.txt", "w") != NULL));
  tell("status of a file: %s", answer(stat("/", &status) == 0));
  tell("new directory: %s", answer(mkdir("here", 0700) == 0));
  /* WASI 0.1 has nothing that opens a socket; one could only have been given. */
  tell("descriptor that was given: %s", answer(write(3, "", 0) >= 0));
}

static void tell_numbers(void) {
  volatile double zero = 0, infinite = INFINITY;
  double nans[] = {zero / zero, infinite - infinite, sqrt(-1 - zero), infinite * zero, -(zero / zero)};
  for (size_t nth = 0; nth < sizeof nans / sizeof *nans; nth++) {
    uint64_t bits;
    memcpy(&bits, &nans[nth], sizeof bits);
    tell("NaN: %llx", (unsigned long long)bits);
  }
}

/* What it saw. */
static refrain_result sandbox(const char *args) {
  (void)args;
  tell_the_time();
  tell_chance();
  tell_surroundings();
  tell_numbers();
  refrain_sleep(20);
  tell_the_time();
  usleep(20 * 1000);
  tell_the_time();
  return refrain_ok(refrain_format("[%s]", told));
}

const refrain_definition refrain_program = {
    .workflows = (refrain_workflow[]){{"sandbox", sandbox, "Tells what it sees of the world"}, {0}},
};
