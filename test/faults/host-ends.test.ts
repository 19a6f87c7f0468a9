import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { untilNoneWith } from '../drivers/process/processes.js';

const PROGRAM = fileURLToPath(new URL('agents/swapping-host.mjs', import.meta.url));
/** Swaps that are seen before the host is ended, in the middle of the next. */
const SWAPS = 4;
const CLIENTS = 8;

type Outcome = 'answered' | 'refused' | 'closed' | 'wrong';

let host: ChildProcess | null = null;

afterEach(() => {
  host?.kill('SIGKILL');
});

/** Sends requests one after another until the host is gone, and tells what came of each. */
async function keepAsking(url: string, agent: string, isOver: () => boolean): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  while (!isOver()) outcomes.push(await ask(url, agent, `request ${outcomes.length}`));
  return outcomes;
}

async function ask(url: string, agent: string, body: string): Promise<Outcome> {
  try {
    const response = await fetch(`${url}/agents/${agent}/requests`, { method: 'POST', body });
    const text = await response.text();
    if (response.status === 503) return 'refused';
    return response.status === 200 && text === body ? 'answered' : 'wrong';
  } catch {
    return 'closed';
  }
}

describe('a host that is ended in the middle of swaps', () => {
  it.each<[NodeJS.Signals, (number | string | null)[], Outcome[]]>([
    ['SIGTERM', [0, null], ['answered', 'refused', 'closed']],
    ['SIGKILL', [null, 'SIGKILL'], ['answered', 'closed']],
  ])(
    'by %s leaves nobody behind and no request untold',
    async (signal, exit, possible) => {
      const mark = randomUUID();
      const child = spawn(process.execPath, [PROGRAM, mark], {
        env: { ...process.env, NODE_OPTIONS: '' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      host = child;
      const exited = once(child, 'exit');
      const lines = createInterface({ input: child.stdout });
      const [url] = (await once(lines, 'line')) as [string];
      let isOver = false;
      const asking = ['child', 'worker'].flatMap((agent) =>
        Array.from({ length: CLIENTS }, () => keepAsking(url, agent, () => isOver)),
      );
      for (let swaps = 0; swaps < SWAPS; swaps++) await once(lines, 'line');
      child.kill(signal);
      expect(await exited).toEqual(exit);
      isOver = true;
      const outcomes = new Set((await Promise.all(asking)).flat());
      expect([...outcomes].filter((outcome) => !possible.includes(outcome))).toEqual([]);
      expect(outcomes).toContain('answered');
      expect(await untilNoneWith(mark)).toEqual([]);
    },
    60_000,
  );
});
