#ifndef REFRAIN_STACKS_H
#define REFRAIN_STACKS_H

/* The run and each update have a stack of their own, because each can wait while others go on. Between
 * turns the stack pointer is at the idle stack, where queries and the host's requests for memory run. */
enum { STACK_BYTES = 64 << 10 };
extern char rf_idle_stack[STACK_BYTES];

static inline void *stack(void) {
  void *at;
  __asm__ volatile(".globaltype __stack_pointer, i32\nglobal.get __stack_pointer\nlocal.set %0" : "=r"(at) : : "memory");
  return at;
}

static inline void set_stack(void *at) {
  __asm__ volatile(".globaltype __stack_pointer, i32\nlocal.get %0\nglobal.set __stack_pointer" : : "r"(at) : "memory");
}

#endif
