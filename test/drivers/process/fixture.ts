import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { processDriver, type ProcessOptions } from '../../../src/drivers/process/index.js';
import type { DriverFixture } from '../../../src/testing/contracts/describe-driver.js';
import { processesWith } from './processes.js';

const AGENT = fileURLToPath(new URL('agents/agent.mjs', import.meta.url));
/** Milliseconds that no test takes. */
const FOR_EVER = 600_000;
/** Stands in the command line of this fixture's agents. */
const mark = randomUUID();

/** The agent of these tests, and how it behaves. */
export function agentThat(behaviour: string, ...marks: string[]): ProcessOptions {
  return { command: process.execPath, args: [AGENT, behaviour, ...marks] };
}

export const processFixture: DriverFixture = {
  createFactory: processDriver,
  optionsFor: (behaviour) => {
    switch (behaviour) {
      case 'failsToLoad':
        return { command: 'there-is-no-such-command' };
      case 'hangsInStop':
        return { ...agentThat(behaviour, mark), escalation: { eof: FOR_EVER, term: FOR_EVER } };
      default:
        return agentThat(behaviour, mark);
    }
  },
  countResources: async () => (await processesWith(mark)).length,
};
