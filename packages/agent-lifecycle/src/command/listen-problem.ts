import { UsageError } from './usage-error.js';

/**
 * Why a server cannot listen, in words that say what to do about it; any other error as it is.
 *
 * @param by the options that name the address and the port
 */
export function listenProblem(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
  by: { readonly host?: string; readonly port: string },
): unknown {
  const other = by.host === undefined ? '' : `: name another with ${by.host}`;
  const says = {
    EADDRINUSE: `Port ${port} is in use: take another with ${by.port}, or ${by.port} 0`,
    EACCES: `Port ${port} is not for everybody: take one from 1024 on with ${by.port}, or ${by.port} 0`,
    EADDRNOTAVAIL: `${host} is no address of this machine${other}`,
    ENOTFOUND: `${host} is not known${other}`,
  }[(error as NodeJS.ErrnoException).code ?? ''];
  return says === undefined ? error : new UsageError(says, { cause: error });
}
