import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { processDriver } from '../../../src/drivers/process/index.js';
import { DriverRig, endOf } from '../driver-rig.js';
import { agentThat } from './fixture.js';
import { untilNoneWith } from './processes.js';

/** More than the kernel takes for a child that does not read. */
const LARGE = 'a'.repeat(700_000);
const rig = new DriverRig(processDriver());

/** A program of the shell, which starts and then does what it is given. */
function shell(...lines: string[]) {
  return { command: 'sh', args: ['-c', `read -r l; echo '{"id":1,"ok":true}'\n${lines.join('\n')}`] };
}

const READS_NOTHING = { ...shell('exec sleep 600'), stdin: 2 * 1024 * 1024, escalation: { eof: 0 } };

describe('what is no message on stdout', () => {
  it('is skipped, counted, passed on as output, and told in the journal', async () => {
    const agent = await rig.running({
      command: 'sh',
      args: [
        '-c',
        String.raw`printf '\n  \r\nhello\r\n[1]\n"ok"\n17\nnull\n{"level":30,"id":"x"}\n{hello}\nna\303ve\n\377\n'
        read -r l; printf '\357\273\277{"id":1,"ok":true}\r\n'
        read -r l; echo '{"id":2,"ok":true,"value":"goes on"}'; read -r l`,
      ],
    });
    expect(await agent.request('')).toBe('goes on');
    expect([rig.output, rig.notices()]).toEqual([
      ['hello', '[1]', '"ok"', '17', 'null', '{"level":30,"id":"x"}', '{hello}', 'na\ufffdve', '\ufffd'].map(
        (line) => `stdout: ${line}`,
      ),
      [
        'Skipped 1 line on stdout: no message. The last: ""',
        'Skipped 10 lines on stdout: no message. The last: "na\ufffdve"',
      ],
    ]);
  });

  it.each([
    ['no answer', '{"id":2}', '"{\\"id\\":2}" is no answer'],
    ['an answer without a number', '{"ok":true}', '"{\\"ok\\":true}" is no answer'],
    ['an answer that breaks off', '{"id":2,"ok":tr', '"{\\"id\\":2,\\"ok\\":tr" is no answer'],
    [
      'an answer with a field of its own',
      '{"id":2,"ok":true,"odd":1}',
      '"{\\"id\\":2,\\"ok\\":true,\\"odd\\":1}" is no answer',
    ],
    ['an answer to what was never asked', '{"id":77,"ok":true}', '77 was never asked'],
  ])('fails the agent where it claims to be an answer: %s', async (_, line, detail) => {
    const mark = randomUUID();
    const agent = await rig.running(agentThat('parrots', mark));
    await expect(agent.request(line)).rejects.toBeInstanceOf(Error);
    expect(await endOf(agent)).toEqual(['failed', `The process has said what it may not say: ${detail}`]);
    expect(await untilNoneWith(mark)).toEqual([]);
  });

  it('fails the agent where it answers a question that is not yet written', async () => {
    const agent = await rig.running(agentThat('pauses'));
    const pid = (await agent.request('pause')) as number;
    const requests = [agent.request(LARGE), agent.request('waits')];
    process.kill(pid, 'SIGUSR2');
    await Promise.allSettled(requests);
    expect(await endOf(agent)).toEqual([
      'failed',
      'The process has said what it may not say: 4 was never asked',
    ]);
  });

  it('fails the agent where a line is too long', async () => {
    const agent = await rig.running({ ...agentThat('babbles'), maxLine: 1_000 });
    await expect(agent.request('')).rejects.toBeInstanceOf(Error);
    const reason = 'The process has said what it may not say: a line of more than 1000 bytes';
    expect(await endOf(agent)).toEqual(['failed', reason]);
  });
});

describe('stderr', () => {
  it('is passed on a line at a time, a long line in pieces', async () => {
    const long = 'grüß'.repeat(5_000);
    const agent = await rig.running({
      ...shell('printf "one\\r\\n\\ntwo\\n%s\\nthree" "$LONG" >&2', 'exit 3'),
      env: { LONG: long },
    });
    expect((await endOf(agent))[0]).toBe('failed');
    const pieces = rig.output.slice(2, -1).map((each) => each.replace('stderr: ', ''));
    expect([rig.output.slice(0, 2), pieces.join(''), rig.output.at(-1)]).toEqual([
      ['stderr: one', 'stderr: two'],
      long,
      'stderr: three',
    ]);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(8_192);
  });
});

