// The same header from C++.

#include <refrain.h>

#include <string>

namespace {

refrain_result hello(const char *args) {
  const std::string name = refrain_text(refrain_item(args, 0));
  refrain_sleep(1000);
  const std::string greeting = "Hello, " + name + ", from C++";
  return refrain_ok(refrain_quote(greeting.c_str()));
}

const refrain_workflow workflows[] = {{"hello", hello, "Greets after a second"}, {}};

} // namespace

extern "C" const refrain_definition refrain_program = {workflows, nullptr, nullptr, nullptr};
