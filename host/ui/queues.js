// Task queues: which components serve them, who polls them, how much waits.

import { again } from "./api.js";
import { h, cell, empty, facts, headings, panel, place } from "./dom.js";
import { duration, enumName, pill, short, time } from "./format.js";

const ACTIVITIES = "TASK_QUEUE_TYPE_ACTIVITY";

export async function view(context) {
  const { api, signal, to, title } = context;
  title("Task queues");
  const list = place((deployments) => {
    const queues = groupBy(deployments);
    if (queues.size === 0) return empty("Nothing is deployed here. ", h("code", null, "refrain deploy FILE --task-queue NAME"), " puts a component to work.");
    return [...queues.keys()].sort().map((queue) => h("article.panel", null,
      h("h2", null, h("a", { href: to(["queues", queue]), "data-row": true }, queue)), versions(context, queues.get(queue))));
  });
  const load = async () => list.show((await api.ours(["deployments"])).deployments ?? []);
  await load();
  context.show(h("h1", null, "Task queues"), list.element);
  again(signal, load);
}

function groupBy(deployments) {
  const queues = new Map();
  for (const it of deployments) queues.set(it.taskQueue, [...(queues.get(it.taskQueue) ?? []), it]);
  return queues;
}

function versions(context, list) {
  return h("table.list", null,
    headings("Stage", "Component", "Runs", "Version", "Digest", "Deployed", "Open runs"),
    h("tbody", null, list.map((it) => {
      const isWorkflow = it.kind === "COMPONENT_KIND_WORKFLOW";
      const stage = enumName(it.stage, "VERSION_STAGE_") || (it.current ? "Current" : "Former");
      const share = stage === "Ramping" ? ` ${it.rampPercentage ?? 0} %` : "";
      const open = Number(it.openRuns ?? 0);
      const runs = context.to(["workflows"], { query: `TemporalWorkerDeploymentVersion = '${it.taskQueue}:${it.digest}'`, status: "Running" });
      return h("tr", null, cell("Stage", pill(stage), share), cell("Component", it.name), cell("Runs", isWorkflow ? "workflows" : "activities"),
        cell("Version", it.version), cell("Digest", short(it.digest)), cell("Deployed", time(it.deployTime)),
        cell("Open runs", !isWorkflow ? null : open > 0 ? h("a", { href: runs }, open) : "0"));
    })));
}

export async function one(context, queue) {
  const { api, signal, to, title } = context;
  title(queue);
  const filter = { query: `TaskQueue = '${queue.replaceAll("'", "''")}'` };
  const body = place(({ deployments, described, workers }) => [
    deployments.length > 0 ? h("article.panel", null, h("h2", null, "Versions"), versions(context, deployments)) : null,
    panel("Activities", facts([
      ["Waiting", described.stats?.approximateBacklogCount ?? "0"],
      ["Oldest", duration(described.stats?.approximateBacklogAge)],
      ["Added", rate(described.stats?.tasksAddRate)],
      ["Handed out", rate(described.stats?.tasksDispatchRate)],
    ]), h("h3", null, "Workers that poll"), pollers(described.pollers)),
    workers.length > 0 ? panel("Workers that say so", h("ul.plain", null, workers.map((it) => h("li", null, h("code", null, it.workerHeartbeat?.workerIdentity), " ", h("span.note", null, `${it.workerHeartbeat?.sdkName ?? ""} ${it.workerHeartbeat?.sdkVersion ?? ""}`))))) : null,
  ]);
  const load = async () => {
    const [deployed, described, workers] = await Promise.all([
      api.ours(["deployments"], { taskQueue: queue }),
      api.get(["task-queues", queue], { taskQueueType: ACTIVITIES, reportPollers: true, reportStats: true }),
      api.get(["workers"], filter).catch(() => ({})),
    ]);
    body.show({ deployments: deployed.deployments ?? [], described, workers: workers.workersInfo ?? [] });
  };
  await load();
  context.show(
    h("header", null, h("p.crumbs", null, h("a", { href: to(["queues"]) }, "Task queues")), h("div.title", null, h("h1", null, queue)),
      h("div.actions", null, h("a.button", { href: to(["workflows"], filter) }, "Its workflows"))),
    body.element);
  again(signal, load);
}

function rate(perSecond) {
  return perSecond > 0 ? `${perSecond.toPrecision(2)} a second` : "";
}

function pollers(list = []) {
  if (list.length === 0) return empty("none; what the host runs itself needs none");
  return h("ul.plain", null, list.map((it) => h("li", null, h("code", null, it.identity), " ", h("span.note", null, "last seen ", time(it.lastAccessTime)))));
}
