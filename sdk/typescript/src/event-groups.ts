// Groups of events that a page may show together. The host keeps none, so they are accepted and have no effect.

export interface EventGroupMarker {
  withScope<T>(fn: () => Promise<T>): Promise<T>;
}

export function createEventGroup(_label: string, _options?: { id?: string }): EventGroupMarker {
  return { withScope: (fn) => fn() };
}
