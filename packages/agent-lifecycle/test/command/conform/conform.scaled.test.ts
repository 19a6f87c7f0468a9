import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { itSlow } from '../../../../../test/scale.js';

const SUBJECT = 'examples/conformance/subject.py';
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'conform-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function conform(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['packages/agent-lifecycle/bin.js', 'conform', ...args],
    {
      env: { ...process.env, NODE_OPTIONS: '' },
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr };
}

/** The subject in Python, with one of its lines changed. */
function changed(from: string, to: string): string {
  const source = readFileSync(SUBJECT, 'utf8');
  expect(source).toContain(from);
  const file = path.join(folder, 'subject.py');
  writeFileSync(file, source.replace(from, to));
  return file;
}

describe('the example subject', () => {
  it('answers what docs/conformance.md says', () => {
    const lines = readFileSync('docs/conformance.md', 'utf8').match(/^\{"id".*$/gm) ?? [];
    const [asked, answers] = [
      lines.filter((line) => line.includes('"do"')),
      lines.filter((line) => line.includes('"view"')),
    ];
    const { stdout, status } = spawnSync('python3', [SUBJECT], {
      input: asked.map((line) => `${line}\n`).join(''),
      encoding: 'utf8',
    });
    const given = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: number });
    expect([status, asked.length, given.map(({ id }) => id)]).toEqual([0, 6, [1, 2, 3, 4, 5]]);
    expect(answers.map((line) => JSON.parse(line) as unknown)).toEqual([given[1]]);
  });
});

