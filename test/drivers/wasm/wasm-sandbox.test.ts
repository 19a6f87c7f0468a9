import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newHost, deploy, running, textOf } from './wasm-host.js';
import { ASKS_LOG_LEVEL, EXITS, LINKS, LOGS, LOGS_FOR_EVER, PRINTS, RAISES, READS_FILE } from './plugins.js';

/** WASI's numbers of errors. */
const NOT_PERMITTED_HERE = 2;
const NO_SUCH_FILE = 44;
const NOT_PERMITTED = 63;
const OUTSIDE = 76;

let folder = '';
const at = (...names: string[]) => path.join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sandbox-'));
  await mkdir(at('granted', 'inner'), { recursive: true });
  await mkdir(at('secret'));
  await writeFile(at('granted', 'inner', 'open.txt'), 'open');
  await writeFile(at('secret', 'key'), 'secret');
  await symlink(at('secret'), at('granted', 'out'));
  await symlink(at('secret', 'key'), at('granted', 'inner', 'key'));
  await symlink(at('secret', 'new'), at('granted', 'new'));
  await symlink('inner/open.txt', at('granted', 'link'));
  await symlink(at('granted'), at('alias'));
  execFileSync('mkfifo', [at('granted', 'fifo')]);
  await symlink('/dev/zero', at('granted', 'zero'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('a plugin with allowedPaths', () => {
  it.each(['inner/open.txt', 'link', './inner/../inner/open.txt'])(
    'reads what is in there: %s',
    async (name) => {
      const agent = await running({ module: READS_FILE, allowedPaths: { '/data': at('granted') } });
      expect(await textOf(agent.request(name))).toBe('\0open');
    },
  );

  it('may be granted a folder by a link', async () => {
    const agent = await running({ module: READS_FILE, allowedPaths: { '/data': at('alias') } });
    expect(await textOf(agent.request('inner/open.txt'))).toBe('\0open');
  });

  it.each([
    ['out/key', OUTSIDE],
    ['inner/key', OUTSIDE],
    ['inner/../out/key', OUTSIDE],
    ['../secret/key', OUTSIDE],
    ['inner/../../secret/key', OUTSIDE],
    ['/etc/passwd', OUTSIDE],
    ['new', NO_SUCH_FILE],
    ['zero', OUTSIDE],
    ['fifo', NOT_PERMITTED_HERE],
    ['nothing', NO_SUCH_FILE],
    ['nothing/at/all', NO_SUCH_FILE],
  ])('does not get out of there, and cannot be held up: %s', async (name, error) => {
    const agent = await running({ module: READS_FILE, allowedPaths: { '/data': at('granted') } });
    expect(await agent.request(name)).toEqual(Uint8Array.of(error));
  });

  it('can make no symbolic link', async () => {
    const agent = await running({ module: LINKS, allowedPaths: { '/data': at('granted') } });
    expect([await agent.request('/etc'), existsSync(at('granted', 'l'))]).toEqual([
      Uint8Array.of(NOT_PERMITTED),
      false,
    ]);
  });

  it('is told which folder is not there', async () => {
    const agent = deploy({ module: READS_FILE, allowedPaths: { '/data': at('nowhere') } });
    await agent.run();
    expect(agent.record.failureReason).toContain(
      `ENOENT: no such file or directory, lstat '${at('nowhere')}'`,
    );
  });
});

describe('a plugin that ends itself', () => {
  it('has answered where its exit code is 0', async () => {
    const agent = await running({ module: EXITS });
    expect(await textOf(agent.request('1'))).toBe('1');
  });

  it('has failed, with its exit code, where that is another', async () => {
    const agent = await running({ module: EXITS });
    await expect(agent.request('1234')).rejects.toThrow(
      'The plugin failed: it ended itself with the exit code 3',
    );
    expect(await textOf(agent.request('1'))).toBe('1');
  });

  it('ends nothing else with a signal', async () => {
    const agent = await running({ module: RAISES });
    await expect(agent.request('')).rejects.toThrow('The plugin failed: it raised the signal 9');
    expect(agent.state).toBe('running');
  });
});

describe('what a plugin says', () => {
  const printing = () => {
    const lines: string[] = [];
    const host = newHost({
      onOutput: ({ stream, text, generation }, agent) =>
        void lines.push(`${agent.record.agentName ?? ''} ${generation} ${stream}: ${text}`),
    });
    return { lines, host };
  };

  it('is passed on from the level info on', async () => {
    const { lines, host } = printing();
    const agent = await running({ module: LOGS }, host);
    await agent.request('a\nb\n');
    expect(lines).toEqual([
      'plugin 1 stdout: a',
      'plugin 1 stdout: b',
      'plugin 1 stderr: a',
      'plugin 1 stderr: b',
      'plugin 1 stderr: a',
      'plugin 1 stderr: b',
    ]);
  });

  it.each([
    ['trace', 5, 0],
    ['debug', 4, 1],
    ['info', 3, 2],
    ['error', 1, 4],
    ['silent', 0, 0x7fff_ffff & 0xff],
  ] as const)(
    'is passed on from the level %s on, which the plugin may ask for',
    async (logLevel, count, number) => {
      const { lines, host } = printing();
      const agent = await running({ module: LOGS, logLevel }, host);
      await agent.request('a');
      expect(lines).toHaveLength(count);
      const asking = await running({ module: ASKS_LOG_LEVEL, logLevel });
      expect(await asking.request('')).toEqual(Uint8Array.of(number));
    },
  );

  it('is passed on where it is printed', async () => {
    const { lines, host } = printing();
    const agent = await running({ module: PRINTS }, host);
    expect(await agent.request('first\r\nsecond')).toEqual(Uint8Array.of(13));
    expect(lines).toEqual([
      'plugin 1 stdout: first',
      'plugin 1 stderr: first',
      'plugin 1 stdout: second',
      'plugin 1 stderr: second',
    ]);
  });

  it('is bounded in each call', async () => {
    const { lines, host } = printing();
    const agent = await running({ module: LOGS_FOR_EVER }, host);
    await agent.request('again');
    expect([lines.length, lines.at(-1)]).toEqual([
      1_001,
      'plugin 1 stderr: (it printed too much in one call: the rest is left out)',
    ]);
    await agent.request('x'.repeat(100_000));
    expect(lines.slice(1_001).map(({ length }) => length > 1_000)).toEqual([true, true, false]);
  });
});
