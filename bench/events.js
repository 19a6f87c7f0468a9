// What events, changes, lives and agents cost, for each contender.
import { ACCELERATED, contenders, FLEET, HAND, INPUT, RAW } from './contenders.js';
import { bytesOf, interleaved, ROUNDS } from './measure.js';
import { agentLifecycleMachine } from 'xstate-agent-lifecycle';
import { createFleet } from 'xstate-agent-lifecycle/fleet';

/** How many operations a round has: fewer for those that take long. */
const PER_ROUND = /** @type {Record<string, number>} */ ({
  [FLEET]: 400_000,
  [HAND]: 1_000_000,
  [ACCELERATED]: 100_000,
});
const FEW = 10_000;

/** @param {number} count of agents alive, who take turns */
export function requestPairs(count, names = Object.keys(contenders)) {
  return interleaved(
    Object.fromEntries(
      names.map((name) => {
        const { running, pair } = named(name);
        const agents = Array.from({ length: count }, running);
        const run = (/** @type {number} */ operations) => {
          for (let index = 0; index < operations; index++) pair(agents[index % count]);
        };
        return [name, { operations: PER_ROUND[name] ?? FEW, run }];
      }),
    ),
  );
}

/** A request is completed by an agent that drains, of which many are pending. */
export function drainingEvents() {
  const machines = { [RAW]: createDraining(named(RAW)), [ACCELERATED]: createDraining(named(ACCELERATED)) };
  return interleaved(
    Object.fromEntries(
      Object.entries(machines).map(([name, make]) => [name, { operations: 9_900, run: make() }]),
    ),
  );
}

export function stateChanges() {
  return interleaved(
    eachContender(5_000, ({ create, change }) => {
      const agent = create();
      return () => change(agent);
    }),
  );
}

export function lives() {
  return interleaved(eachContender(2_000, ({ life }) => life));
}

export function creations() {
  return interleaved(eachContender(5_000, ({ create }) => create));
}

/** @returns {Record<string, number>} */
export function bytesAnAgent() {
  const counts = /** @type {Record<string, number>} */ ({ [RAW]: 5_000, [ACCELERATED]: 5_000 });
  const many = Object.entries(contenders)
    .filter(([name]) => name !== FLEET)
    .map(([name, { running }]) => [name, bytesOf(counts[name] ?? 20_000, running)]);
  return { ...Object.fromEntries(many), [FLEET]: bytesOfFleet({ isArmed: false }) };
}

/** @returns {Record<string, number>} */
export function bytesArmed() {
  const load = { type: /** @type {const} */ ('agent.load') };
  const armed = (/** @type {string} */ name) =>
    bytesOf(5_000, () => {
      const actor = named(name).create();
      actor.send(load);
      return actor;
    });
  return { [RAW]: armed(RAW), [ACCELERATED]: armed(ACCELERATED), [FLEET]: bytesOfFleet({ isArmed: true }) };
}

/** Bytes of one of a million. */
function bytesOfFleet({ isArmed = false }) {
  const count = 1_000_000;
  const fleet = createFleet(agentLifecycleMachine, { capacity: 1 });
  const bytes = bytesOf(1, () => {
    for (let index = 0; index < count; index++) {
      const id = fleet.add(INPUT);
      if (isArmed) fleet.send(id, { type: 'agent.load' });
    }
    return fleet;
  });
  fleet.stop();
  return bytes / count;
}

/** @type {(agent: any, operations: number) => void} */
function complete(agent, operations) {
  for (let index = 0; index < operations; index++) agent.send({ type: 'request.complete' });
}

/** @param {import('./contenders.js').Contender} contender */
function createDraining({ running }) {
  return () => {
    const refill = () => {
      const agent = running();
      for (let count = 0; count < 9_901; count++) agent.send({ type: 'request.accept' });
      agent.send({ type: 'agent.drain' });
      return agent;
    };
    // So many requests are pending only once: an engine has to learn of them beforehand.
    for (const agent of Array.from({ length: 4 }, refill)) complete(agent, 9_900);
    const agents = Array.from({ length: 1 + ROUNDS }, refill);
    return (/** @type {number} */ operations) => {
      complete(agents.shift(), operations);
    };
  };
}

/**
 * @param {number} few
 * @param {(contender: import('./contenders.js').Contender) => () => unknown} operationOf
 */
function eachContender(few, operationOf) {
  return Object.fromEntries(
    Object.entries(contenders).map(([name, contender]) => {
      const operation = operationOf(contender);
      const operations = name === FLEET || name === HAND ? 20 * few : few;
      const run = (/** @type {number} */ times) => {
        for (let index = 0; index < times; index++) operation();
      };
      return [name, { operations, run }];
    }),
  );
}

/** @param {string} name */
function named(name) {
  return /** @type {import('./contenders.js').Contender} */ (contenders[name]);
}
