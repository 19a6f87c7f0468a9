import { AgentName } from '../../values/agent-name.js';
import { invalidMessage } from '../wire/messages.js';

/** It travels in a header. */
const MAX_KEY = 1_000;

/**
 * What a call is addressed by: part of a URL, which takes `.` and `..` for something else, and a header.
 *
 * @throws {DistributedError} `InvalidMessage`
 */
export function checkAddress(name: string, idempotencyKey: string | undefined): void {
  if (!AgentName.safeParse(name).success || name === '.' || name === '..') {
    throw invalidMessage('name', `${AgentName.expected}, neither . nor ..`, name);
  }
  if (idempotencyKey === undefined) return;
  if (idempotencyKey === '' || idempotencyKey.length > MAX_KEY || !idempotencyKey.isWellFormed()) {
    throw invalidMessage('idempotencyKey', `a string of 1 to ${MAX_KEY} characters`, idempotencyKey);
  }
}
