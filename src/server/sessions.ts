import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { randomBytes } from 'node:crypto';

const COOKIE = 'agent_lifecycle_session';
/** Milliseconds that a session lasts. */
const LIFETIME = 12 * 60 * 60 * 1_000;
/** The oldest make room for new ones. */
const MAX_SESSIONS = 1_000;

/** Browsers that have presented the token once: they hold a cookie in its place, which scripts cannot read. */
export class Sessions {
  readonly #until = new Map<string, number>();
  readonly #now: () => number;

  constructor(now = Date.now) {
    this.#now = now;
  }

  open(c: Context): void {
    const id = randomBytes(32).toString('base64url');
    this.#until.set(id, this.#now() + LIFETIME);
    const [oldest] = this.#until.keys();
    if (this.#until.size > MAX_SESSIONS && oldest !== undefined) this.#until.delete(oldest);
    setCookie(c, COOKIE, id, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: LIFETIME / 1_000,
      secure: new URL(c.req.url).protocol === 'https:',
    });
  }

  has(c: Context): boolean {
    const until = this.#until.get(getCookie(c, COOKIE) ?? '');
    return until !== undefined && until > this.#now();
  }
}
