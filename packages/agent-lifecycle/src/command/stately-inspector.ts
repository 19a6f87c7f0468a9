import { setTimeout } from 'node:timers/promises';
import type { AgentHost } from '../../../../src/host/agent-host.js';
import { InspectError } from '../../../../src/inspect/inspect-error.js';
import { inspectHost } from '../../../../src/inspect/inspect-host.js';
import { startInspectorRelay } from './inspector-relay.js';

export interface StatelyInspector {
  /** The page to open. */
  readonly url: string;
  close(): Promise<void>;
}

/** Milliseconds that the last events have to reach the page. */
const GRACE = 100;

/**
 * Shows the agents of a host in the Stately inspector, whose relay it starts.
 *
 * @param port 0 for any free one
 * @throws {InspectError} `InspectorNotInstalled`, `PortInUse`
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

async function importInspector() {
  try {
    const [{ createInspectorServer }, { createWebSocketInspector }] = await Promise.all([
      import('@statelyai/inspect/server'),
      import('@statelyai/inspect'),
    ]);
    return { createInspectorServer, createWebSocketInspector };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new InspectError('InspectorNotInstalled', 'npm install @statelyai/inspect', { cause: error });
  }
}
