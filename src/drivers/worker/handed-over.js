// It is JavaScript because an agent's worker loads it, too, also where TypeScript sources run.

/** That of `HandedOver` in `src/host/requests/request-call.ts`: a module may return one that it has from there. */
const BRAND = Symbol.for('xstate-agent-lifecycle.handedOver');

/** @typedef {{ readonly token: unknown }} HandedOver */

/**
 * The end of a request that another instance, or a later call, goes on with. The host checks the token.
 *
 * @param {unknown} token
 * @returns {HandedOver}
 */
export function handedOver(token) {
  return /** @type {HandedOver} */ (Object.defineProperty({ token }, BRAND, { value: true }));
}

/** @param {unknown} value @returns {value is HandedOver} */
export function isHandedOver(value) {
  return typeof value === 'object' && value !== null && BRAND in value;
}
