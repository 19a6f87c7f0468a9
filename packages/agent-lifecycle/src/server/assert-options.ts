import { InvalidValueError } from 'xstate-agent-lifecycle';

/**
 * Refuses an option that would be without effect: a misspelt `token` would leave a server open.
 *
 * @throws {InvalidValueError} whose `field` is the first unknown option
 */
export function assertOptions(what: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null) {
    throw new InvalidValueError({ field: what, expected: 'an object', received: given });
  }
  const field = Object.keys(given).find((key) => !known.includes(key));
  if (field === undefined) return;
  throw new InvalidValueError({ field, expected: `no field besides ${known.join(', ')}`, received: field });
}

/** @throws {InvalidValueError} for what is no host of agents */
export function assertHost(host: unknown): void {
  if (typeof (Object(host) as { watch?: unknown }).watch === 'function') return;
  throw new InvalidValueError({ field: 'host', expected: 'what createAgentHost makes', received: host });
}
