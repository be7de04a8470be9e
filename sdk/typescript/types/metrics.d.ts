export type MetricTags = Record<string, string | number | boolean>;
export type MetricKind = "counter" | "histogram" | "gauge" | "up-down-counter";
export type NumericMetricValueType = "int" | "float";
export interface Metric {
    readonly name: string;
    readonly unit?: string;
    readonly description?: string;
    readonly kind: MetricKind;
    readonly valueType: NumericMetricValueType;
}
export interface MetricCounter extends Metric {
    add(value: number, extraTags?: MetricTags): void;
    withTags(tags: MetricTags): MetricCounter;
}
export interface MetricHistogram extends Metric {
    record(value: number, extraTags?: MetricTags): void;
    withTags(tags: MetricTags): MetricHistogram;
}
export interface MetricGauge extends Metric {
    set(value: number, extraTags?: MetricTags): void;
    withTags(tags: MetricTags): MetricGauge;
}
export type MetricUpDownCounter = MetricCounter;
export interface MetricMeter {
    createCounter(name: string, unit?: string, description?: string): MetricCounter;
    createUpDownCounter(name: string, unit?: string, description?: string): MetricUpDownCounter;
    createHistogram(name: string, valueType?: NumericMetricValueType, unit?: string, description?: string): MetricHistogram;
    createGauge(name: string, valueType?: NumericMetricValueType, unit?: string, description?: string): MetricGauge;
    withTags(tags: MetricTags): MetricMeter;
}
export declare const metricMeter: MetricMeter;
