import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { mcpDriver, type McpOptions } from '../../../src/drivers/mcp/index.js';
import type { DriverFixture } from '../../../src/testing/contracts/describe-driver.js';
import { processesWith } from '../process/processes.js';

const SERVER = fileURLToPath(new URL('agents/server.mjs', import.meta.url));
/** Milliseconds that no test takes. */
const FOR_EVER = 600_000;
/** Stands in the command line of this fixture's servers. */
const mark = randomUUID();

/** The server of these tests, and how it behaves. */
export function serverThat(behaviour: string, ...marks: string[]): McpOptions {
  return { command: process.execPath, args: [SERVER, behaviour, ...marks] };
}

export const mcpFixture: DriverFixture = {
  createFactory: mcpDriver,
  optionsFor: (behaviour) => {
    switch (behaviour) {
      case 'failsToLoad':
        return { command: 'there-is-no-such-command' };
      case 'hangsInStop':
        return { ...serverThat(behaviour, mark), escalation: { eof: FOR_EVER, term: FOR_EVER } };
      // A tool has one value, and no way to hand over.
      case 'streams':
      case 'streamsForEver':
      case 'failsInStream':
      case 'handsOver':
        return null;
      default:
        return serverThat(behaviour, mark);
    }
  },
  exchange: (text) => ({
    payload: { tool: 'echo', arguments: { text } },
    answer: { content: [{ type: 'text', text }] },
  }),
  countResources: async () => (await processesWith(mark)).length,
};
