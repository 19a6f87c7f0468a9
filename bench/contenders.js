// The same agent, by those who can run it: what each of them has of the lifecycle is in its own words.
import { createStore } from '@xstate/store';
import StateMachine from 'javascript-state-machine';
import { createMachine, guard, interpret, reduce, state, transition as on } from 'robot3';
import { SyncStateMachine, t } from 'typescript-fsm';
import { createActor, fromPromise, transition } from 'xstate';
import { accelerate, agentLifecycleMachine } from 'xstate-agent-lifecycle';
import { createFleet } from 'xstate-agent-lifecycle/fleet';

export const INPUT = {
  agentId: '1b4e28ba-2fa1-41d2-883f-0016d3cca427',
  version: '6fa459ea-ee8a-4ca4-894e-db77e160355e',
  versionNumber: 1,
};
const CAPACITY = 10_000;
const [ACCEPT, COMPLETE, LOAD, UNLOAD] = [
  'request.accept',
  'request.complete',
  'agent.load',
  'agent.unload',
].map((type) => ({ type }));
const DONE = (/** @type {string} */ operation) => ({ type: `xstate.done.actor.${operation}` });
/** From its load to its end, with one request. */
const LIFE = [
  LOAD,
  DONE('loading'),
  { type: 'agent.instantiate' },
  DONE('instantiating'),
  { type: 'agent.start' },
  DONE('starting'),
  ACCEPT,
  { type: 'agent.drain' },
  COMPLETE,
  DONE('stopping'),
];
const TO_RUNNING = LIFE.slice(0, 6);

/**
 * @typedef {{
 *   create(): any,
 *   running(): any,
 *   pair(agent: any): unknown,
 *   change(agent: any): unknown,
 *   life(): unknown,
 * }} Contender pair: a request is accepted and completed. change: there and back, two changes of state.
 */

/** Operations that never end by themselves: their ends are sent, as to the others. */
/** @type {any} */
const never = fromPromise(() => new Promise(() => undefined));
const machine = agentLifecycleMachine.provide({
  actors: { loading: never, instantiating: never, unloading: never, starting: never, stopping: never },
});

/** @param {typeof machine} logic @returns {Contender} */
function actors(logic) {
  const { context } = createActor(logic, { input: INPUT }).getSnapshot();
  const value = /** @type {const} */ ({ running: 'serving' });
  const serving = () => logic.getPersistedSnapshot(logic.resolveState({ value, context: { ...context } }));
  const create = () => createActor(logic, { input: INPUT }).start();
  return {
    create,
    running: () => createActor(logic, { input: INPUT, snapshot: serving() }).start(),
    pair: (actor) => {
      actor.send(ACCEPT);
      actor.send(COMPLETE);
    },
    change: (actor) => {
      actor.send(LOAD);
      actor.send(UNLOAD);
    },
    life: () => {
      const actor = create();
      for (const event of LIFE) actor.send(/** @type {any} */ (event));
    },
  };
}

/** @returns {Contender} */
function pureTransitions() {
  const { running } = actors(machine);
  const initial = createActor(machine, { input: INPUT }).getSnapshot();
  const take = (/** @type {any} */ snapshot, /** @type {any} */ event) =>
    transition(machine, snapshot, event)[0];
  return {
    create: () => createActor(machine, { input: INPUT }).getSnapshot(),
    running: () => ({ snapshot: running().getSnapshot() }),
    pair: (agent) => {
      agent.snapshot = take(take(agent.snapshot, ACCEPT), COMPLETE);
    },
    change: (agent) => take(take(agent, LOAD), UNLOAD),
    life: () => LIFE.reduce(take, initial),
  };
}

/** @returns {Contender} */
function fleetOf() {
  const fleet = createFleet(machine, { capacity: 150_000 });
  const send = (/** @type {number} */ id, /** @type {any} */ event) => fleet.send(id, event);
  return {
    create: () => fleet.add(INPUT),
    running: () => {
      const id = fleet.add(INPUT);
      for (const event of TO_RUNNING) send(id, event);
      return id;
    },
    pair: (id) => {
      send(id, ACCEPT);
      send(id, COMPLETE);
    },
    change: (id) => {
      send(id, LOAD);
      send(id, UNLOAD);
    },
    life: () => {
      const id = fleet.add(INPUT);
      for (const event of LIFE) send(id, event);
      fleet.remove(id);
    },
  };
}

