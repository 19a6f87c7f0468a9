import { describe, expect, it } from '@jest/globals';
import {
  AGENT_LIFECYCLE_STATES,
  canDrain,
  canStart,
  canStop,
  canTransitionTo,
  isActive,
  isTerminal,
  validTransitions,
} from '../../src/index.js';
import { SEED_TRANSITIONS } from '../oracle.js';

const statesWhere = (predicate: (state: (typeof AGENT_LIFECYCLE_STATES)[number]) => boolean) =>
  AGENT_LIFECYCLE_STATES.filter((state) => predicate(state));

describe('the states read off the chart', () => {
  it("are the seed's seven", () => {
    expect(AGENT_LIFECYCLE_STATES).toEqual(Object.keys(SEED_TRANSITIONS));
  });

  it.each([
    ['canStart', canStart, ['ready']],
    ['canDrain', canDrain, ['running']],
    ['canStop', canStop, ['ready', 'running', 'draining']],
    ['isTerminal', isTerminal, ['stopped', 'failed']],
    ['isActive', isActive, ['running', 'draining']],
  ])('%s holds where the seed says', (_, predicate, states) => {
    expect(statesWhere(predicate)).toEqual(states);
  });

  it.each(AGENT_LIFECYCLE_STATES)('from %s lead where the seed says', (state) => {
    expect([...validTransitions(state)].sort()).toEqual([...SEED_TRANSITIONS[state]].sort());
  });

  const pairs = AGENT_LIFECYCLE_STATES.flatMap((from) =>
    AGENT_LIFECYCLE_STATES.map((to) => [from, to] as const),
  );
  it.each(pairs)('canTransitionTo(%s, %s) agrees with the seed', (from, to) => {
    expect(canTransitionTo(from, to)).toBe(SEED_TRANSITIONS[from].includes(to));
  });

  it('lead nowhere from a state that the chart has not', () => {
    expect(validTransitions('flying' as 'running')).toEqual([]);
  });
});
