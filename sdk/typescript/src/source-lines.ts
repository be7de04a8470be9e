// Stack traces that name the author's files, by what `refrain-build` has put beside the program.

interface Sources {
  files: string[];
  /** `[first line of the bundle, file, first line there, how many]`, in order. */
  runs: [number, number, number, number][];
}

const FRAME = /^(\s*at .*?)\(?\S*\.bundle\.js:(\d+)(?::\d+)?\)?$/;
/** The frames of the author's program alone. */
export function traced(stack: string | undefined): string {
  const json = (globalThis as { __refrainSources?: string }).__refrainSources;
  if (!stack || !json) return stack ?? "";
  const sources: Sources = JSON.parse(json);
  const lines = stack.split("\n").filter((line) => line !== "");
  const traced = lines.flatMap((line) => {
    const [, what, number] = FRAME.exec(line) ?? [];
    // Not a frame: what the author wrote himself, or a trace that was mapped where it was made.
    if (what === undefined) return line.endsWith("(native)") ? [] : [line];
    const where = lookUp(sources, Number(number));
    return where ? [`${what}(${where})`] : [];
  });
  return traced.join("\n");
}

function lookUp({ files, runs }: Sources, line: number): string | undefined {
  const run = runs.find(([first, , , count]) => line >= first && line < first + count);
  return run && `${files[run[1]]}:${run[2] + line - run[0]}`;
}
