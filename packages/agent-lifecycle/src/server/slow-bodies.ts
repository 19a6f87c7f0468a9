import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

export interface SlowBodiesOptions {
  /** Milliseconds that a body may take beyond what its bytes are worth; 10 000 by default. */
  readonly grace?: number | undefined;
  /** Bytes for which a body may take a second more; 1 000 by default. */
  readonly rate?: number;
  readonly now?: () => number;
}

interface Arriving {
  readonly since: number;
  /** Of its connection, at its beginning. */
  readonly bytesBefore: number;
}

/** The bodies that are on their way: one that comes drop by drop holds a connection, and is cut. */
export class SlowBodies {
  readonly #grace: number;
  readonly #rate: number;
  readonly #now: () => number;
  readonly #arriving = new Map<IncomingMessage, Arriving>();

  constructor({ grace = 10_000, rate = 1_000, now = () => performance.now() }: SlowBodiesOptions = {}) {
    this.#grace = grace;
    this.#rate = rate;
    this.#now = now;
  }

  watch(request: IncomingMessage): void {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (encoding === undefined && (length === undefined || length === '0')) return;
    this.#arriving.set(request, { since: this.#now(), bytesBefore: request.socket.bytesRead });
    const forget = () => void this.#arriving.delete(request);
    request.once('end', forget).once('close', forget);
  }

  /** The connections of bodies that come too slowly, each told once. */
  tooSlow(now: number): Socket[] {
    const found: Socket[] = [];
    for (const [request, { since, bytesBefore }] of this.#arriving) {
      const { socket, complete } = request;
      const worth = ((socket.bytesRead - bytesBefore) / this.#rate) * 1_000;
      if (complete || now - since <= this.#grace + worth) continue;
      this.#arriving.delete(request);
      found.push(socket);
    }
    return found;
  }
}