/** The path of a whole life in words that every library has. */
const STATES = /** @type {const} */ ([
  'unloaded',
  'loading',
  'loaded',
  'instantiating',
  'ready',
  'starting',
  'running',
]);
const WORDS = ['load', 'loadDone', 'instantiate', 'instantiateDone', 'start', 'startDone'];
const REST = ['accept', 'drain', 'complete', 'stopDone'];

/** @returns {Contender} */
function robot3() {
  const counting = /** @type {any[]} */ ([
    on(
      'accept',
      'running',
      guard((/** @type {any} */ { pending }) => pending < CAPACITY),
      reduce((/** @type {any} */ context) => ({ ...context, pending: context.pending + 1 })),
    ),
    on(
      'complete',
      'running',
      reduce((/** @type {any} */ context) => ({ ...context, pending: context.pending - 1 })),
    ),
    on('drain', 'draining'),
  ]);
  const chain = STATES.map((name, index) => [
    name,
    name === 'running'
      ? state(...counting)
      : state(on(WORDS[index] ?? '', STATES[index + 1] ?? ''), on('unload', 'unloaded')),
  ]);
  const states = /** @type {any} */ ({
    ...Object.fromEntries(chain),
    draining: state(on('complete', 'stopping')),
    stopping: state(on('stopDone', 'stopped')),
    stopped: state(),
  });
  const context = () => ({ ...INPUT, pending: 0 });
  const [fresh, serving] = [createMachine(states, context), createMachine('running', states, context)];
  const nothing = () => undefined;
  const create = () => interpret(/** @type {any} */ (fresh), nothing);
  return {
    create,
    running: () => interpret(/** @type {any} */ (serving), nothing),
    pair: (service) => {
      service.send('accept');
      service.send('complete');
    },
    change: (service) => {
      service.send('load');
      service.send('unload');
    },
    life: () => {
      const service = create();
      for (const word of [...WORDS, ...REST]) service.send(/** @type {any} */ (word));
    },
  };
}

/** @returns {Contender} */
function javascriptStateMachine() {
  const transitions = [
    ...WORDS.map((name, index) => ({ name, from: STATES[index], to: STATES[index + 1] })),
    { name: 'unload', from: 'loading', to: 'unloaded' },
    { name: 'accept', from: 'running', to: 'running' },
    { name: 'complete', from: 'running', to: 'running' },
    { name: 'drain', from: 'running', to: 'draining' },
    { name: 'complete', from: 'draining', to: 'stopping' },
    { name: 'stopDone', from: 'stopping', to: 'stopped' },
  ];
  const methods = {
    /** @this {any} */
    onBeforeAccept() {
      return this.pending < CAPACITY && (this.pending++, true);
    },
    /** @this {any} */
    onComplete() {
      this.pending--;
    },
  };
  const make = (/** @type {string} */ init) =>
    /** @type {any} */ (StateMachine).factory({
      init,
      transitions,
      data: () => ({ ...INPUT, pending: 0 }),
      methods,
    });
  const [Fresh, Serving] = [make('unloaded'), make('running')];
  return {
    create: () => new Fresh(),
    running: () => new Serving(),
    pair: (fsm) => {
      fsm.accept();
      fsm.complete();
    },
    change: (fsm) => {
      fsm.load();
      fsm.unload();
    },
    life: () => {
      const fsm = new Fresh();
      for (const word of [...WORDS, ...REST]) fsm[word]();
    },
  };
}

/** @returns {Contender} */
function typescriptFsm() {
  // It takes a transition without a callback for none, and says so.
  const nothing = () => undefined;
  const make = (/** @type {string} */ init) => {
    const agent = { ...INPUT, pending: 0 };
    return new SyncStateMachine(init, [
      ...WORDS.map((word, index) => t(String(STATES[index]), word, String(STATES[index + 1]), nothing)),
      t('loading', 'unload', 'unloaded', nothing),
      t('running', 'accept', 'running', () => void agent.pending++),
      t('running', 'complete', 'running', () => void agent.pending--),
      t('running', 'drain', 'draining', nothing),
      t('draining', 'complete', 'stopping', nothing),
      t('stopping', 'stopDone', 'stopped', nothing),
    ]);
  };
  return {
    create: () => make('unloaded'),
    running: () => make('running'),
    pair: (fsm) => {
      fsm.syncDispatch('accept');
      fsm.syncDispatch('complete');
    },
    change: (fsm) => {
      fsm.syncDispatch('load');
      fsm.syncDispatch('unload');
    },
    life: () => {
      const fsm = make('unloaded');
      for (const word of [...WORDS, ...REST]) fsm.syncDispatch(word);
    },
  };
}

