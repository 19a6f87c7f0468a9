import fc from 'fast-check';
import type { RequestLimits } from '../../../src/host/requests/request-limits.js';
import type { RestartPolicyInput } from '../../../src/index.js';
import type { Work } from '../agents/stormy.js';

/** How the instances of a version come up and go down. */
export interface VersionPlan {
  readonly start: 'now' | 'later' | 'throws' | 'hangs';
  readonly stop: 'now' | 'later' | 'throws' | 'hangs';
}

/** How a caller reads its answer, where that is a stream. */
export type Reading =
  | { readonly type: 'all'; readonly pause: number }
  /** It stops reading after so many chunks, and stays. */
  | { readonly type: 'stops'; readonly after: number }
  | { readonly type: 'cancels'; readonly after: number };

export interface CallPlan {
  readonly work: Omit<Work, 'id'>;
  readonly reading: Reading;
  /** Milliseconds from the request to the abortion of its signal; 'before' it, or null for none. */
  readonly abortsAfter: number | 'before' | null;
  /** Whether it brings the token of a request that was handed over back, once. */
  readonly bringsBack: boolean;
}

export type StormStep =
  | { readonly type: 'request'; readonly call: CallPlan }
  | { readonly type: 'accept'; readonly hearsSignal: boolean }
  | { readonly type: 'release'; readonly which: number }
  | { readonly type: 'wait'; readonly milliseconds: number }
  | { readonly type: Plain }
  | { readonly type: 'swap'; readonly version: VersionPlan; readonly requests: RequestLimits | undefined };

export interface StormPlan {
  readonly requests: RequestLimits;
  readonly restart: RestartPolicyInput;
  readonly version: VersionPlan;
  /** Each with the turns of the event loop that it is given before the next. */
  readonly steps: readonly (readonly [step: StormStep, turns: number])[];
  readonly end: 'shutdown' | 'force' | 'remove';
}

const oneOf = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);
/** The first is the rule. */
const mostly = <Value>(usual: Value, ...others: readonly Value[]) =>
  fc.oneof(
    { arbitrary: fc.constant(usual), weight: 4 },
    { arbitrary: oneOf(...others), weight: others.length },
  );

/** Of many, and often few. */
const ENDLESS = 1_000_000;

const work: fc.Arbitrary<Omit<Work, 'id'>> = fc
  .record({
    type: oneOf('value' as const, 'stream' as const, 'stream' as const),
    count: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant(ENDLESS)),
    delay: oneOf(0, 0, 20, 300),
    pace: oneOf(0, 0, 1, 20, 300, 2_000),
    end: mostly<Work['end']>('done', 'returns', 'throws', 'hangs'),
    onDrain: oneOf<Work['onDrain']>('goesOn', 'handsOver', 'handsOver', 'throws'),
    handsOverAt: mostly<number | null>(null, 0, 2),
    hears: fc.boolean(),
    cleanup: mostly<Work['cleanup']>('now', 'later', 'later', 'throws', 'hangs'),
    progress: fc.boolean(),
  })
  // What has no end must take time.
  .map((given) => (given.count === ENDLESS && given.pace === 0 ? { ...given, pace: 20 } : given));

const reading: fc.Arbitrary<Reading> = fc.oneof(
  { arbitrary: fc.record({ type: fc.constant('all' as const), pause: oneOf(0, 0, 0, 30, 700) }), weight: 4 },
  fc.record({ type: fc.constant('stops' as const), after: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ type: fc.constant('cancels' as const), after: fc.integer({ min: 0, max: 4 }) }),
);

const call: fc.Arbitrary<CallPlan> = fc.record({
  work,
  reading,
  abortsAfter: mostly<CallPlan['abortsAfter']>(null, 'before', 0, 15, 400),
  bringsBack: fc.boolean(),
});

const version: fc.Arbitrary<VersionPlan> = fc.record({
  start: mostly<VersionPlan['start']>('now', 'later', 'throws', 'hangs'),
  stop: mostly<VersionPlan['stop']>('now', 'later', 'throws', 'hangs'),
});

