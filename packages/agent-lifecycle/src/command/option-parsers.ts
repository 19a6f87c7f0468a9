import { InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { isHostName } from '../server/host-name.js';

export function integerIn(min: number, max: number, what = 'an integer'): (text: string) => number {
  return (text) => {
    const parsed = z.coerce.number().int().min(min).max(max).safeParse(text);
    if (parsed.success && text.trim() !== '') return parsed.data;
    throw new InvalidArgumentError(`Expected ${what} from ${min} to ${max}.`);
  };
}

/** Collects the names of hosts, of an option that may be repeated. */
export function collectHostName(text: string, before: string[]): string[] {
  if (isHostName(text)) return [...before, text];
  throw new InvalidArgumentError('Expected the name of a host, without a scheme, a user, a port or a path.');
}

/** A URL that more can be appended to. */
export function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new InvalidArgumentError('Expected an http or https URL without a user.');
  }
  return `${url.origin}${url.pathname.replace(/\/*$/, '')}`;
}

/** A path, which an empty text is not: it would be that of the working directory, which nobody has named. */
export function directoryPath(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Expected the path of a directory.');
  return text;
}
