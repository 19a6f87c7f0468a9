// What a fleet's agents are best kept as: rows of columns, or objects as lean as they can be, which have the machine's
// own context and copy it at each change. Run it after `npm run build`: node --expose-gc bench/objects-or-columns.js
import { agentLifecycleMachine, AgentId, AgentVersion } from 'xstate-agent-lifecycle';
import { createFleet } from 'xstate-agent-lifecycle/fleet';
import { ContextAssigner, keysOf } from '../dist/cjs/src/accelerate/context-assigner.js';
import { assignmentOf, findAction, findPlainGuard } from '../dist/cjs/src/accelerate/implementations.js';
import { contenders, FLEET } from './contenders.js';
import { bytesOf, interleaved } from './measure.js';

const AGENTS = 100_000;
const PAIRS = 500_000;

const machine = /** @type {any} */ (agentLifecycleMachine);

/** What requests do, in an agent that serves them: all that is measured here. */
const reactions = new Map([
  ['request.accept', reactionOf('hasCapacity', 'countRequest')],
  ['request.complete', reactionOf(null, 'discountRequest')],
]);

class LeanAgent {
  context = machine.config.context({ input: freshInput() });

  /** @param {{ type: string }} event */
  send(event) {
    const { context } = this;
    const reaction = reactions.get(event.type);
    if (reaction === undefined || reaction.guard?.test({ context, event }, undefined) === false) return;
    this.context = reaction.assigner.apply(
      { context, event, spawn: null, self: null, system: null },
      undefined,
      keysOf(context),
    );
  }
}

const { pair, running } = /** @type {import('./contenders.js').Contender} */ (contenders[FLEET]);
const [ACCEPT, COMPLETE] = ['request.accept', 'request.complete'].map((type) => ({ type }));

for (const count of [1, AGENTS]) {
  const rows = Array.from({ length: count }, running);
  const objects = Array.from({ length: count }, () => new LeanAgent());
  const times = interleaved({
    columns: { operations: PAIRS, run: each((index) => pair(rows[index % count])) },
    objects: {
      operations: PAIRS,
      run: each((index) => {
        const agent = /** @type {LeanAgent} */ (objects[index % count]);
        agent.send(/** @type {any} */ (ACCEPT));
        agent.send(/** @type {any} */ (COMPLETE));
      }),
    },
  });
  for (const [name, { median }] of Object.entries(times)) {
    print(`${name}, ${count} alive: ${median.toFixed(0)} ns a pair of requests`);
  }
}
const columnBytes = bytesOf(1, () => {
  const fleet = createFleet(agentLifecycleMachine, { capacity: AGENTS });
  for (let index = 0; index < AGENTS; index++) fleet.add(freshInput());
  return fleet;
});
print(`columns: ${(columnBytes / AGENTS).toFixed(0)} bytes an agent, its deadline included`);
print(`objects: ${bytesOf(AGENTS, () => new LeanAgent()).toFixed(0)} bytes an agent, without a deadline`);

/** @param {string | null} guard @param {string} action */
function reactionOf(guard, action) {
  const assignment = assignmentOf(findAction(machine, action).action) ?? {};
  return {
    guard: guard === null ? null : findPlainGuard(machine, guard),
    assigner: new ContextAssigner(assignment),
  };
}

/** Each agent has two UUIDs of its own, as agents have. */
function freshInput() {
  return { agentId: AgentId.generate(), version: AgentVersion.generate(), versionNumber: 1 };
}

/** @param {(index: number) => unknown} operation */
function each(operation) {
  return (/** @type {number} */ operations) => {
    for (let index = 0; index < operations; index++) operation(index);
  };
}

/** @param {string} line */
function print(line) {
  process.stdout.write(`${line}\n`);
}
