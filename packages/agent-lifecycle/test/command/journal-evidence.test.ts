import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { exportChart } from '../../src/drawing/export-chart.js';
import { command } from './started.js';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'evidence-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** The command that was built. */
async function lifecycle(...args: string[]) {
  const child = spawn(process.execPath, ['packages/agent-lifecycle/bin.js', ...args], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

async function fileOf(name: string, ...lines: string[]): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  return file;
}

const WORD_COUNT = {
  name: 'word-count',
  driver: 'wasm',
  options: { module: path.resolve('examples/agents/word-count.wasm') },
};

/** Runs a host until its agent runs, and lets it drain. */
async function recordRun(record: string): Promise<number | null> {
  const config = await fileOf('agents.json', JSON.stringify({ agents: [WORD_COUNT] }));
  const host = command(['run', config, '--port', '0', '--record', record]);
  await host.has(/word-count +ready → running/);
  host.signal('SIGTERM');
  return host.exited;
}

const RECORDING = '{"type":"recording","at":0}';
const DEPLOYED = '{"type":"deployed","agent":"a","generation":1,"sequence":1,"at":0}';
const STEP =
  '{"type":"transition","agent":"a","generation":1,"sequence":2,"at":0,"from":"unloaded.idle",' +
  '"to":"unloaded.loading","event":"agent.load","failureReason":null,"pendingRequests":0}';

describe('agent-lifecycle export', () => {
  it.each([
    ['lifecycle', 'mermaid'],
    ['lifecycle', 'svg'],
    ['supervisor', 'dot'],
    ['supervisor', 'json'],
  ] as const)('writes the %s as %s', async (chart, format) => {
    expect(await lifecycle('export', chart, '--format', format)).toEqual({
      code: 0,
      stdout: `${await exportChart(chart, format)}\n`,
      stderr: '',
    });
  });

  it.each([
    ['chart', ['dance']],
    ['format', ['lifecycle', '--format', 'gif']],
  ])('knows no other %s', async (_, args) => {
    const { code, stdout, stderr } = await lifecycle('export', ...args);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining('Allowed choices are')]);
  });
});

describe('agent-lifecycle check', () => {
  it('exits with 0 for a record that the chart allows, and counts its steps', async () => {
    const file = await fileOf('sound.jsonl', RECORDING, DEPLOYED, STEP);
    expect(await lifecycle('check', file)).toEqual({
      code: 0,
      stdout: 'The chart allows every step: 1, agents: 1\n',
      stderr: '',
    });
  });

  it.each([
    [
      'a step that the chart could not have taken',
      STEP.replace('agent.load', 'agent.start'),
      'a, generation 1: agent.start does not lead from unloaded.idle to unloaded.loading',
    ],
    [
      'a state that it was not in',
      STEP.replace('unloaded.idle', 'ready.idle'),
      'a, generation 1: it was unloaded.idle, and is said to have been ready.idle',
    ],
    [
      'a hole in the sequence',
      STEP.replace('"sequence":2', '"sequence":4'),
      'Expected entry 2 of a, received 4',
    ],
    ['what is not JSON', 'step', 'It is not JSON'],
  ])('exits with 1 at %s, and names its line', async (_, line, problem) => {
    const file = await fileOf('unsound.jsonl', RECORDING, DEPLOYED, line);
    expect(await lifecycle('check', file)).toEqual({
      code: 1,
      stdout: `${file}:3: ${problem}\n`,
      stderr: '',
    });
  });

  it('prints its verdict as JSON', async () => {
    const file = await fileOf('unsound.jsonl', RECORDING, STEP);
    const { code, stdout } = await lifecycle('check', file, '--json');
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      { isSound: false, line: 2, problem: 'Expected entry 1 of a, received 2' },
    ]);
  });

  it('exits with 2 for a file that cannot be read', async () => {
    const file = path.join(folder, 'none.jsonl');
    expect(await lifecycle('check', file)).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(`${file} cannot be read: ENOENT`),
    });
  });
});

describe('agent-lifecycle run --record', () => {
  it('records what the chart allows, one run after another in one file', async () => {
    const record = path.join(folder, 'record.jsonl');
    expect([await recordRun(record), await recordRun(record)]).toEqual([0, 0]);
    const lines = (await readFile(record, 'utf8')).trimEnd().split('\n');
    const starts = lines.filter((line) => line.startsWith('{"type":"recording"'));
    const ends = lines.filter((line) => line.includes('"to":"stopped"'));
    expect([starts.length, ends.length]).toEqual([2, 2]);
    expect(await lifecycle('check', record)).toEqual({
      code: 0,
      stdout: 'The chart allows every step: 16, agents: 1\n',
      stderr: '',
    });
  });

  it('exits with 2 before anything starts when the file cannot be written', async () => {
    const config = await fileOf('agents.json', JSON.stringify({ agents: [WORD_COUNT] }));
    const record = path.join(folder, 'none', 'record.jsonl');
    expect(await lifecycle('run', config, '--port', '0', '--record', record)).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(`${record} cannot be written: ENOENT`),
    });
  });
});
