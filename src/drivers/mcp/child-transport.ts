import { ReadBuffer, serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { ChildGroup } from '../process/child-group.js';

/** MCP's messages over the stdin and stdout of a child, which may say up to 10 MiB at once. */
export class ChildTransport implements Transport {
  onclose?: () => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #child: ChildGroup;
  readonly #onNonsense: (error: Error) => void;
  readonly #buffer = new ReadBuffer();
  #isClosed = false;

  /** @param onNonsense is told once, when the child says what is no message; nothing more is heard of it then */
  constructor(child: ChildGroup, onNonsense: (error: Error) => void) {
    this.#child = child;
    this.#onNonsense = onNonsense;
    // It is read to its end, heard or not: a full pipe would keep the child from ending.
    child.stdout.on('data', (data: Buffer) => {
      this.#hear(data);
    });
  }

  async start(): Promise<void> {
    // The child has been spawned before.
  }

  send(message: JSONRPCMessage): Promise<void> {
    this.#child.write(serializeMessage(message));
    return Promise.resolve();
  }

  /** Ends the conversation. The child goes on until it is brought down. */
  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#buffer.clear();
      this.onclose?.();
    }
    return Promise.resolve();
  }

  #hear(data: Buffer): void {
    if (this.#isClosed) return;
    try {
      this.#buffer.append(data);
      for (let message = this.#buffer.readMessage(); message !== null; message = this.#buffer.readMessage()) {
        this.onmessage?.(message);
      }
    } catch (error) {
      this.#onNonsense(error as Error);
    }
  }
}
