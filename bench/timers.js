// Deadlines: what arming and cancelling costs, and how long many that are due at once hold up everything else.
import { createActor, fromPromise } from 'xstate';
import { TimingWheel } from '../dist/cjs/src/fleet/timing-wheel.js';
import { accelerate, agentLifecycleMachine } from 'xstate-agent-lifecycle';
import { createFleet } from 'xstate-agent-lifecycle/fleet';
import { ACCELERATED, FLEET, INPUT, RAW } from './contenders.js';
import { interleaved, inTurns } from './measure.js';

const COUNT = 100_000;
const DUE_AT_ONCE = 50_000;

/** Node's timers and the wheel's, of which as many are armed before the first is cancelled. */
export function armings() {
  const realTime = { setTimeout, clearTimeout: () => undefined, now: () => performance.now() };
  const wheel = new TimingWheel({ clock: realTime, turnBudget: 5, onDue: () => undefined });
  wheel.grow(COUNT);
  /** @type {NodeJS.Timeout[]} */
  let timers = [];
  const measured = interleaved({
    'Node arms': {
      operations: COUNT,
      run: () => (timers = Array.from({ length: COUNT }, () => setTimeout(() => undefined, 60_000))),
    },
    'Node cancels': {
      operations: COUNT,
      run: () => {
        for (const timer of timers) clearTimeout(timer);
      },
    },
    'the wheel arms': {
      operations: COUNT,
      run: () => {
        for (let row = 0; row < COUNT; row++) wheel.arm(row, 60_000);
      },
    },
    'the wheel cancels': {
      operations: COUNT,
      run: () => {
        for (let row = 0; row < COUNT; row++) wheel.cancel(row);
      },
    },
  });
  wheel.stop();
  return measured;
}

/** The longest turn, in milliseconds, in which deadlines of one moment are met. */
export function longestBlocks() {
  /** @type {any} */
  const never = fromPromise(() => new Promise(() => undefined));
  const machine = agentLifecycleMachine.provide({ actors: { loading: never } });
  const fast = accelerate(machine);
  return inTurns(
    {
      [RAW]: () => longestTurn((clock) => loadActors(machine, clock)),
      [ACCELERATED]: () => longestTurn((clock) => loadActors(fast, clock)),
      [FLEET]: () =>
        longestTurn((clock) => {
          const fleet = createFleet(machine, { clock });
          for (let count = 0; count < DUE_AT_ONCE; count++)
            fleet.send(fleet.add(INPUT), { type: 'agent.load' });
        }),
    },
    3,
  );
}

/** @param {typeof agentLifecycleMachine} machine @param {import('xstate-agent-lifecycle').Clock} clock */
function loadActors(machine, clock) {
  for (let count = 0; count < DUE_AT_ONCE; count++) {
    createActor(machine, { input: INPUT, clock }).start().send({ type: 'agent.load' });
  }
}

/**
 * Timers of one moment are one turn, as Node has it; what they set for now is the next.
 * @param {(clock: import('xstate-agent-lifecycle').Clock) => void} arm
 */
function longestTurn(arm) {
  let now = 0;
  /** @type {Map<object, { callback: () => void, at: number }>} */
  const timers = new Map();
  const clock = {
    now: () => now,
    setTimeout: (/** @type {() => void} */ callback, /** @type {number} */ delay) => {
      const timer = {};
      timers.set(timer, { callback, at: now + delay });
      return timer;
    },
    clearTimeout: (/** @type {unknown} */ timer) => void timers.delete(/** @type {object} */ (timer)),
  };
  arm(clock);
  let longest = 0;
  while (timers.size > 0) {
    now = Math.max(now, Math.min(...[...new Set([...timers.values()].map(({ at }) => at))]));
    const due = [...timers].filter(([, { at }]) => at <= now);
    const begun = performance.now();
    for (const [timer, { callback }] of due) if (timers.delete(timer)) callback();
    longest = Math.max(longest, performance.now() - begun);
  }
  return longest;
}
