import type { Attributes } from '@opentelemetry/api';

type Value = Attributes[string];

/** A label set, read label by label. */
interface Place<S> {
  series: S | null;
  readonly next: Map<string, Map<Value, Place<S>>>;
}

const emptyPlace = <S>(): Place<S> => ({ series: null, next: new Map() });

/** What those share whose label set came when there were enough. @source OpenTelemetry, metrics SDK, "Overflow attribute" */
export const OVERFLOW: Attributes = { 'otel.metric.overflow': true };

const canonical = (attributes: Attributes): string => JSON.stringify(Object.entries(attributes).sort());

/**
 * The series of one metric, found by their labels without making a text of them: a call of estimate-api counts four times, and OpenTelemetry's SDK
 * sorts, prints and hashes the labels each time, which took 3 us of a call of 67; here it is a quarter of one.
 */
export class SeriesTable<S> {
  readonly #root = emptyPlace<S>();
  /** In whatever order their labels are named. */
  readonly #series = new Map<string, { readonly attributes: Attributes; readonly series: S }>();
  readonly #create: () => S;
  readonly #seriesMax: number;

  /** @param seriesMax of which the last is everybody's who comes later */
  constructor(create: () => S, seriesMax: number) {
    this.#create = create;
    this.#seriesMax = seriesMax;
  }

  /** The series of these labels, in whatever order they are named. */
  of(attributes: Attributes): S {
    let place: Place<S> | undefined = this.#root;
    for (const name in attributes) {
      place = place.next.get(name)?.get(attributes[name]);
      if (place === undefined) return this.#meet(attributes);
    }
    return place.series ?? this.#meet(attributes);
  }

  *[Symbol.iterator](): Iterator<{ readonly attributes: Attributes; readonly series: S }> {
    yield* this.#series.values();
  }

  /** Labels that have not come in this order. What overflows is not remembered: it has no end. */
  #meet(attributes: Attributes): S {
    const key = canonical(attributes);
    const known = this.#series.get(key);
    if (known === undefined && this.#series.size >= this.#seriesMax - 1)
      return this.#add(canonical(OVERFLOW), OVERFLOW);
    const series = known?.series ?? this.#add(key, { ...attributes });
    this.#placeOf(attributes).series = series;
    return series;
  }

  #add(key: string, attributes: Attributes): S {
    const known = this.#series.get(key);
    if (known !== undefined) return known.series;
    const series = this.#create();
    this.#series.set(key, { attributes, series });
    return series;
  }

  #placeOf(attributes: Attributes): Place<S> {
    let place = this.#root;
    for (const [name, value] of Object.entries(attributes)) {
      const byValue = place.next.get(name) ?? new Map<Value, Place<S>>();
      const next = byValue.get(value) ?? emptyPlace<S>();
      place.next.set(name, byValue);
      byValue.set(value, next);
      place = next;
    }
    return place;
  }
}
