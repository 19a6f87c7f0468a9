import { describe, expect, it } from '@jest/globals';
import { Hono } from 'hono';
import { Sessions } from '../../src/server/sessions.js';

/** An app whose `/open` opens a session, and whose `/` tells whether the caller has one. */
function rig() {
  let now = 0;
  const sessions = new Sessions(() => now);
  const app = new Hono()
    .get('/open', (c) => {
      sessions.open(c);
      return c.body(null);
    })
    .get('/', (c) => c.json(sessions.has(c)));
  const open = async (url = '/open') => String((await app.request(url)).headers.get('set-cookie'));
  const isKnown = async (cookie: string) =>
    (await (await app.request('/', { headers: { cookie } })).json()) as unknown;
  return {
    open,
    isKnown,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

const HOURS = 60 * 60 * 1_000;

describe('a session', () => {
  it('is known by its cookie, for twelve hours', async () => {
    const { open, isKnown, pass } = rig();
    const cookie = await open();
    const known = [await isKnown(cookie)];
    pass(12 * HOURS - 1);
    known.push(await isKnown(cookie));
    pass(1);
    known.push(await isKnown(cookie));
    expect(known).toEqual([true, true, false]);
  });

  it.each([
    ['no cookie', ''],
    ['a cookie that was never given', 'agent_lifecycle_session=guessed'],
    ['an empty one', 'agent_lifecycle_session='],
  ])('is not that of a caller with %s', async (_, cookie) => {
    const { open, isKnown } = rig();
    await open();
    expect(await isKnown(cookie)).toBe(false);
  });

  it('has a cookie of its own for each host', async () => {
    const [one, other] = await Promise.all([rig().open(), rig().open()]);
    expect(one.split('=')[0]).not.toBe(other.split('=')[0]);
  });

  it('has a cookie that no script reads, and no other site sends', async () => {
    expect(await rig().open()).toMatch(
      /^agent_lifecycle_session_[\da-f]{8}=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
    );
  });

  it('has a cookie for encrypted connections alone where it began on one', async () => {
    expect(await rig().open('https://host/open')).toContain('; Secure');
  });

  it('makes room for later ones, the oldest first', async () => {
    const { open, isKnown } = rig();
    const [first, second] = [await open(), await open()];
    for (let index = 2; index <= 1_000; index++) await open();
    expect([await isKnown(first), await isKnown(second)]).toEqual([false, true]);
  });
});
