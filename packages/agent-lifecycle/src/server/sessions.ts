import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { randomBytes } from 'node:crypto';
import { prefixIn } from './mount.js';

/** Milliseconds that a session lasts. */
const LIFETIME = 12 * 60 * 60 * 1_000;
/** The oldest make room for new ones. */
const MAX_SESSIONS = 1_000;

/** Browsers that have presented the token once: they hold a cookie in its place, which scripts cannot read. */
export class Sessions {
  readonly #until = new Map<string, number>();
  readonly #now: () => number;
  /** Browsers tell hosts apart by their names, not by their ports: each has a cookie of its own. */
  readonly #cookie = `agent_lifecycle_session_${randomBytes(4).toString('hex')}`;

  constructor(now = Date.now) {
    this.#now = now;
  }

  open(c: Context): void {
    const id = randomBytes(32).toString('base64url');
    this.#until.set(id, this.#now() + LIFETIME);
    const [oldest] = this.#until.keys();
    if (this.#until.size > MAX_SESSIONS && oldest !== undefined) this.#until.delete(oldest);
    setCookie(c, this.#cookie, id, {
      httpOnly: true,
      sameSite: 'Strict',
      path: prefixIn(c) || '/',
      maxAge: LIFETIME / 1_000,
      secure: new URL(c.req.url).protocol === 'https:',
    });
  }

  has(c: Context): boolean {
    const until = this.#until.get(getCookie(c, this.#cookie) ?? '');
    return until !== undefined && until > this.#now();
  }
}