/** @returns {Contender} */
function xstateStore() {
  const going = (/** @type {string} */ state) => (/** @type {any} */ context) => ({ ...context, state });
  const handlers = {
    ...Object.fromEntries(WORDS.map((word, index) => [word, going(String(STATES[index + 1]))])),
    unload: going('unloaded'),
    drain: going('draining'),
    stopDone: going('stopped'),
    accept: (/** @type {any} */ context) =>
      context.state === 'running' && context.pending < CAPACITY
        ? { ...context, pending: context.pending + 1 }
        : context,
    complete: (/** @type {any} */ context) => ({
      ...context,
      pending: context.pending - 1,
      state: context.state === 'draining' ? 'stopping' : context.state,
    }),
  };
  const make = (/** @type {string} */ state) =>
    createStore({ context: { ...INPUT, state, pending: 0 }, on: /** @type {any} */ (handlers) });
  const send = (/** @type {any} */ store, /** @type {string} */ type) => store.send({ type });
  return {
    create: () => make('unloaded'),
    running: () => make('running'),
    pair: (store) => {
      send(store, 'accept');
      send(store, 'complete');
    },
    change: (store) => {
      send(store, 'load');
      send(store, 'unload');
    },
    life: () => {
      const store = make('unloaded');
      for (const word of [...WORDS, ...REST]) send(store, word);
    },
  };
}

/** What can be had by writing it by hand, without a table, a timer or a word for what is refused. */
class HandWritten {
  agentId = INPUT.agentId;
  version = INPUT.version;
  pending = 0;

  constructor(state = 'unloaded') {
    this.state = state;
  }

  /** @param {string} type */
  send(type) {
    switch (this.state) {
      case 'running':
        if (type === 'request.accept' && this.pending < CAPACITY) this.pending++;
        else if (type === 'request.complete') this.pending = Math.max(0, this.pending - 1);
        else if (type === 'agent.drain') this.state = this.pending === 0 ? 'stopping' : 'draining';
        return;
      case 'draining':
        if (type === 'request.complete' && --this.pending === 0) this.state = 'stopping';
        return;
      default:
        this.state = HandWritten.next[this.state]?.[type] ?? this.state;
    }
  }

  /** @type {Record<string, Record<string, string>>} */
  static next = {
    unloaded: { 'agent.load': 'loading' },
    loading: { 'xstate.done.actor.loading': 'loaded', 'agent.unload': 'unloaded' },
    loaded: { 'agent.instantiate': 'instantiating' },
    instantiating: { 'xstate.done.actor.instantiating': 'ready' },
    ready: { 'agent.start': 'starting' },
    starting: { 'xstate.done.actor.starting': 'running' },
    stopping: { 'xstate.done.actor.stopping': 'stopped' },
  };
}

/** @type {Contender} */
const handWritten = {
  create: () => new HandWritten(),
  running: () => new HandWritten('running'),
  pair: (agent) => {
    agent.send('request.accept');
    agent.send('request.complete');
  },
  change: (agent) => {
    agent.send('agent.load');
    agent.send('agent.unload');
  },
  life: () => {
    const agent = new HandWritten();
    for (const event of LIFE) agent.send(String(event?.type));
    return agent;
  },
};

export const RAW = 'XState';
export const ACCELERATED = 'accelerate';
export const FLEET = 'fleet';
export const HAND = 'by hand';

/** @type {Record<string, Contender>} */
export const contenders = {
  [RAW]: actors(machine),
  'transition()': pureTransitions(),
  [ACCELERATED]: actors(accelerate(machine)),
  [FLEET]: fleetOf(),
  robot3: robot3(),
  'javascript-state-machine': javascriptStateMachine(),
  'typescript-fsm': typescriptFsm(),
  '@xstate/store': xstateStore(),
  [HAND]: handWritten,
};
