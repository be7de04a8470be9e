// Modules run once at their top level, when a component is built, and what they made is in every run. No host answers
// then: what is pure is what the engine has at that time, and what needs a run says so.

import { WorkflowError } from "./errors";

let begun = false;

/** To be called first in an export of the component. */
export function begin(): void {
  begun = true;
}

/** False at the top level of a module. */
export function hasBegun(): boolean {
  return begun;
}

/** Errors at the top level of a module. */
export function needRun(what: string): void {
  if (begun) return;
  throw new WorkflowError(`${what} is for a workflow: no run has begun at the top level of a module, which runs once, when the component is built`);
}
