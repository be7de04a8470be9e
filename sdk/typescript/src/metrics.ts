// Metrics of a workflow's own: each value is a line of the run's log, level `debug`, not repeated in replay.

import { log } from "./context";
import { onTheWayOut } from "./interceptors";

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
  createHistogram(
    name: string,
    valueType?: NumericMetricValueType,
    unit?: string,
    description?: string,
  ): MetricHistogram;
  createGauge(name: string, valueType?: NumericMetricValueType, unit?: string, description?: string): MetricGauge;
  withTags(tags: MetricTags): MetricMeter;
}

class Instrument implements MetricCounter, MetricHistogram, MetricGauge {
  constructor(
    readonly kind: MetricKind,
    readonly name: string,
    readonly valueType: NumericMetricValueType,
    readonly unit: string | undefined,
    readonly description: string | undefined,
    private readonly tags: MetricTags,
  ) {}

  add(value: number, extraTags?: MetricTags): void {
    if (value < 0 && this.kind === "counter") throw new RangeError(`counter \`${this.name}\` can't go down by ${-value}`);
    this.say(value, extraTags);
  }

  record(value: number, extraTags?: MetricTags): void {
    this.say(value, extraTags);
  }

  set(value: number, extraTags?: MetricTags): void {
    this.say(value, extraTags);
  }

  withTags(tags: MetricTags): Instrument {
    const { kind, name, valueType, unit, description } = this;
    return new Instrument(kind, name, valueType, unit, description, { ...this.tags, ...tags });
  }

  private say(value: number, extraTags: MetricTags = {}): void {
    const tags = onTheWayOut("getMetricTags", (it) => it)({ ...this.tags, ...extraTags });
    log.debug(`${this.kind} ${this.name} ${value}${this.unit ?? ""}`, tags);
  }
}

function meter(tags: MetricTags): MetricMeter {
  return {
    createCounter: (name, unit, description) => new Instrument("counter", name, "int", unit, description, tags),
    createUpDownCounter: (name, unit, description) =>
      new Instrument("up-down-counter", name, "int", unit, description, tags),
    createHistogram: (name, valueType = "int", unit, description) =>
      new Instrument("histogram", name, valueType, unit, description, tags),
    createGauge: (name, valueType = "int", unit, description) =>
      new Instrument("gauge", name, valueType, unit, description, tags),
    withTags: (more) => meter({ ...tags, ...more }),
  };
}

export const metricMeter = meter({});
