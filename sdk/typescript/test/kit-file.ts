// An author's test, as the compiler sees it.

import { TestEnvironment } from "../testing/index.mjs";

declare function greeting(name: string): Promise<string>;

export async function aWeekPassesAtOnce(): Promise<void> {
  await using env = await TestEnvironment.create({
    component: "workflow.wasm",
    activities: { greet: async (name: string) => `Hello, ${name}` },
  });
  const greeted: string = await env.execute<typeof greeting>("greeting", { args: ["Ann"], workflowId: "ann" });
  const handle = await env.start<typeof greeting>("greeting", { args: [greeted] });
  await env.sleep("7 days");
  const result: string = await handle.result();
  await env.client.workflow.getHandle(result).signal("decide", { approved: true });
  await env.work("elsewhere", { notify: async () => {} });
  await env.deploy("next.wasm", "elsewhere");
  await env.replay("ann");
  await env.replaySaved("ann.json", await env.history("ann"));
}