describe('a process that does not read', () => {
  it('has no more bytes wait for it than its options say', async () => {
    const agent = await rig.running(READS_NOTHING);
    const giveUp = new AbortController();
    const given = [1, 2].map(() => agent.request(LARGE, { signal: giveUp.signal }));
    await expect(agent.request(LARGE)).rejects.toMatchObject({
      code: 'RequestFailed',
      message:
        'The agent failed the request: The process does not read its stdin: 1400104 bytes wait for it, 2097152 may',
      cause: { name: 'ChildGroupError', code: 'StdinFull' },
    });
    expect(agent.state).toBe('running');
    giveUp.abort();
    await Promise.allSettled(given);
  });

  it('keeps nothing of a request that was given up before it was written', async () => {
    const agent = await rig.running(READS_NOTHING);
    // Eight times the bound, one after the other.
    for (let count = 1; count <= 24; count++) {
      const controller = new AbortController();
      const request = agent.request(LARGE, { signal: controller.signal });
      setImmediate(() => {
        controller.abort(new Error('never mind'));
      });
      await expect(request).rejects.toThrow('never mind');
    }
  });

  it('is never told of a request that was given up before it was written', async () => {
    const agent = await rig.running(agentThat('pauses'));
    const pid = (await agent.request('pause')) as number;
    const controller = new AbortController();
    const { signal } = controller;
    const requests = [LARGE, 'waits'].map((payload) => agent.request(payload, { signal }));
    setImmediate(() => {
      controller.abort();
    });
    await Promise.allSettled(requests);
    process.kill(pid, 'SIGUSR1');
    expect(await agent.request('heard')).toEqual([
      'request pause',
      'request aaaaaaaaaa',
      'cancel 3',
      'request heard',
    ]);
  });

  it('is told to stop once it reads again', async () => {
    const agent = await rig.running({ ...agentThat('pauses'), escalation: { eof: 30_000 } });
    const pid = (await agent.request('pause')) as number;
    const request = expect(agent.request(LARGE)).rejects.toMatchObject({ code: 'AgentStopped' });
    const stop = agent.stop();
    await request;
    process.kill(pid, 'SIGUSR1');
    expect(await stop).toMatchObject({ error: null, result: { currentState: 'stopped' } });
  });
});

describe('a process that closes a channel, and runs on', () => {
  it.each([
    ['stdout', 'exec >&-; while read -r l; do :; done'],
    ['stdin', 'exec <&-; exec sleep 600'],
  ])('has failed, asked or not: its %s', async (channel, program) => {
    const agent = await rig.running(shell(program));
    expect(await endOf(agent)).toEqual(['failed', `The process runs on, but has closed: its ${channel}`]);
  });

  it('fails what is asked of it for that reason', async () => {
    const agent = await rig.running(shell('exec >&-; while read -r l; do :; done'));
    await expect(agent.request('hello')).rejects.toMatchObject({ code: 'AgentFailed' });
  });

  it('fails its start for that reason', async () => {
    const agent = rig.deploy({ command: 'sh', args: ['-c', 'exec >&-; exec sleep 600'] });
    expect((await agent.run()).error?.code).toBe('OperationFailed');
    expect(await endOf(agent)).toEqual(['failed', 'The process runs on, but has closed: its stdout']);
  });

  it('has failed as its exit says where that follows', async () => {
    const agent = await rig.running(shell('exec >&- <&-; echo "no database" >&2; exit 3'));
    expect(await endOf(agent)).toEqual(['failed', 'The process has ended: exit code 3: no database']);
  });
});

describe('an error that a process answers', () => {
  it('has its code for a reason where it has no message', async () => {
    const agent = await rig.running(
      shell(
        'read -r l; echo \'{"id":2,"ok":false,"error":{"message":"","code":"NoDatabase"}}\'',
        'read -r l',
      ),
    );
    await expect(agent.request('')).rejects.toThrow('The process answered with an error: NoDatabase');
  });
});
