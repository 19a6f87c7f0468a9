import { createRequire } from 'node:module';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { ChildGroup } from '../process/child-group.js';
import type { ChildSession } from '../process/child-session.js';
import { withinTime } from '../process/within-time.js';
import { ChildTransport } from './child-transport.js';
import { McpDriverError } from './mcp-driver-error.js';
import type { ResolvedMcpOptions } from './mcp-options.js';
import { toolCallIn } from './tool-call.js';

const { name, version } = createRequire(import.meta.url)('xstate-agent-lifecycle/package.json') as {
  name: string;
  version: string;
};
/** Milliseconds, the most that a timer has: the SDK has a limit of its own for each request, this package another. */
const UNLIMITED = 2 ** 31 - 1;

/** Speaks MCP to a child. */
export class McpSession implements ChildSession {
  readonly #client = new Client({ name, version });
  readonly #transport: ChildTransport;
  readonly #options: ResolvedMcpOptions;
  #tools: ReadonlySet<string> = new Set();
  /** Why there is no more talking. */
  #over: Error | null = null;

  constructor(child: ChildGroup, options: ResolvedMcpOptions, onNonsense: (reason: Error) => void) {
    this.#options = options;
    this.#transport = new ChildTransport(child, (error) => {
      onNonsense(new McpDriverError('Nonsense', error.message, { cause: error }));
    });
  }

  /** Shakes hands, and asks for the tools. The host bounds how long that may take. */
  start(signal: AbortSignal): Promise<void> {
    return withinTime(UNLIMITED, this.#late, signal, async (either) => {
      await this.#asking(() => this.#client.connect(this.#transport, { signal: either, timeout: UNLIMITED }));
      const { tool } = this.#options;
      this.#tools = await this.#listTools(either);
      if (tool !== undefined) await this.#demand(tool, either);
    });
  }

  async request(payload: unknown, signal: AbortSignal): Promise<CallToolResult> {
    const { tool, arguments: given } = toolCallIn(payload, this.#options.tool);
    return withinTime(this.#options.requestTimeout, this.#late, signal, async (either) => {
      await this.#demand(tool, either);
      const result = await this.#call(tool, given, either);
      if (result.isError !== true) return result;
      throw new McpDriverError('ToolError', textOf(result), { cause: result });
    });
  }

  async stop(): Promise<void> {
    await this.#client.close();
  }

  end(reason: Error): void {
    this.#over ??= reason;
    void this.#client.close();
  }

  /** A server may come to have a tool that it had not before. @throws {McpDriverError} `UnknownTool` */
  async #demand(tool: string, signal: AbortSignal): Promise<void> {
    if (!this.#tools.has(tool)) this.#tools = await this.#listTools(signal);
    if (!this.#tools.has(tool)) throw new McpDriverError('UnknownTool', tool);
  }

  async #listTools(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    if (this.#client.getServerCapabilities()?.tools === undefined) return names;
    let cursor: string | undefined;
    do {
      const page = await this.#asking(() =>
        this.#client.listTools({ cursor }, { signal, timeout: UNLIMITED }),
      );
      for (const each of page.tools) names.add(each.name);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return names;
  }

  async #call(tool: string, given: Record<string, unknown>, signal: AbortSignal): Promise<CallToolResult> {
    const call = { name: tool, arguments: given };
    const result = await this.#asking(() =>
      this.#client.callTool(call, undefined, { signal, timeout: UNLIMITED }),
    );
    return result as CallToolResult;
  }

  async #asking<Value>(ask: () => Promise<Value>): Promise<Value> {
    try {
      if (this.#over === null) return await ask();
    } catch (error) {
      if (this.#over === null) {
        const message = error instanceof Error ? error.message : String(error);
        throw new McpDriverError('ServerError', message, { cause: error });
      }
    }
    throw this.#over;
  }

  readonly #late = (): Error => new McpDriverError('TimeLimitExceeded', `${this.#options.requestTimeout} ms`);
}

/** The text in what a tool answered. */
function textOf({ content }: CallToolResult): string {
  return content.map((each) => (each.type === 'text' ? each.text : each.type)).join('\n');
}