const limits: fc.Arbitrary<RequestLimits> = fc.record({
  timeout: oneOf(200, 1_000, 30_000),
  maxDuration: oneOf(undefined, undefined, 500, 4_000),
  concurrency: oneOf(undefined, 1, 1, 2, 3),
  queue: oneOf(undefined, 0, 1, 2),
});

const restart: fc.Arbitrary<RestartPolicyInput> = fc.record({
  type: oneOf('permanent' as const, 'transient' as const, 'temporary' as const),
  backoff: fc.record({ initial: oneOf(0, 100, 1_000), jitter: fc.constant(0) }),
  intensity: fc.record({ restarts: oneOf(0, 1, 5), within: fc.constant(60_000) }),
});

const weighted = <Value>(weight: number, arbitrary: fc.Arbitrary<Value>) => ({ weight, arbitrary });
type Plain = 'run' | 'renew' | 'drain' | 'stop' | 'fail' | 'cordon' | 'uncordon' | 'crash' | 'finish';
const plain = (type: Plain) => fc.constant({ type });

const step: fc.Arbitrary<StormStep> = fc.oneof(
  weighted(16, fc.record({ type: fc.constant('request' as const), call })),
  weighted(2, fc.record({ type: fc.constant('accept' as const), hearsSignal: fc.boolean() })),
  weighted(2, fc.record({ type: fc.constant('release' as const), which: fc.nat({ max: 5 }) })),
  weighted(
    8,
    fc.record({ type: fc.constant('wait' as const), milliseconds: oneOf(1, 50, 50, 250, 1_200, 5_500) }),
  ),
  weighted(3, plain('run')),
  weighted(1, plain('renew')),
  weighted(2, plain('drain')),
  weighted(1, plain('stop')),
  weighted(1, plain('fail')),
  weighted(1, plain('cordon')),
  weighted(2, plain('uncordon')),
  weighted(2, plain('crash')),
  weighted(1, plain('finish')),
  weighted(
    6,
    fc.record({
      type: fc.constant('swap' as const),
      version,
      requests: fc.option(limits, { nil: undefined, freq: 4 }),
    }),
  ),
);

/** One deploy after another: requests are handed on from instance to instance. */
const deploy: fc.Arbitrary<StormStep> = fc.oneof(
  weighted(4, fc.record({ type: fc.constant('request' as const), call })),
  weighted(4, fc.record({ type: fc.constant('wait' as const), milliseconds: oneOf(1, 20, 50, 350) })),
  weighted(
    4,
    fc.constant({
      type: 'swap' as const,
      version: { start: 'now', stop: 'now' } as const,
      requests: undefined,
    }),
  ),
  weighted(1, plain('crash')),
);

const stepsOf = (of: fc.Arbitrary<StormStep>) =>
  fc.array(fc.tuple(of, oneOf(0, 0, 1, 4)), { minLength: 1, maxLength: 40, size: 'max' });

/** A storm over the requests of one agent. */
export const stormPlans: fc.Arbitrary<StormPlan> = fc.record({
  requests: limits,
  restart,
  version: fc.record({
    start: fc.constant('now' as const),
    stop: mostly<VersionPlan['stop']>('now', 'later', 'throws', 'hangs'),
  }),
  steps: fc.oneof(stepsOf(step), stepsOf(deploy)),
  end: oneOf('shutdown' as const, 'force' as const, 'remove' as const),
});

/** The same in the real time, where nothing may take long. */
export const realStormPlans: fc.Arbitrary<StormPlan> = stormPlans.map((plan) => ({
  ...plan,
  restart: { ...plan.restart, backoff: { initial: 0, jitter: 0 } },
  steps: plan.steps.map(([step, turns]) => [quick(step), turns] as const),
}));

function quick(step: StormStep): StormStep {
  if (step.type === 'wait') return { ...step, milliseconds: Math.min(step.milliseconds, 100) };
  if (step.type !== 'request') return step;
  const { work: given, reading: how } = step.call;
  return {
    ...step,
    call: {
      ...step.call,
      work: { ...given, pace: Math.min(given.pace, 20) },
      reading: how.type === 'all' ? { ...how, pause: Math.min(how.pause, 20) } : how,
    },
  };
}
