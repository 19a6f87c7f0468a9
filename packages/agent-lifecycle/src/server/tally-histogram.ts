import type { Histogram } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

/** Values by the bounds between which they are. */
export class Tally {
  readonly bounds: readonly number[];
  /** How many are up to each bound, and over the one before. */
  readonly counts: number[];
  count = 0;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = bounds.map(() => 0);
  }

  add(value: number): void {
    this.count++;
    this.sum += value;
    for (let index = 0; index < this.bounds.length; index++) {
      if (value > (this.bounds[index] as number)) continue;
      this.counts[index] = (this.counts[index] as number) + 1;
      return;
    }
  }
}

export interface TallyHistogramOptions {
  readonly name: string;
  readonly help: string;
  /** What there is when it is asked for. */
  readonly tallies: () => Iterable<{ readonly labels: Labels; readonly tally: Tally }>;
}

/** A histogram of values that were tallied elsewhere, as a registry of prom-client asks for it. */
export function tallyHistogram({ name, help, tallies }: TallyHistogramOptions): Pick<Histogram, 'get'> {
  const valuesOf = (labels: Labels, { bounds, counts, count, sum }: Tally) => {
    let upTo = 0;
    const bucket = (le: number | string, value: number) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le },
      value,
    });
    return [
      ...bounds.map((le, index) => bucket(le, (upTo += counts[index] as number))),
      bucket('+Inf', count),
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  };
  const histogram = {
    name,
    get: () =>
      Promise.resolve({
        ...{ name, help, type: 'histogram', aggregator: 'sum' },
        values: [...tallies()].flatMap(({ labels, tally }) => valuesOf(labels, tally)),
      }),
  };
  return histogram as unknown as Pick<Histogram, 'get'>;
}