describe('agent-lifecycle conform', () => {
  itSlow('passes a subject in Python that conforms', () => {
    const { status, stdout } = conform('--seed', '1', '--', 'python3', SUBJECT);
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/all +\d+ +0\n[^]*100 random sequences[^]*It conforms/),
    ]);
  });

  itSlow('fails one that does not, with the shortest failing sequence', () => {
    const subject = changed('self.pending = max(0, self.pending - 1)', 'self.pending -= 1');
    const { status, stdout } = conform('--seed', '1', '--', 'python3', subject);
    expect([status, stdout]).toEqual([1, expect.stringContaining('Step 7, request.complete, did not do')]);
    expect(stdout).toMatch(/all +\d+ +3\n/);
    expect(stdout).toContain('failed: request.complete in running\n');
    const [, path = ''] = /--seed 1 --path (\S+)/.exec(stdout) ?? [];
    const replayed = conform('--seed', '1', '--path', path, '--', 'python3', subject);
    expect([replayed.status, replayed.stdout]).toEqual([
      1,
      expect.stringContaining('Step 7, request.complete, did not do'),
    ]);
  });

  it('reports as JSON', () => {
    const { status, stdout } = conform(
      '--json',
      '--cover',
      'states',
      '--runs',
      '5',
      '--seed',
      '7',
      '--',
      'python3',
      SUBJECT,
    );
    const { pairs, ...report } = JSON.parse(stdout) as { pairs: object[] };
    expect(pairs).toContainEqual({
      situation: 'ready',
      happening: 'agent.start',
      passed: 1,
      failed: 0,
    });
    expect([status, report]).toEqual([
      0,
      {
        passed: true,
        failedPaths: [],
        random: { runs: 5, seed: 7, path: null },
        shortestFailure: null,
      },
    ]);
  });

  it('runs only what it is told to', () => {
    const { stdout } = conform('--only', 'agent.dance', '--', 'python3', SUBJECT);
    expect(stdout).toMatch(/all +14 +0\n\nNo random sequences/);
  });

  describe('with a capacity', () => {
    const SMALL = ['--only', 'with a capacity of', '--runs', '20', '--seed', '1', '--', 'python3'];

    it('passes a subject that has one', () => {
      expect(conform(...SMALL, SUBJECT)).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('It conforms') as unknown,
      });
    });

    it('fails one that has one and does not keep it', () => {
      const subject = changed('self.pending >= self.capacity', 'self.pending >= DEFAULT_CAPACITY');
      const { status, stdout } = conform(...SMALL, subject);
      expect([status, stdout]).toEqual([1, expect.stringContaining('"capacity":1')]);
    });

    it('sends none to a subject that says nothing of it', () => {
      const subject = changed('answer["capacity"] = True', 'assert "capacity" not in request["input"]');
      expect(conform(...SMALL, subject).status).toBe(0);
    });

    it('exits with 2 for one that says it in another way', () => {
      const subject = changed('answer["capacity"] = True', 'answer["capacity"] = 5');
      const { status, stderr } = conform(...SMALL, subject);
      expect([status, stderr]).toEqual([2, expect.stringContaining('The subject broke the protocol')]);
    });
  });

  it.each([
    ['crashes', ['false'], 'exit code 1'],
    ['is not there', ['no-such-program'], 'ENOENT'],
    ['speaks nonsense', ['echo', 'hello'], 'The subject broke the protocol: "hello"'],
    ['hangs', ['sleep', '60'], 'The subject did not answer in time: 300 ms'],
  ])('exits with 2 for a subject that %s', (_, command, message) => {
    const { status, stderr } = conform('--timeout', '300', '--', ...command);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('says once why there is no more talking, and what led there', () => {
    const subject = changed('            return self.rest()', '            sys.exit(3)');
    const ends = [conform('--', 'false'), conform('--', 'python3', subject)];
    const input = 'with {"transitionTimeout":30000,"drainTimeout":60000}';
    expect(ends.map(({ stderr }) => stderr.replace(/^\d+ of \d+ .*\n/gm, ''))).toEqual([
      `\nThe subject ended in the middle of the conversation: exit code 1\nA new agent was not answered. To replay it, ${input}:\n`,
      `\nThe subject ended in the middle of the conversation: exit code 3\nStep 2, agent.unload, was not answered. To replay it, ${input}:\n` +
        '  {"do":"send","event":{"type":"agent.load"}}\n  {"do":"send","event":{"type":"agent.unload"}}\n',
    ]);
  });

  it('says as JSON, too, what led to where there was no more talking', () => {
    const subject = changed('            return self.rest()', '            sys.exit(3)');
    const { status, stdout } = conform('--json', '--', 'python3', subject);
    const load = { do: 'send', event: { type: 'agent.load' } };
    expect([status, JSON.parse(stdout)]).toEqual([
      2,
      {
        passed: false,
        error: {
          code: 'Crashed',
          message: 'The subject ended in the middle of the conversation: exit code 3',
          steps: [load, { do: 'send', event: { type: 'agent.unload' } }],
        },
      },
    ]);
  });

  it('exits with 1 for one that refuses what is no event', () => {
    const subject = changed('agent.advance(request["ms"])', 'code = "Busy"');
    const { status, stdout } = conform('--only', '29999 ms', '--', 'python3', subject);
    expect([status, stdout]).toEqual([
      1,
      expect.stringContaining('received {"accepted":false,"code":"Busy"'),
    ]);
  });

  it.each([
    [['--path', '0:0', '--', 'true'], '--path is of no use without its --seed\n'],
    [['--', ''], 'Expected a command that starts the subject, received an empty one\n'],
  ])('exits with 2 for the command line %j', (args, message) => {
    const { status, stderr } = conform(...args);
    expect([status, stderr]).toEqual([2, message]);
  });

  it('exits with 2 when there is no path of that name', () => {
    const { status, stderr } = conform('--only', 'typo', '--', 'python3', SUBJECT);
    expect([status, stderr]).toEqual([2, 'No path has "typo" in its name\n']);
  });

  it('leaves nothing behind of a subject that is started by a shell', () => {
    const { status, stderr } = conform('--timeout', '300', '--', 'sh', '-c', 'sleep 3600; true');
    expect([status, stderr]).toEqual([2, expect.stringContaining('The subject did not answer in time')]);
  });

  it('exits with 2 for one that speaks without an end', () => {
    const { status, stderr } = conform('--', 'cat', '/dev/zero');
    expect([status, stderr]).toEqual([2, expect.stringContaining('more than 1048576 bytes in one line')]);
  });

  it('exits with 1 for one that begins elsewhere', () => {
    const subject = changed('self.state = "unloaded"', 'self.state = "loaded"');
    const { status, stdout } = conform('--seed', '1', '--', 'python3', subject);
    expect([status, stdout]).toEqual([
      1,
      expect.stringContaining('A new agent is not what the lifecycle demands'),
    ]);
  });

  itSlow('exits with 2 for one that crashes in the middle', () => {
    const subject = changed('            return self.rest()', '            sys.exit(3)');
    const { status, stderr } = conform('--', 'python3', subject);
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/exit code 3\nStep 2, agent\.unload[^]*"agent\.load"[^]*"agent\.unload"/),
    ]);
  });

  it('exits with 2 for one that answers another question', () => {
    const subject = changed('"id": request["id"]', '"id": request["id"] + 1');
    const { status, stderr } = conform('--', 'python3', subject);
    expect([status, stderr]).toEqual([2, expect.stringContaining('it answered 2 when it was asked 1')]);
  });
});
