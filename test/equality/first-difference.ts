import { isDeepStrictEqual } from 'node:util';
import type { AgentLifecycleContext, AgentLifecycleEvent } from '../../src/index.js';
import type { Effect, Implementation, Outcome } from './implementations.js';
import { EVENTS, situations } from './situations.js';

export interface Difference {
  readonly leaf: string;
  readonly pending: number;
  readonly capacity: number;
  readonly event: string;
  readonly outcomes: readonly Outcome[];
}

/** The first pair of a situation and an event of which implementations do not make the same; and how many were tried. */
export function firstDifference(
  reference: Implementation,
  others: readonly Implementation[],
): { readonly pairs: number; readonly difference: Difference | null } {
  let pairs = 0;
  for (const situation of situations()) {
    const take = reference(situation);
    const othersTake = others.map((other) => other(situation));
    for (const event of EVENTS) {
      pairs++;
      const expected = take(event);
      for (const other of othersTake) {
        const actual = other(event);
        if (!isSame(expected, actual))
          return { pairs, difference: told(situation, event, [expected, actual]) };
      }
    }
  }
  return { pairs, difference: null };
}

function told(
  { leaf, context }: Pick<Outcome, 'leaf' | 'context'>,
  { type }: AgentLifecycleEvent,
  outcomes: readonly Outcome[],
): Difference {
  return { leaf, pending: context.pendingRequests, capacity: context.capacity, event: type, outcomes };
}

function isSame(a: Outcome, b: Outcome): boolean {
  return a.leaf === b.leaf && isSameContext(a.context, b.context) && isSameEffects(a.effects, b.effects);
}

/** Contexts are flat. */
function isSameContext(a: AgentLifecycleContext, b: AgentLifecycleContext): boolean {
  if (a === b) return true;
  const keys = Object.keys(a) as (keyof AgentLifecycleContext)[];
  return keys.length === Object.keys(b).length && keys.every((key) => Object.is(a[key], b[key]));
}

function isSameEffects(a: Outcome['effects'], b: Outcome['effects']): boolean {
  return a.length === b.length && a.every((effect, index) => isSameEffect(effect, b[index] as Effect));
}

function isSameEffect(a: Effect, b: Effect): boolean {
  if (a.do !== 'emit' || b.do !== 'emit') return isDeepStrictEqual(a, b);
  return isSameEmitted(a.event as Emitted, b.event as Emitted);
}

type Emitted = Readonly<Record<string, unknown>>;

/** The event that led to it is the same one; errors and lists are the same where they say the same. */
function isSameEmitted(a: Emitted, b: Emitted): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.is(a[key], b[key]) || JSON.stringify(a[key]) === JSON.stringify(b[key]))
  );
}
