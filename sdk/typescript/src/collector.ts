// The engine looks for garbage when the program has half as much again as when it last looked, and to look touches every
// page of its memory. What its start takes is near that, so many a short run would pay for it. A component is stored as
// it is after its start: what is decided here holds for every run.

/** About 100 bytes each, so that a run may take 400 KB of its own first. */
const HELD = 4000;
/** What the objects leave behind is overwritten, and makes no component larger. */
const LEFT_BEHIND_BYTES = 300 << 10;

/** To be called last, when all modules have run. */
export function putOffTheCollector(): void {
  let held: object[] | undefined = [];
  for (let nth = 0; nth < HELD; nth++) held.push({ nth });
  held = undefined;
  new ArrayBuffer(LEFT_BEHIND_BYTES);
}
