import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, JSONRPCNotification, RequestId } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import type { ChildGroup } from '../child/child-group.js';
import type { Noise } from '../child/output.js';
import { readLines } from '../child/read-lines.js';
import { textIn } from '../../util/utf8-text.js';
import type { McpSdk } from './load-sdk.js';
import { McpDriverError } from './mcp-driver-error.js';

/** Bytes of a message that a server may say; the SDK's own transport has the same limit. */
const MAX_LINE = 10 * 1024 * 1024;
const BYTE_ORDER_MARK = /^\uFEFF/;

const MAX_SHOWN = 200;
/** JSON-RPC's code. */
const INTERNAL_ERROR = -32_603;

/** What claims to be an answer to a request, however odd it is. */
const answerSchema = z.looseObject({ jsonrpc: z.literal('2.0'), id: z.union([z.string(), z.number()]) });

/** MCP's messages over the stdin and stdout of a child, which may say up to 10 MiB at once. */
export class ChildTransport implements Transport {
  onclose?: () => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #sdk: McpSdk;
  readonly #child: ChildGroup;
  readonly #noise: Noise;
  #isClosed = false;

  /** @param onProtocolError called once, when a line of the child is too long; later lines are ignored */
  constructor(sdk: McpSdk, child: ChildGroup, noise: Noise, onProtocolError: (detail: string) => void) {
    this.#sdk = sdk;
    this.#child = child;
    this.#noise = noise;
    // Read stdout to its end even when closed: a full pipe would keep the child from ending.
    readLines(child.stdout, MAX_LINE, {
      onLine: (line) => {
        if (!this.#isClosed) this.#onLine(line);
      },
      onTooLong: onProtocolError,
    });
  }

  async start(): Promise<void> {
    // The child has been spawned before.
  }

  /**
   * A request that cannot be sent is answered with the error: if this rejected, the SDK would keep the request for
   * ever. An answer that cannot be sent is dropped: a server that does not read has no use for it.
   */
  send(message: JSONRPCMessage): Promise<void> {
    const { input } = this.#child;
    const id = 'id' in message ? message.id : undefined;
    if ('method' in message && id === undefined) {
      if (!this.#takesBack(message)) input.notify(lineOf(message));
      return Promise.resolve();
    }
    const isRequest = 'method' in message && id !== undefined;
    try {
      input.send(isRequest ? id : Symbol('answer'), lineOf(message));
    } catch (error) {
      if (isRequest) this.#fail(id, error as Error);
    }
    return Promise.resolve();
  }

  /** Closes the transport. The child runs on until it is shut down. */
  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.onclose?.();
    }
    return Promise.resolve();
  }

  /** Whether a notification cancels a request that is not yet written: both are kept from the child then. */
  #takesBack({ method, params }: JSONRPCNotification): boolean {
    return method === 'notifications/cancelled' && this.#child.input.withdraw(params?.['requestId']);
  }

  #onLine(line: Buffer): void {
    try {
      const value: unknown = JSON.parse((textIn(line) ?? '').replace(BYTE_ORDER_MARK, ''));
      const message = this.#sdk.JSONRPCMessageSchema.safeParse(value);
      if (message.success) {
        this.#pass(message.data, line);
        return;
      }
      const answer = answerSchema.safeParse(value);
      if (answer.success && !('method' in answer.data)) {
        const detail = `${JSON.stringify(line.toString('utf8', 0, MAX_SHOWN))} is no answer`;
        this.#fail(answer.data.id, new McpDriverError('Nonsense', detail));
      }
    } catch {
      // No JSON, or nested so deep that it cannot be checked.
    }
    this.#noise.skip(line);
  }

  /** The SDK takes a notification a microtask later: the progress before an answer would come after it. */
  #pass(message: JSONRPCMessage, line: Buffer): void {
    const pass = () => {
      try {
        this.onmessage?.(message);
      } catch {
        // It is nested so deep that the SDK has no stack for it.
        this.#noise.skip(line);
      }
    };
    if ('method' in message) pass();
    else queueMicrotask(pass);
  }

  /** Answers a request in the place of the server. What comes over the channel has no `Error` for its data. */
  #fail(id: RequestId, error: Error): void {
    const { message } = error;
    this.onmessage?.({ jsonrpc: '2.0', id, error: { code: INTERNAL_ERROR, message, data: error } });
  }
}

function lineOf(message: JSONRPCMessage): string {
  return `${JSON.stringify(message)}\n`;
}
