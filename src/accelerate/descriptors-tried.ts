import { createMachine, initialTransition, transition, type AnyStateNode } from 'xstate';
import { once } from '../util/once.js';

/** The descriptors that XState tries in a state for an event, in its order, without those of part of a name (`a.*`). */
export function descriptorsTried({ transitions }: AnyStateNode, type: string): readonly string[] {
  return type !== '*' && transitions.has(type) && !triesWildcardToo() ? [type] : [...new Set([type, '*'])];
}

/**
 * Whether XState tries the wildcard of a state that names the event, where all guards of the event refuse it. Newer
 * versions do, older ones do not: the one that is installed is asked.
 */
const triesWildcardToo = once(() => {
  const machine = createMachine({
    initial: 'asked',
    states: { asked: { on: { event: { guard: () => false, target: 'no' }, '*': 'yes' } }, no: {}, yes: {} },
  });
  const [asked] = initialTransition(machine);
  return transition(machine, asked, { type: 'event' })[0].matches('yes');
});
