// A host of agents in a process of its own, as it was built, so that it can be killed. Its parent is told of each call of
// a driver, and says when operations end and requests come and go.
import { serveRestateWith } from '../../dist/cjs/src/restate/serve-restate.js';

/** @typedef {import('xstate-agent-lifecycle/restate').ServeRestateOptions & { hold: string[], scale?: number }} Options */
/** @typedef {{ readonly agent: string, readonly operation: string, readonly message?: string, readonly force?: boolean }} Parameters */
/** @typedef {{ readonly id: number, readonly do: string } & Parameters} Demand */
/** @typedef {{ agent: string, operation: string, aborted: boolean, resolve: (value?: unknown) => void, reject: (error: Error) => void }} Held */

const given = /** @type {unknown} */ (JSON.parse(String(process.argv[2])));
const { hold, scale = 1, ...options } = /** @type {Options} */ (given);
/** @param {object} message */
const tell = (message) => {
  process.send?.(message);
};

/** @type {Held[]} */
let held = [];
/** @type {Map<string, { release: () => void }[]>} */
const leases = new Map();

function scripted() {
  /** @param {import('xstate-agent-lifecycle').OperationCall} call */
  const operation = ({ agentName, operation, attempt = 1, forced, signal }) => {
    tell({ type: 'called', agent: agentName, operation, attempt, forced });
    if (!hold.includes(operation)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const each = { agent: String(agentName), operation, aborted: false, resolve, reject };
      held.push(/** @type {Held} */ (each));
      signal.addEventListener('abort', () => {
        each.aborted = true;
        tell({ type: 'aborted', agent: agentName, operation });
      });
    });
  };
  /** @type {import('xstate-agent-lifecycle').AgentDriver} */
  const driver = {
    load: operation,
    instantiate: operation,
    start: operation,
    stop: operation,
    unload: operation,
    handle: (payload) => payload,
    dispose: ({ agentName }) => {
      tell({ type: 'called', agent: agentName, operation: 'disposing', attempt: 1, forced: false });
    },
  };
  return driver;
}

const server = await serveRestateWith(
  { ...options, drivers: { scripted } },
  // The name of an agent may say what each of its delays is in real milliseconds.
  (milliseconds, agent) => Number(/~(\d+)$/.exec(agent)?.[1] ?? Math.round(milliseconds * scale)),
);

/** @type {Readonly<Record<string, (parameters: Parameters) => unknown>>} */
const actions = {
  settle: ({ agent, operation, message }) => {
    const of = held.filter((each) => each.agent === agent && each.operation === operation);
    // One that was aborted, where none is in flight: that comes too late.
    const found = of.find(({ aborted }) => !aborted) ?? of[0];
    held = held.filter((each) => each !== found);
    if (message === undefined) found?.resolve();
    else found?.reject(new Error(message));
    return found !== undefined;
  },
  inFlight: ({ agent }) =>
    held.filter((each) => each.agent === agent && !each.aborted).map(({ operation }) => operation),
  accept: ({ agent }) => {
    const lease = server.accept(agent);
    leases.set(agent, [...(leases.get(agent) ?? []), lease]);
    return null;
  },
  complete: ({ agent }) => {
    const [first, ...rest] = leases.get(agent) ?? [];
    leases.set(agent, rest);
    first?.release();
    return first !== undefined;
  },
  isServing: ({ agent }) => server.isServing(agent),
  close: ({ force = false }) => server.close({ force }),
};

/** @param {Demand} demand */
async function answer({ id, do: action, ...parameters }) {
  try {
    tell({ id, value: await actions[action]?.(parameters) });
  } catch (thrown) {
    const { code, message } = /** @type {Error & { code?: string }} */ (thrown);
    tell({ id, error: { code, message } });
  }
}

process.on('message', (demand) => void answer(/** @type {Demand} */ (demand)));
process.on('disconnect', () => process.exit());
tell({ type: 'ready', url: server.url });
