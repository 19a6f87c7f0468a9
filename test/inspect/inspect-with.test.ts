import { describe, expect, it } from '@jest/globals';
import { assign, createActor, setup } from 'xstate';
import { agentLifecycleMachine } from '../../src/index.js';
import { InspectError, inspectWith, type InspectOptions } from '../../src/inspect/index.js';
import { AGENT_ID, INPUT, VERSION } from '../lifecycle-rig.js';
import { FakeInspector } from './fake-inspector.js';

interface NotesTypes {
  context: { notes: unknown[] };
  events: { type: 'note'; text: unknown };
}

const types: NotesTypes = { context: { notes: [] }, events: { type: 'note', text: null } };
const notes = setup({
  types,
  actions: { keep: assign({ notes: ({ context, event }) => [...context.notes, event.text] }) },
}).createMachine({ id: 'notes', context: { notes: [] }, on: { note: { actions: 'keep' } } });

function inspectedNotes(options: Partial<InspectOptions> = {}) {
  const inspector = new FakeInspector();
  const feed = inspectWith({ inspector, ...options });
  const actor = createActor(notes, { id: 'notes', inspect: feed });
  actor.start();
  return {
    inspector,
    feed,
    note: (text: unknown) => {
      actor.send({ type: 'note', text });
    },
    actor,
  };
}

const nothing = { output: undefined, error: undefined };

describe('inspectWith', () => {
  it('shows the fields of the record, states and types, and no reason of a failure', () => {
    const inspector = new FakeInspector();
    const feed = inspectWith({ inspector });
    const actor = createActor(agentLifecycleMachine, { id: 'agent', input: INPUT, inspect: feed });
    actor.start();
    actor.send({ type: 'agent.fail', reason: 'password: hunter2' });
    feed.stop();
    expect(inspector.shown.at(-1)).toEqual({
      type: 'snapshot',
      name: 'agent',
      event: { type: 'agent.fail' },
      snapshot: {
        status: 'done',
        value: 'failed',
        context: {
          agentId: AGENT_ID,
          agentName: 'test-agent',
          version: VERSION,
          versionNumber: 1,
          previousState: 'unloaded',
          transitionTimeout: 30_000,
          capacity: 10_000,
          drainTimeout: 60_000,
          pendingRequests: 0,
          operation: null,
          forced: false,
          failureReason: '(redacted)',
        },
      },
    });
    expect(inspector.text).not.toContain('hunter2');
  });

  it('shows nothing of a context that it does not know', () => {
    const { inspector, feed, note } = inspectedNotes();
    note('hunter2');
    feed.stop();
    expect(inspector.shown).toEqual([
      { type: 'actor', name: 'notes', snapshot: { status: 'active' } },
      { type: 'event', name: 'notes', event: { type: 'xstate.init' } },
      {
        type: 'snapshot',
        name: 'notes',
        event: { type: 'xstate.init' },
        snapshot: { status: 'active', value: {}, context: {} },
      },
      { type: 'event', name: 'notes', event: { type: 'note' } },
      {
        type: 'snapshot',
        name: 'notes',
        event: { type: 'note' },
        snapshot: { status: 'active', value: {}, context: {} },
      },
    ]);
  });

  it('shows all of it when it is told to', () => {
    const { inspector, feed, note } = inspectedNotes({ context: 'full' });
    note({ by: 'me' });
    feed.stop();
    expect(inspector.shown.at(-1)).toEqual({
      type: 'snapshot',
      name: 'notes',
      event: { type: 'note', text: { by: 'me' } },
      snapshot: { status: 'active', value: {}, context: { notes: [{ by: 'me' }] }, ...nothing },
    });
  });

  it('shows what sanitize makes of it, and nothing for null', () => {
    const { inspector, feed, note } = inspectedNotes({
      sanitize: (event) =>
        event.type === '@xstate.event' ? { ...event, event: { type: event.event.type.toUpperCase() } } : null,
    });
    note('hello');
    feed.stop();
    expect(inspector.shown).toEqual([
      { type: 'event', name: 'notes', event: { type: 'XSTATE.INIT' } },
      { type: 'event', name: 'notes', event: { type: 'NOTE' } },
    ]);
    expect(feed.stats()).toEqual({ sent: 2, dropped: 0, errors: 0 });
  });

  it.each<[string, unknown, unknown]>([
    ['a long text', 'abcdef', 'abcd…'],
    ['what is deep', { a: { b: { c: 1 } } }, { a: { b: '…' } }],
    ['many', Array(200).fill(1), Array(100).fill(1)],
    ['what has no JSON', [1n, Symbol('s'), undefined], ['1', 'Symb…', undefined]],
    ['bytes', new Uint8Array(3), 'Uint8Array(3)'],
    ['an error', new TypeError('no'), { name: 'Type…', message: 'no' }],
  ])('caps %s', (_, text, shown) => {
    const { inspector, feed, note } = inspectedNotes({ context: 'full', maxDepth: 3, maxLength: 4 });
    note(text);
    feed.stop();
    expect(inspector.shown.at(-2)).toEqual({
      type: 'event',
      name: 'note…',
      event: { type: 'note', text: shown },
    });
  });

  it('counts what an inspector throws, and the actor goes on', () => {
    const { inspector, feed, note, actor } = inspectedNotes();
    inspector.failure = new Error('away');
    note('one');
    feed.stop();
    note('two');
    expect(feed.stats()).toEqual({ sent: 0, dropped: 0, errors: 5 });
    expect(actor.getSnapshot().context).toEqual({ notes: ['one', 'two'] });
  });

  it('counts what sanitize throws', () => {
    const sanitize = () => {
      throw new Error('no');
    };
    const { inspector, feed } = inspectedNotes({ sanitize });
    feed.stop();
    expect([inspector.shown, feed.stats()]).toEqual([[], { sent: 0, dropped: 0, errors: 3 }]);
  });

  it('says how many it has dropped, and introduces again an actor whose introduction was dropped', () => {
    const { inspector, feed, note } = inspectedNotes({ bufferSize: 1 });
    note('one');
    feed.stop();
    const snapshot = { status: 'active', value: {}, context: {} };
    expect(inspector.shown).toEqual([
      { type: 'actor', name: 'inspection', snapshot: { status: 'active' } },
      { type: 'event', name: 'inspection', event: { type: 'inspection.dropped', count: 4 } },
      { type: 'actor', name: 'notes', snapshot },
      { type: 'snapshot', name: 'notes', event: { type: 'note' }, snapshot },
    ]);
    expect(feed.stats()).toEqual({ sent: 1, dropped: 4, errors: 0 });
  });

  it.each([
    ['is not open', { readyState: 0 }],
    ['has more to send than it can', { bufferedAmount: 2 ** 21 }],
  ])('keeps everything while the socket of an inspector %s', (_, state) => {
    const { inspector, feed } = inspectedNotes();
    Object.assign(inspector.adapter.ws, state);
    feed.stop();
    expect([inspector.shown, feed.stats()]).toEqual([[], { sent: 0, dropped: 3, errors: 0 }]);
  });

  it.each<[string, object]>([
    ['no inspector', { inspector: {} }],
    ['a rate of 0', { rate: 0 }],
    ['a buffer of over 100 000 events', { bufferSize: 100_001 }],
    ['an unknown option', { depth: 3 }],
    ['an unknown context', { context: 'none' }],
  ])('refuses %s', (_, options) => {
    expect(() => inspectWith({ inspector: new FakeInspector(), ...options })).toThrow(InspectError);
  });
});
