import { describe, expect, it } from '@jest/globals';
import { ScriptedDriver } from '../../../../test/host/scripted-driver.js';
import { answerIn, raw, served, until } from './served.js';

/** A host whose agent answers that. */
async function answering(answer: unknown) {
  const driver = new ScriptedDriver().hold('handle');
  const rig = await served(driver);
  driver.during.set('handle', () => {
    setImmediate(() => {
      driver.last('handle').resolve(answer);
    });
  });
  const ask = async () => {
    const response = await fetch(`${rig.url}/agents/agent/requests`, { method: 'POST', body: 'x' });
    return { status: response.status, text: await response.text() };
  };
  return { ...rig, ask };
}

function nested(levels: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < levels; level++) value = [value];
  return value;
}

const deep = nested(900);

/** What is looked at once near the top, and stands once more below that many levels. */
function atDepth(levels: number, value: unknown): unknown[] {
  let list: unknown[] = [value];
  for (let level = 1; level < levels; level++) list = [list];
  return [value, list];
}

const circle: Record<string, unknown> = {};
circle['self'] = circle;

/** 2⁴⁰ empty lists, of forty. */
let shared: unknown = [];
for (let level = 0; level < 40; level++) shared = [shared, shared];

const throwing = {
  get broken(): never {
    throw new Error('boom');
  },
};

describe('an answer that is no JSON', () => {
  it.each<[string, unknown, string]>([
    ['a BigInt', { id: 10n }, 'answer.id: expected JSON, received 10n'],
    ['a circle', circle, 'answer.self: expected JSON, received an object'],
    ['too deep', nested(100_000), 'answer.0'],
    ['too deep by what it has twice', [1, atDepth(200, deep)], 'answer.1'],
    ['huge once it is written out', shared, 'answer.0'],
    ['a Map', { map: new Map([[1, 2]]) }, 'answer.map: expected JSON, received an object'],
    ['a Set', new Set([1]), 'answer: expected JSON, received an object'],
    ['an Error', new Error('boom'), 'answer: expected JSON, received an object'],
    ['a function', [() => 1], 'answer.0: expected JSON, received a function'],
    ['a symbol', Symbol('x'), 'answer: expected JSON, received Symbol(x)'],
    ['NaN', { a: [1, NaN] }, 'answer.a.1: expected JSON, received NaN'],
    ['Infinity', -Infinity, 'answer: expected JSON, received -Infinity'],
    ['a hole in a list', [1, , 2], 'answer.1: expected JSON, received undefined'], // eslint-disable-line no-sparse-arrays
    ['an object whose field throws', throwing, 'boom'],
    ['an object whose toJSON throws', { toJSON: () => throwing.broken }, 'boom'],
    ['an object whose toJSON is none', { toJSON: () => 1n }, 'answer: expected JSON'],
  ])('is the fault of its agent, which goes on: %s', async (_, answer, problem) => {
    const { ask, agent, errors } = await answering(answer);
    const { status, text } = await ask();
    expect([status, JSON.parse(text), agent.state, errors]).toEqual([
      502,
      {
        error: {
          code: 'AnswerNotJson',
          agent: 'agent',
          message: expect.stringContaining(`The answer of the agent is no JSON: ${problem}`),
        },
      },
      'running',
      [],
    ]);
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'null'],
    ['a field that is undefined', { a: undefined, b: 1 }, '{"b":1}'],
    ['a date', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    ['an object without a prototype', Object.create(null), '{}'],
    ['the same twice', [[circle].length, [1], [1]], '[1,[1],[1]]'],
    ['half a pair', '\u{1f600}'.slice(0, 1) === '' ? null : [`\ud83d`], '["\\ud83d"]'],
    ['as deep as may be', nested(1_000), '['.repeat(1_000) + ']'.repeat(1_000)],
  ])('is not %s', async (_, answer, text) => {
    const { ask } = await answering(answer);
    expect(await ask()).toEqual({ status: 200, text });
  });
});

