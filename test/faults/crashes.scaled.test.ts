import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { openSqliteStore } from '../../packages/agent-lifecycle/src/sqlite/sqlite-store.js';
import { scaled } from '../scale.js';

const PROGRAM = fileURLToPath(new URL('agents/durable-host.mjs', import.meta.url));
const CRASHES = scaled({ quick: 3, slow: 20, soak: 200 });
/** The soak looks for what no run has found before; `SEED` repeats one. */
const SEED = Number(process.env['SEED'] ?? scaled({ quick: 1, slow: 1, soak: Date.now() % 2 ** 31 }));
const NAMES = ['a', 'b', 'c', 'd'];

type Entry = {
  readonly sequence: number;
  readonly type: string;
  readonly generation: number;
  readonly event?: string;
};

interface Found {
  readonly kept: readonly string[];
  readonly agents: readonly { readonly name: string; readonly goal: string; readonly generation: number }[];
  readonly journals: Readonly<Record<string, readonly Entry[]>>;
}

type Line =
  | ({ readonly type: 'found' } & Found)
  | { readonly type: 'up'; readonly name: string; readonly generation: number }
  | { readonly type: 'begun'; readonly name: string }
  | { readonly type: 'answered'; readonly name: string; readonly goal: string; readonly sequence: number }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };

/** How a host comes to its end. */
type Crash =
  /** It is killed once it has said so much. */
  | { readonly by: 'kill'; readonly afterLines: number }
  /** It is killed in the middle of a write. */
  | { readonly by: 'write'; readonly number: number }
  /** Its files can grow by so many bytes, and no more. */
  | { readonly by: 'fullDisk'; readonly bytes: number };

let directory = '';
let promises: Promises;

beforeEach(() => {
  promises = new Promises();
  directory = mkdtempSync(path.join(tmpdir(), 'crashes-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** A host from its start to its crash. */
async function crash(seed: number, how: Crash): Promise<Line[]> {
  const args = [PROGRAM, directory, String(seed), String(how.by === 'write' ? how.number : 0)];
  const blocks = how.by === 'fullDisk' ? String(Math.ceil((databaseSize() + how.bytes) / 512)) : 'unlimited';
  const child = spawn('sh', ['-c', `ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, ...args], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const lines: Line[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    // The last may have been cut short.
    if (!text.endsWith('}')) continue;
    lines.push(JSON.parse(text) as Line);
    if (how.by === 'kill' && lines.length === how.afterLines) child.kill('SIGKILL');
  }
  await closed;
  return lines;
}

function databaseSize(): number {
  return statSync(path.join(directory, 'host.db'), { throwIfNoEntry: false })?.size ?? 0;
}

/** What has been promised, by all hosts so far. */
class Promises {
  /** The goals in which each agent may be found: two while a command is not answered; none where any will do. */
  readonly #goals = new Map<string, string | null>();
  readonly #sequences = new Map<string, number>();
  readonly #up = new Set<string>();

  /** What is wrong with what a host has found at its start. */
  brokenBy({ kept, agents, journals }: Found): string[] {
    const problems: string[] = [];
    if (this.#goals.size > 0 && kept.join() !== NAMES.join()) problems.push(`kept ${kept.join()}`);
    for (const { name, goal } of agents) {
      const promised = this.#goals.get(name) ?? goal;
      if (promised !== goal) problems.push(`${name} was to be ${promised}, and is to be ${goal}`);
    }
    for (const [name, entries] of Object.entries(journals))
      problems.push(...this.#brokenByJournal(name, entries));
    return problems;
  }

  #brokenByJournal(name: string, entries: readonly Entry[]): string[] {
    const problems: string[] = [];
    const last = entries.at(-1)?.sequence ?? 0;
    if (last < (this.#sequences.get(name) ?? 0)) problems.push(`the journal of ${name} has lost its end`);
    const hole = entries.findIndex(({ sequence }, index) => sequence !== (entries[0]?.sequence ?? 0) + index);
    if (hole >= 0) problems.push(`the journal of ${name} has a hole at ${hole}`);
    const deployed = entries.filter(({ type }) => type === 'deployed').map(({ generation }) => generation);
    if (deployed.some((generation, index) => index > 0 && generation <= Number(deployed[index - 1]))) {
      problems.push(`${name} has a generation twice: ${deployed.join()}`);
    }
    const fired = entries
      .filter(({ event }) => event?.startsWith('xstate.after.'))
      .map(({ generation, event }) => `${generation} ${String(event)}`);
    if (new Set(fired).size < fired.length) problems.push(`a timer of ${name} has fired twice`);
    return problems;
  }

  /** @returns what is wrong with what a host has said */
  add(lines: readonly Line[]): string[] {
    const problems: string[] = [];
    for (const line of lines) {
      if (line.type === 'begun') this.#goals.set(line.name, null);
      if (line.type === 'answered') {
        this.#goals.set(line.name, line.goal);
        this.#sequences.set(line.name, line.sequence);
      }
      if (line.type !== 'up') continue;
      const up = `${line.name} ${line.generation}`;
      if (this.#up.has(up)) problems.push(`${up} came up twice`);
      this.#up.add(up);
    }
    return problems;
  }
}

async function crashAndCheck(seed: number, how: Crash): Promise<{ lines: Line[]; problems: string[] }> {
  const lines = await crash(seed, how);
  const [found] = lines;
  const before = found?.type === 'found' ? promises.brokenBy(found) : [];
  return { lines, problems: [...before, ...promises.add(lines)] };
}

const crashes = fc.oneof(
  fc.record({ by: fc.constant('kill' as const), afterLines: fc.integer({ min: 1, max: 120 }) }),
  fc.record({ by: fc.constant('write' as const), number: fc.integer({ min: 1, max: 1_500 }) }),
);

describe('a host under load that keeps its agents', () => {
  it(`loses nothing that it has promised in ${CRASHES} crashes, by the seed ${SEED}`, async () => {
    const rounds = fc.sample(fc.tuple(fc.nat(), crashes), { numRuns: CRASHES, seed: SEED });
    let found = 0;
    for (const [seed, how] of rounds) {
      const { lines, problems } = await crashAndCheck(seed, how);
      expect({ seed, how, problems }).toEqual({ seed, how, problems: [] });
      if (lines[0]?.type === 'found') found++;
    }
    expect(found).toBeGreaterThan(CRASHES / 2);
  }, 1_200_000);

  it('says so when the disk is full, ends, and has lost nothing that it has promised', async () => {
    await crashAndCheck(6, { by: 'kill', afterLines: 20 });
    const { lines, problems } = await crashAndCheck(7, { by: 'fullDisk', bytes: 20_000 });
    expect([problems, lines.at(-1)]).toEqual([
      [],
      {
        type: 'failed',
        code: 'StoreFailed',
        message: `${path.join(directory, 'host.db')} cannot be read or written: disk I/O error`,
      },
    ]);
    expect((await crashAndCheck(8, { by: 'kill', afterLines: 20 })).problems).toEqual([]);
  }, 60_000);

  it('refuses a truncated file, and leaves it as it is', async () => {
    await crash(9, { by: 'kill', afterLines: 40 });
    const file = path.join(directory, 'host.db');
    truncateSync(file, databaseSize() - 5_000);
    const before = readFileSync(file);
    await expect(openSqliteStore(directory)).rejects.toMatchObject({
      code: 'StoreDamaged',
      detail: { file },
    });
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});
