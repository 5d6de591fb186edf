/**
 * The measurements of the process. A room declares its own, next to the code that feeds them, as a constant of a module:
 *
 *     const KEY_SET_READS = counter('auth_key_set_reads_total', 'Reads of key sets', ['outcome']);
 *     KEY_SET_READS.add('success');
 *
 * Feeding costs a look-up in a map: what they become for Prometheus is made at each scrape (`src/metrics/`). Values of labels
 * come from a fixed set, never from a caller: no address, id, path or message.
 */

/** One value of a measurement. */
export interface Sample {
  /** Of a histogram: the measurement's name with `_bucket`, `_sum` or `_count`. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A declared measurement. */
export interface Instrument {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Its present values. */
  samples(): Sample[];
}

/** The values of labels, in the order of their declaration. */
export type LabelValues<Labels extends readonly string[]> = { readonly [K in keyof Labels]: string };

/** Most combinations of labels of one instrument; further ones are counted together, so that a fault cannot fill the memory. */
const MAX_SERIES = 2_000;
const BEYOND = 'other';
const SEPARATOR = '\u0000';

const declared = new Map<string, Instrument>();

/** Every declared instrument, in the order of declaration. */
export function instruments(): readonly Instrument[] {
  return [...declared.values()];
}

/** Declares something that is counted; its name ends with `_total`. Throws when the name is taken. */
export function counter<const Labels extends readonly string[]>(
  name: string,
  help: string,
  labels: Labels,
): Counter<Labels> {
  return declare(new Counter(name, help, labels));
}

/** Declares something of which durations (in seconds) or sizes are measured, counted by upper bounds. Throws when the name is taken. */
export function histogram<const Labels extends readonly string[]>(
  name: string,
  help: string,
  labels: Labels,
  bounds: readonly number[],
): Histogram<Labels> {
  return declare(new Histogram(name, help, labels, bounds));
}

/** Declares something that is read at each scrape. Throws when the name is taken. */
export function gauge<const Labels extends readonly string[]>(
  name: string,
  help: string,
  labels: Labels,
): Gauge<Labels> {
  return declare(new Gauge(name, help, labels));
}

function declare<I extends Instrument>(instrument: I): I {
  if (declared.has(instrument.name)) throw new Error(`the metric ${instrument.name} is declared twice`);
  declared.set(instrument.name, instrument);
  return instrument;
}

/** The series of an instrument, by the values of their labels. */
class SeriesMap<T> {
  private readonly series = new Map<string, T>();

  constructor(
    private readonly labels: readonly string[],
    private readonly create: () => T,
  ) {
    if (labels.length === 0) this.series.set('', create()); // told before it happens for the first time
  }

  of(values: readonly string[]): T {
    const key = values.length === 1 ? values[0]! : values.join(SEPARATOR);
    return this.series.get(key) ?? this.added(key);
  }

  entries(): { readonly labels: Record<string, string>; readonly state: T }[] {
    return [...this.series].map(([key, state]) => ({
      labels: labelled(this.labels, key.split(SEPARATOR)),
      state,
    }));
  }

  private added(key: string): T {
    const isFull = this.series.size >= MAX_SERIES;
    const kept = isFull ? this.labels.map(() => BEYOND).join(SEPARATOR) : key;
    const state = this.series.get(kept) ?? this.create();
    this.series.set(kept, state);
    return state;
  }
}

/** A number that only grows while the process runs. */
export class Counter<Labels extends readonly string[]> implements Instrument {
  readonly type = 'counter';
  private readonly series: SeriesMap<{ value: number }>;

  constructor(
    readonly name: string,
    readonly help: string,
    labels: Labels,
  ) {
    this.series = new SeriesMap(labels, () => ({ value: 0 }));
  }

  /** Counts one. */
  add(...labels: LabelValues<Labels>): void {
    this.series.of(labels).value++;
  }

  samples(): Sample[] {
    return this.series.entries().map(({ labels, state }) => ({ labels, value: state.value }));
  }
}

/** How measured values are spread. */
export class Histogram<Labels extends readonly string[]> implements Instrument {
  readonly type = 'histogram';
  private readonly series: SeriesMap<{ readonly counts: number[]; sum: number }>;

  constructor(
    readonly name: string,
    readonly help: string,
    labels: Labels,
    private readonly bounds: readonly number[],
  ) {
    this.series = new SeriesMap(labels, () => ({ counts: Array<number>(bounds.length + 1).fill(0), sum: 0 }));
  }

  /** Counts a value. */
  observe(value: number, ...labels: LabelValues<Labels>): void {
    const state = this.series.of(labels);
    let at = 0;
    while (at < this.bounds.length && value > this.bounds[at]!) at++;
    state.counts[at]!++;
    state.sum += value;
  }

  /** Counts the time since a moment of `performance.now()`, in seconds. */
  observeSince(startMs: number, ...labels: LabelValues<Labels>): void {
    this.observe((performance.now() - startMs) / 1000, ...labels);
  }

  samples(): Sample[] {
    return this.series.entries().flatMap(({ labels, state }) => {
      let count = 0;
      const buckets = state.counts.map((own, at) => ({
        metricName: `${this.name}_bucket`,
        labels: { ...labels, le: String(this.bounds[at] ?? '+Inf') },
        value: (count += own),
      }));
      return [
        ...buckets,
        { metricName: `${this.name}_sum`, labels, value: state.sum },
        { metricName: `${this.name}_count`, labels, value: count },
      ];
    });
  }
}

/** Numbers that go up and down, each with the values of its labels. */
export type Readings<Labels extends readonly string[]> = Iterable<readonly [number, ...LabelValues<Labels>]>;

/** A state of the process, read at each scrape. */
export class Gauge<Labels extends readonly string[]> implements Instrument {
  readonly type = 'gauge';
  private read: () => Readings<Labels> = () => [];

  constructor(
    readonly name: string,
    readonly help: string,
    private readonly labels: Labels,
  ) {}

  /** Says how the present values are read; the latest caller counts. */
  from(read: () => Readings<Labels>): void {
    this.read = read;
  }

  samples(): Sample[] {
    return [...this.read()].map(([value, ...labels]) => ({ labels: labelled(this.labels, labels), value }));
  }
}

function labelled(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
}
