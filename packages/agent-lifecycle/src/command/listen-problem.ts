import { UsageError } from './command-error.js';

/**
 * Turns the error of a server that cannot listen into one that says what to do; returns other errors unchanged.
 *
 * @param by the options that name the address and the port
 */
export function listenProblem(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
  by: { readonly host?: string; readonly port: string },
): unknown {
  const other = by.host === undefined ? '' : `: name another with ${by.host}`;
  const message = {
    EADDRINUSE: `Port ${port} is in use: take another with ${by.port}, or ${by.port} 0`,
    EACCES: `Port ${port} is not for everybody: take one from 1024 on with ${by.port}, or ${by.port} 0`,
    EADDRNOTAVAIL: `${host} is no address of this machine${other}`,
    ENOTFOUND: `${host} is not known${other}`,
  }[(error as NodeJS.ErrnoException).code ?? ''];
  return message === undefined ? error : new UsageError(message, { cause: error });
}
