export interface EventGroupMarker {
    withScope<T>(fn: () => Promise<T>): Promise<T>;
}
export declare function createEventGroup(_label: string, _options?: {
    id?: string;
}): EventGroupMarker;
