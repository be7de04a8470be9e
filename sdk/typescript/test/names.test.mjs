// Compares what can be imported with what Temporal's own package has, name by name and member by member, and
// compiles a file that imports by its names.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const path = (from) => fileURLToPath(new URL(from, import.meta.url));
const ts = createRequire(path("../../../guest-examples/typescript/package.json"))("typescript");

const OURS = path("../src/index.ts");
const PACKAGES = "../../../tests/clients/typescript/node_modules/@temporalio";
const OUR_COMMON = path("../src/common.ts");
const THEIRS = path(`${PACKAGES}/workflow/lib/index.d.ts`);

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

/** The same of `@temporalio/common`, which is mostly of clients and workers. */
const LEFT_OUT_OF_COMMON = {
  "of activities and their workers":
    "ActivityCancellationDetails ActivityCancellationDetailsOptions ActivityDefinitionOptions Logger LogMetadata LogMetaOrFunc " +
    "LoggerWithComposedMetadata SdkComponent isActivityFunctionWithOptions MetricMeterWithComposedTags MetricTagsOrFunc " +
    "noopMetricMeter",
  "of clients":
    "BaseWorkflowOptions CommonWorkflowOptions HistoryAndWorkflowId VersioningOverride " +
    "AutoUpgradeVersioningOverride PinnedVersioningOverride WorkerDeploymentVersion convertDeploymentVersion",
  "of converters and codecs: every value is JSON here, and a codec is the client's":
    "ActivitySerializationContext ActivityTypeInfoMap BinaryPayloadConverter CompositePayloadConverter ConverterHint DataConverter " +
    "DefaultEncodedFailureAttributes DefaultFailureConverter DefaultFailureConverterOptions DefaultPayloadConverter EncodingType " +
    "FAILURE_SOURCE FailureConverter JsonPayloadConverter LoadedDataConverter METADATA_ENCODING_KEY METADATA_MESSAGE_TYPE_KEY " +
    "PayloadCodec PayloadConverterWithEncoding PayloadTypeInfo RawValue SerializationContext TransferTypeConverter TypeInfo " +
    "UndefinedPayloadConverter WorkflowSerializationContext arrayFromPayloads convertOptionalToPayload " +
    "createPayloadValidationError cutoffStackTrace defaultDataConverter defaultFailureConverter encodingKeys encodingTypes " +
    "extractWorkflowTypeAndConfig fromPayloadWithTypeInfo fromPayloadsAtIndex mapFromPayloads mapToPayloads " +
    "rawPayloadTypeBrand rawValueTypeInfo str toCanonicalString toPayloadWithTypeInfo toPayloads toPayloadsWithContext u8 " +
    "QueryDefinitionOptions SignalDefinitionOptions SignalTypeInfo UpdateDefinitionOptions WorkflowDefinitionConfig " +
    "WorkflowFunctionWithOptions WorkflowFunctionWithStaticOptions WorkflowStaticOptions WorkflowTypeOptions " +
    "isWorkflowFunctionWithOptions isWorkflowFunctionWithStaticOptions",
  "payloads are kept by reference without any setting":
    "ExternalStorage ExternalStorageNotConfiguredError StorageDriver StorageDriverActivityInfo StorageDriverClaim " +
    "StorageDriverRetrieveContext StorageDriverSelectContext StorageDriverSelector StorageDriverStoreContext " +
    "StorageDriverTargetInfo StorageDriverWorkflowInfo",
  "of protobuf messages, which no program sees":
    "ProtoFailure Timestamp compilePriority compileRetryPolicy decodeApplicationFailureCategory decodeInitialVersioningBehavior " +
    "decodePriority decodeRetryState decodeTimeoutType decodeVersioningBehavior decodeWorkflowIdConflictPolicy " +
    "decodeWorkflowIdReusePolicy decompileRetryPolicy encodeApplicationFailureCategory encodeInitialVersioningBehavior " +
    "encodeRetryState encodeTimeoutType encodeVersioningBehavior encodeWorkflowIdConflictPolicy encodeWorkflowIdReusePolicy " +
    "msNumberToTs msOptionalToTs msToTs optionalTsToDate optionalTsToMs tsToDate tsToMs",
  "types of types that no program names":
    "StringValue WorkflowQueryAnnotatedType WorkflowQueryType WorkflowSignalAnnotatedType WorkflowSignalType " +
    "WorkflowUpdateAnnotatedType WorkflowUpdateType WorkflowUpdateValidatorType",
  "Nexus is not there": "NexusOperationFailure",
  "the host does not tell why it suggests it, and moves no run by itself": "InitialVersioningBehavior SuggestContinueAsNewReason",
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

/** With Temporal's packages from there. */
function programOf(files, paths) {
  return ts.createProgram(files, {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts", "lib.esnext.disposable.d.ts"],
    types: [],
    paths,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  });
}

const GLOBALS = path("../globals.d.ts");
const KIT = path("kit-file.ts");

const THEIR_COMMON = path(`${PACKAGES}/common/lib/index.d.ts`);
const program = programOf([OURS, OUR_COMMON, THEIRS, THEIR_COMMON, GLOBALS, FILE, KIT], { "@temporalio/*": [path(`${PACKAGES}/*`)] });
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

test("every name of `@temporalio/common` is there, or is left out for a reason", () => {
  const own = exportsOf(OUR_COMMON);
  const missing = [...exportsOf(THEIR_COMMON).keys()].filter((name) => !own.has(name)).sort();
  assert.deepEqual(missing, Object.values(LEFT_OUT_OF_COMMON).join(" ").split(" ").sort());
});

test("what is a value there is a value here", () => {
  const isValue = (it) => (it.flags & ts.SymbolFlags.Value) !== 0;
  const types = [...theirs].filter(([name, it]) => ours.has(name) && isValue(it) && !isValue(ours.get(name)));
  assert.deepEqual(types.map(([name]) => name), []);
});

test("every member of their options, inputs and classes is there, or is left out for a reason", () => {
  const membersOf = (it) => {
    const own = it.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias);
    const ofClass = it.flags & ts.SymbolFlags.Class;
    const types = [...(own ? [checker.getDeclaredTypeOfSymbol(it)] : []), ...(ofClass ? [checker.getTypeOfSymbol(it)] : [])];
    return types.flatMap((type) => checker.getPropertiesOfType(type).map((member) => member.name));
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

function errorsIn(program, file) {
  const errors = program.getSemanticDiagnostics(program.getSourceFile(file));
  return errors.map((it) => ts.flattenDiagnosticMessageText(it.messageText, "\n"));
}

test("a file that imports by Temporal's names compiles against Temporal's own types", () => {
  assert.deepEqual(errorsIn(program, FILE), []);
});

test("and against ours as it stands", () => {
  assert.deepEqual(errorsIn(programOf([GLOBALS, FILE], { "@temporalio/workflow": [OURS] }), FILE), []);
});

test("the test kit is typed by Temporal's client", () => {
  assert.deepEqual(errorsIn(program, KIT), []);
});

test("choices have Temporal's names and values, also those of older programs", () => {
  const valuesOf = (symbol) => {
    const type = checker.getTypeOfSymbol(symbol);
    const literals = type.getProperties().map((it) => [it.name, checker.getTypeOfSymbol(it)]);
    const isChoice = (it) => it.isStringLiteral() || it.flags & ts.TypeFlags.Undefined;
    return Object.fromEntries(literals.filter(([, it]) => isChoice(it)).map(([name, it]) => [name, it.value]));
  };
  const [ourCommon, theirCommon] = [exportsOf(OUR_COMMON), exportsOf(THEIR_COMMON)];
  for (const name of [
    "ActivityCancellationType",
    "ChildWorkflowCancellationType",
    "NexusOperationCancellationType",
    "ParentClosePolicy",
    "WorkflowIdConflictPolicy",
    "RetryState",
    "TimeoutType",
    "WorkflowIdReusePolicy",
  ]) {
    const known = (workflow, common) => valuesOf(workflow.get(name) ?? common.get(name));
    assert.deepEqual(known(ours, ourCommon), known(theirs, theirCommon), name);
  }
});
