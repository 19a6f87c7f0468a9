import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import {
  parsePersistedLifecycle,
  PersistenceError,
  restoreLifecycle,
  type PersistedLifecycle,
} from '../../src/durable.js';
import { RestorableRig } from './restorable-rig.js';

const [version0, version1] = [0, 1].map(
  (version) =>
    JSON.parse(readFileSync(`test/snapshot/fixtures/version-${version}.json`, 'utf8')) as PersistedLifecycle,
) as [PersistedLifecycle, PersistedLifecycle];

function withCapacity({ snapshot, ...rest }: PersistedLifecycle, capacity: unknown) {
  return { ...rest, snapshot: { ...snapshot, context: { ...snapshot.context, capacity } } };
}

function loading(): PersistedLifecycle {
  const rig = new RestorableRig();
  rig.actor.send({ type: 'agent.load' });
  return JSON.parse(rig.persist()) as PersistedLifecycle;
}

function thrownBy(value: unknown): unknown {
  try {
    return parsePersistedLifecycle(value);
  } catch (error) {
    return error instanceof PersistenceError ? error.detail : error;
  }
}

describe('a persisted lifecycle', () => {
  it('of version 0 is given the whole of its timeout', () => {
    expect(parsePersistedLifecycle(version0)).toEqual({
      ...withCapacity(version0, 10_000),
      version: 2,
      deadline: version0.savedAt + 60_000,
    });
  });

  it('of version 0 in a state without a timeout has no deadline', () => {
    const { snapshot } = version0;
    const running = { ...version0, snapshot: { ...snapshot, value: { running: 'serving' } } };
    expect(parsePersistedLifecycle(running).deadline).toBeNull();
  });

  it('of version 1 is given the default capacity', () => {
    expect(parsePersistedLifecycle(version1)).toEqual({ ...withCapacity(version1, 10_000), version: 2 });
  });

  it('of version 1 takes requests once it is restored', () => {
    const actor = restoreLifecycle(version1, { now: () => version1.savedAt });
    actor.start();
    actor.send({ type: 'request.accept' });
    expect(actor.getSnapshot().context).toMatchObject({ pendingRequests: 3, capacity: 10_000 });
    actor.stop();
  });

  it('keeps its capacity', () => {
    const rig = new RestorableRig({ capacity: 7 });
    rig.crash();
    expect(rig.actor.getSnapshot().context.capacity).toBe(7);
  });

  it('without a capacity has the default one', () => {
    const parsed = parsePersistedLifecycle(withCapacity(loading(), undefined));
    expect(parsed.snapshot.context.capacity).toBe(10_000);
  });

  it('of a newer version is refused by its number', () => {
    expect(thrownBy({ ...loading(), version: 3 })).toEqual({
      code: 'NewerVersion',
      what: 'The persisted lifecycle',
      version: 3,
      known: 2,
    });
  });

  it('that is damaged is refused with what zod found as the cause', () => {
    expect(() => parsePersistedLifecycle({ version: 2 })).toThrow(
      expect.objectContaining({ code: 'Damaged', cause: expect.any(Error) }),
    );
  });

  it.each([
    [{ savedAt: 'now' }, 'savedAt: expected a value of type number, received "now"'],
    [{ savedAt: -1 }, 'savedAt: expected 0 at least, received -1'],
    [{ deadline: undefined }, 'deadline: expected a value of type number, received undefined'],
    [{ more: 1 }, 'the whole: expected no field more, received an object'],
    [{ version: '1' }, 'version: expected a value of type number, received "1"'],
  ])('with %j is refused with what was expected and what came', (change, message) => {
    expect(() => parsePersistedLifecycle({ ...loading(), ...change })).toThrow(
      `The persisted lifecycle is damaged: ${message}`,
    );
  });

  const { snapshot, ...rest } = loading();
  const { context } = snapshot;
  it.each<[string, unknown, string]>([
    ['no object', null, ''],
    ['an object without a version', rest, 'snapshot'],
    ['version 0 without a snapshot', { version: 0, savedAt: 0 }, 'snapshot'],
    ['an unknown field', { ...rest, snapshot, more: 1 }, ''],
    [
      'a count that is none',
      { ...rest, snapshot: { ...snapshot, context: { ...context, pendingRequests: -1 } } },
      'snapshot.context.pendingRequests',
    ],
    [
      'a capacity that is none',
      { ...rest, snapshot: { ...snapshot, context: { ...context, capacity: 0 } } },
      'snapshot.context.capacity',
    ],
    [
      'a state that the chart has not',
      { ...rest, snapshot: { ...snapshot, value: { unloaded: 'dancing' } } },
      'snapshot.value',
    ],
    [
      'a state that does not fit its operation',
      { ...rest, snapshot: { ...snapshot, value: { loaded: 'instantiating' } } },
      'snapshot.context.operation',
    ],
    [
      'an operation that is not in flight',
      { ...rest, snapshot: { ...snapshot, children: {} } },
      'snapshot.children',
    ],
    ['an end without its output', { ...rest, snapshot: { ...snapshot, value: 'failed' } }, 'snapshot.status'],
    ['no deadline where one is due', { ...rest, snapshot, deadline: null }, 'deadline'],
    ['a deadline that is too far', { ...rest, snapshot, deadline: 30_001 }, 'deadline'],
  ])('that has %s is refused by the path of that', (_, value, path) => {
    expect(thrownBy(value)).toMatchObject({ code: 'Damaged', path });
  });
});
