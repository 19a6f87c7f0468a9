import { setTimeout } from 'node:timers/promises';
import { type AgentHost, loadPackage } from 'xstate-agent-lifecycle';
import { inspectHost } from 'xstate-agent-lifecycle/inspect';
import { startInspectorRelay } from './inspector-relay.js';

export interface StatelyInspector {
  /** The page to open. */
  readonly url: string;
  close(): Promise<void>;
}

/** Milliseconds that the last events have to reach the page. */
const GRACE = 100;

/**
 * Starts the relay of the Stately inspector, and shows the agents of a host in it.
 *
 * @param port 0 for any free one
 * @throws {MissingPackageError} when the inspector is not installed, {InspectError} `PortInUse`
 */
export async function startStatelyInspector(host: AgentHost, port: number): Promise<StatelyInspector> {
  const { createInspectorServer, createWebSocketInspector } = await importInspector();
  const relay = await startInspectorRelay(port, createInspectorServer);
  const inspector = createWebSocketInspector({ url: `ws://127.0.0.1:${relay.port}` });
  const inspection = inspectHost(host, { inspector });
  return {
    url: `http://localhost:${relay.port}`,
    close: async () => {
      inspection.stop();
      await setTimeout(GRACE);
      inspector.stop();
      relay.stop();
    },
  };
}

function importInspector() {
  return loadPackage('@statelyai/inspect', 'The Stately inspector', async () => {
    const [{ createInspectorServer }, { createWebSocketInspector }] = await Promise.all([
      import('@statelyai/inspect/server'),
      import('@statelyai/inspect'),
    ]);
    return { createInspectorServer, createWebSocketInspector };
  });
}
