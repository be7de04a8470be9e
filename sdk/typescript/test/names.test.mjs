// Compares what can be imported with what Temporal's own package has, name by name and member by member, and
// compiles a file that imports by its names.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const path = (from) => fileURLToPath(new URL(from, import.meta.url));
const ts = createRequire(path("../../../guest-examples/typescript/package.json"))("typescript");

const OURS = path("../src/index.ts");
const THEIRS = path("../../../tests/clients/typescript/node_modules/@temporalio/workflow/lib/index.d.ts");

/** What is theirs only, and why. */
const LEFT_OUT = {
  "of the protocol between their worker and their sandbox, which is not here": [
    "ActivateInput",
    "ConcludeActivationInput",
    "ConcludeActivationOutput",
    "DisposeInput",
    "LocalActivityDoBackoff",
    "SinkCall",
    "decodeWorkflowIdConflictPolicy",
    "decodeWorkflowIdReusePolicy",
    "encodeWorkflowIdConflictPolicy",
    "encodeWorkflowIdReusePolicy",
  ],
  "of stack traces that the host answers, from history": [
    "EnhancedStackTrace",
    "StackTrace",
    "StackTraceFileLocation",
    "StackTraceFileSlice",
    "StackTraceSDKInfo",
  ],
  "of converters chosen by type: every value is JSON here": [
    "ActivityProxyOptions",
    "ActivityTypeInfoMap",
    "LocalActivityProxyOptions",
    "WorkflowTypeOptions",
    "extractWorkflowTypeAndConfig",
  ],
  "of a client's start": ["BaseWorkflowOptions", "CommonWorkflowOptions"],
  "types of types that no program names": ["WorkflowQueryType", "WorkflowSignalType"],
  "payloads are kept by reference without any setting": ["ExternalStorageNotConfiguredError"],
};

/** Members of theirs that ours has not, and why. */
const MEMBERS_LEFT_OUT = {
  "every value is JSON here": ["typeInfo", "inputType", "outputType"],
  "the next run begins at once": ["backoffStartInterval"],
  "a run stays on its component unless it says otherwise with `sameVersion`": ["initialVersioningBehavior"],
  "the host does not tell": [
    "WorkflowInfo.suggestedContinueAsNewReasons",
    "WorkflowInfo.cronScheduleToScheduleInterval",
    "WorkflowInfo.currentBuildId",
    "WorkflowInfo.currentDeploymentVersion",
    "ActivityFailure.identity",
    "ChildWorkflowFailure.namespace",
  ],
  "the host makes the attempts": ["LocalActivityInput.originalScheduleTime"],
  "a local activity waits for no worker": ["LocalActivityOptions.scheduleToStartTimeout"],
  "no program sees a protobuf message": ["failure", "ContinueAsNew.eventGroupMarkers", "Payload.externalPayloads"],
  "there is one converter": ["PayloadConverter.validateConverterHint"],
  "of the SDK's own": ["CancellationScope.reject", "CancellationScope.runInContext"],
  "there are no activations that a program could see": [
    "WorkflowInternalsInterceptor.activate",
    "WorkflowInternalsInterceptor.concludeActivation",
    "WorkflowInternalsInterceptor.dispose",
  ],
};

const FILE = path("temporal-file.ts");

/** With `@temporalio/workflow` from there. */
function programOf(files, workflow) {
  return ts.createProgram([...files, FILE], {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts"],
    types: [],
    paths: { "@temporalio/workflow": [workflow] },
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  });
}

const program = programOf([OURS, THEIRS, path("../globals.d.ts")], THEIRS);
const checker = program.getTypeChecker();

function exportsOf(file) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(file));
  const followed = (it) => (it.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(it) : it);
  return new Map(checker.getExportsOfModule(module).map((it) => [it.name, followed(it)]));
}

const ours = exportsOf(OURS);
const theirs = exportsOf(THEIRS);

test("every name of Temporal's package is there, or is left out for a reason", () => {
  const missing = [...theirs.keys()].filter((name) => !ours.has(name)).sort();
  assert.deepEqual(missing, Object.values(LEFT_OUT).flat().sort());
});

test("what is a value there is a value here", () => {
  const isValue = (it) => (it.flags & ts.SymbolFlags.Value) !== 0;
  const types = [...theirs].filter(([name, it]) => ours.has(name) && isValue(it) && !isValue(ours.get(name)));
  assert.deepEqual(types.map(([name]) => name), []);
});

test("every member of their options, inputs and classes is there, or is left out for a reason", () => {
  const membersOf = (it) => {
    const value = it.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias);
    return value ? checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(it)).map((member) => member.name) : [];
  };
  const missing = [];
  for (const [name, it] of theirs) {
    if (!ours.has(name)) continue;
    const own = new Set(membersOf(ours.get(name)));
    const isNamed = (member) => !/^(#|__@)/.test(member);
    missing.push(...membersOf(it).filter((member) => isNamed(member) && !own.has(member)).map((member) => `${name}.${member}`));
  }
  const reasoned = new Set(Object.values(MEMBERS_LEFT_OUT).flat());
  const unreasoned = missing.filter((it) => !reasoned.has(it) && !reasoned.has(it.split(".")[1]));
  assert.deepEqual(unreasoned.sort(), []);
});

/** Errors in the file that imports by Temporal's names. */
function errorsIn(program) {
  const errors = program.getSemanticDiagnostics(program.getSourceFile(FILE));
  return errors.map((it) => ts.flattenDiagnosticMessageText(it.messageText, "\n"));
}

test("a file that imports by Temporal's names compiles against Temporal's own types", () => {
  assert.deepEqual(errorsIn(program), []);
});

test("and against ours as it stands", () => {
  assert.deepEqual(errorsIn(programOf([path("../globals.d.ts")], OURS)), []);
});

test("choices have Temporal's values", () => {
  const valuesOf = (symbol) => {
    const type = checker.getTypeOfSymbol(symbol);
    const literals = type.getProperties().map((it) => [it.name, checker.getTypeOfSymbol(it)]);
    return Object.fromEntries(literals.filter(([, it]) => it.isStringLiteral()).map(([name, it]) => [name, it.value]));
  };
  for (const name of [
    "ActivityCancellationType",
    "ChildWorkflowCancellationType",
    "NexusOperationCancellationType",
    "ParentClosePolicy",
    "WorkflowIdConflictPolicy",
    "WorkflowIdReusePolicy",
  ]) {
    const [own, other] = [valuesOf(ours.get(name)), valuesOf(theirs.get(name))];
    for (const [choice, value] of Object.entries(own)) assert.equal(value, other[choice], `${name}.${choice}`);
    assert.deepEqual(Object.values(other).filter((value) => !Object.values(own).includes(value)), [], name);
  }
});
