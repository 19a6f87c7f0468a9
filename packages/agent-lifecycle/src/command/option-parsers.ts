import { InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { isHostName } from '../server/host-name.js';
import { UsageError } from './command-error.js';

export function integerIn(min: number, max: number, what = 'an integer'): (text: string) => number {
  return (text) => {
    const parsed = z.coerce.number().int().min(min).max(max).safeParse(text);
    if (parsed.success && text.trim() !== '') return parsed.data;
    throw new InvalidArgumentError(`Expected ${what} from ${min} to ${max}.`);
  };
}

/** Collects the host names of an option that may be repeated. */
export function collectHostName(text: string, before: readonly string[] = []): string[] {
  if (isHostName(text)) return [...before, text];
  throw new InvalidArgumentError('Expected the name of a host, without a scheme, a user, a port or a path.');
}

/** Parses a URL; the result has no trailing slash. */
export function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new InvalidArgumentError('Expected an http or https URL without a user.');
  }
  return `${url.origin}${url.pathname.replace(/\/*$/, '')}`;
}

export function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('Expected JSON.');
  }
}

/** Parses a media type, with its parameters if it has any. */
export function mediaType(text: string): string {
  if (/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(; *[\w-]+=[\w.-]+)*$/.test(text)) return text;
  throw new InvalidArgumentError('Expected a media type, as application/json.');
}

/** Parses a path. An empty text is refused: it would mean the working directory. */
export function directoryPath(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Expected the path of a directory.');
  return text;
}

/** The token of RFC 6750. */
const BEARER_TOKEN = /^[\w.~+/-]+=*$/;

/**
 * Reads the token that callers of a host must present; undefined when it is unset or empty.
 *
 * @throws {UsageError} for a token that no header can carry
 */
export function bearerTokenIn(environment: NodeJS.ProcessEnv): string | undefined {
  const token = environment['AGENT_LIFECYCLE_TOKEN'];
  if (token === undefined || token === '') return undefined;
  if (BEARER_TOKEN.test(token)) return token;
  throw new UsageError(
    'AGENT_LIFECYCLE_TOKEN is not a bearer token: expected letters, digits and -._~+/ only',
  );
}
