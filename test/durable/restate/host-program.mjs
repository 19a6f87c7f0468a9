// A host of agents in a process of its own, as it was built, so that it can be killed. Its parent is told of each call of
// a driver, and says when operations end and requests come and go.
import { serveRestate } from '../../../dist/src/durable/index.js';

const { hold, scale = 1, ...options } = JSON.parse(String(process.argv[2]));
/** @param {object} message */
const tell = (message) => void process.send?.(message);

/** @type {{ agent: string, operation: string, aborted: boolean, resolve: (value?: unknown) => void, reject: (error: Error) => void }[]} */
let held = [];
/** @type {Map<string, { release: () => void }[]>} */
const leases = new Map();

function scripted() {
  /** @param {import('../../../dist/src/index.js').OperationCall} call */
  const operation = ({ agentName, operation, attempt = 1, forced, signal }) => {
    tell({ type: 'called', agent: agentName, operation, attempt, forced });
    if (!hold.includes(operation)) return undefined;
    return new Promise((resolve, reject) => {
      const each = { agent: String(agentName), operation, aborted: false, resolve, reject };
      held.push(each);
      signal.addEventListener('abort', () => {
        each.aborted = true;
        tell({ type: 'aborted', agent: agentName, operation });
      });
    });
  };
  /** @type {import('../../../dist/src/index.js').AgentDriver} */
  const driver = {
    load: operation,
    instantiate: operation,
    start: operation,
    stop: operation,
    unload: operation,
    handle: (payload) => payload,
    dispose: ({ agentName }) =>
      tell({ type: 'called', agent: agentName, operation: 'disposing', attempt: 1, forced: false }),
  };
  return driver;
}

const server = await serveRestate({
  ...options,
  drivers: { scripted },
  // The name of an agent may say what each of its delays is in real milliseconds.
  scaleDelay: (milliseconds, agent) => Number(/~(\d+)$/.exec(agent)?.[1] ?? Math.round(milliseconds * scale)),
});

/** @type {Record<string, (parameters: any) => unknown>} */
const actions = {
  settle: ({ agent, operation, message }) => {
    const of = (/** @type {boolean} */ aborted) =>
      held.find((each) => each.agent === agent && each.operation === operation && each.aborted === aborted);
    const found = of(false) ?? of(true);
    if (found === undefined) return false;
    held = held.filter((each) => each !== found);
    if (message === undefined) found.resolve();
    else found.reject(new Error(message));
    return true;
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
  close: async (how) => {
    await server.close(how);
    return null;
  },
};

process.on('message', async (/** @type {any} */ { id, do: action, ...parameters }) => {
  try {
    tell({ id, value: await actions[action]?.(parameters) });
  } catch (thrown) {
    const error = /** @type {Error & { code?: string }} */ (thrown);
    tell({ id, error: { code: error.code, message: error.message } });
  }
});
process.on('disconnect', () => process.exit());
tell({ type: 'ready', url: server.url });
