import { UsageError } from './usage-error.js';

/** RFC 6750's. */
const BEARER_TOKEN = /^[\w.~+/-]+=*$/;

/**
 * The token that callers of a host must present; an empty one is none.
 *
 * @throws {UsageError} for one that no caller could present
 */
export function bearerTokenIn(environment: NodeJS.ProcessEnv): string | undefined {
  const token = environment['AGENT_LIFECYCLE_TOKEN'];
  if (token === undefined || token === '') return undefined;
  if (BEARER_TOKEN.test(token)) return token;
  throw new UsageError('AGENT_LIFECYCLE_TOKEN is no bearer token: expected letters, digits and -._~+/ only');
}