describe('a client that leaves', () => {
  it.each([
    ['in the middle of a body', 'Content-Length: 100\r\n\r\nhalf'],
    ['in the middle of a body in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['before its answer', 'Content-Length: 4\r\n\r\nbody'],
  ])('%s is no failure of the server', async (_, rest) => {
    for (const path of [
      '/agents/agent/requests',
      '/agents/agent/swap',
      '/agents/agent/stop',
      '/agents/agent/fail',
    ]) {
      const driver = new ScriptedDriver().hold('handle');
      const { port, errors } = await served(driver);
      await raw(port, `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${rest}`, { leaves: true });
      // By the time that another is answered, the first is dealt with.
      await raw(port, 'GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      for (const call of driver.calls) call.resolve();
      expect(errors).toEqual([]);
    }
  });
});

describe('a body that is JSON', () => {
  const swap = async (body: string | Uint8Array<ArrayBuffer>) => {
    const { url, agent, errors } = await served();
    const response = await fetch(`${url}/agents/agent/swap`, { method: 'POST', body });
    const answer = (await response.json()) as { error?: unknown };
    return { status: response.status, error: answer.error, generation: agent.generation, errors };
  };

  it.each<[string, string | Uint8Array<ArrayBuffer>, string, string]>([
    ['is none', '{"versionNumber":', 'JSON (Unexpected end of JSON input)', '"{\\"versionNumber\\":"'],
    ['is not UTF-8', Uint8Array.from([0x22, 0xff, 0x22]), 'text in UTF-8', '"bytes that are none"'],
    ['has a field twice', '{"versionNumber":2,"versionNumber":3}', 'each field once', '"versionNumber"'],
    ['has a field twice, once with escapes', '{"a":1,"\\u0061":2}', 'each field once', '"a"'],
    ['names a prototype', '{"options":{"__proto__":{"a":1}}}', 'fields of other names', '"__proto__"'],
    [
      'has a number that is rounded',
      '{"versionNumber":2,"options":{"limit":12345678901234567890}}',
      'numbers that JavaScript can tell apart, up to 2^53 - 1',
      '"12345678901234567890"',
    ],
    [
      'has a number that is infinite',
      '{"options":[-1e400]}',
      'numbers that JavaScript can tell apart, up to 2^53 - 1',
      '"-1e400"',
    ],
    ['has half a pair', '{"options":"\\ud83d"}', 'well-formed text', '"\\ud83d"'],
    ['is too deep', '['.repeat(100_000) + ']'.repeat(100_000), 'JSON of at most 1000 levels', '"more"'],
  ])('and %s is refused', async (_, body, expected, received) => {
    expect(await swap(body)).toEqual({
      status: 422,
      error: expect.objectContaining({ code: 'InvalidValue', field: 'body', expected, received }),
      generation: 1,
      errors: [],
    });
  });

  it('and is taken as it says, is carried out', async () => {
    expect(
      await swap('{"versionNumber":2,"options":{"a":[{"b":1},{"b":-0.5e3}],"c":",{\\"}:"}}'),
    ).toMatchObject({
      status: 200,
      generation: 2,
    });
  });
});

describe('a reason that is not UTF-8', () => {
  it('is refused', async () => {
    const { url, agent } = await served();
    const body = Uint8Array.from([0xff]);
    const response = await fetch(`${url}/agents/agent/fail`, { method: 'POST', body });
    expect([response.status, agent.state]).toEqual([422, 'running']);
  });
});

describe('the entries after one that there cannot be', () => {
  it.each(['x', '-1', '1e3', ''])('are refused: %j', async (after) => {
    const { url } = await served();
    const response = await fetch(`${url}/agents/agent/journal?after=${after}`);
    expect([response.status, await response.json()]).toEqual([
      422,
      { error: expect.objectContaining({ code: 'InvalidValue', field: 'after' }) },
    ]);
  });
});

describe('a host that is about to end', () => {
  it('has its clients use no connection again, whatever they ask', async () => {
    const driver = new ScriptedDriver().hold('handle');
    const { host, port } = await served(driver);
    const idle = raw(port, 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const under = raw(
      port,
      'POST /agents/agent/requests HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi',
    );
    await until(() => driver.count('handle') === 1);
    void host.shutdown({ preDrainDelay: 600_000 });
    const ask = (line: string) => raw(port, `${line} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const asked = Promise.all(
      ['GET /readyz', 'GET /agents', 'GET /nowhere', 'GET /', 'GET /agents/none'].map(ask),
    );
    driver.last('handle').resolve('ho');
    const answers = [await under, ...(await asked)].map(answerIn);
    expect(answers.map(({ status, headers }) => [status, headers['connection']])).toEqual([
      [200, 'close'],
      [503, 'close'],
      [200, 'close'],
      [404, 'close'],
      [200, 'close'],
      [404, 'close'],
    ]);
    // It was answered before, and waits for more.
    expect(answerIn(await idle).headers['connection']).toBe('keep-alive');
  });
});
