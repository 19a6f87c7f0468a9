import type { Inspector } from './inspect-options.js';

/** Bytes that a socket may have taken and not yet sent. */
const MAX_BACKLOG = 1024 * 1024;
/** The `readyState` of an open WebSocket. */
const OPEN = 1;

/**
 * Whether an inspector has no receiver, or a slow one. A websocket inspector would keep what it is given
 * then, without a bound or without a word about what it drops; its socket, which its types hide, tells. Of any other
 * it is not known.
 */
export function isBusy(inspector: Inspector): boolean {
  const { adapter } = inspector as Partial<WithSocket>;
  if (adapter === undefined || !('ws' in adapter)) return false;
  // It has none before it is started.
  const { ws } = adapter;
  return ws?.readyState !== OPEN || ws.bufferedAmount > MAX_BACKLOG;
}

interface WithSocket {
  readonly adapter: { readonly ws?: Pick<WebSocket, 'readyState' | 'bufferedAmount'> | undefined };
}
