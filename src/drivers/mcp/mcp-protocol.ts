import { createRequire } from 'node:module';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import * as z from 'zod';
import { FailureReason } from '../../values/failure-reason.js';
import type { DriverDeployment } from '../../host/agent-driver.js';
import type { RequestCall } from '../../host/requests/request-call.js';
import type { ChildGroup } from '../child/child-group.js';
import type { ChildProtocol } from '../child/child-protocol.js';
import { Noise } from '../child/output.js';
import { withinTime } from '../../util/within-time.js';
import { OutputValidator, toolResultSchema, type ToolResult } from './output-validator.js';
import { ChildTransport } from './child-transport.js';
import type { McpSdk } from './load-sdk.js';
import { McpDriverError } from './mcp-driver-error.js';
import type { ResolvedMcpOptions } from './mcp-options.js';
import { toolCallIn } from './tool-call.js';
import { ToolList, toolPageSchema } from './tool-list.js';

const { name, version } = createRequire(import.meta.url)('xstate-agent-lifecycle/package.json') as {
  name: string;
  version: string;
};
/** Milliseconds, the most that a timer has: the SDK has a limit of its own for each request; the host's is the one that counts. */
const UNLIMITED = 2 ** 31 - 1;
/** Milliseconds that a server has for a list of its tools, once it has started. */
const LIST_WITHIN = 30_000;

/** Speaks MCP to a child. */
export class McpProtocol implements ChildProtocol {
  readonly #sdk: McpSdk;
  readonly #client: Client;
  readonly #transport: ChildTransport;
  readonly #options: ResolvedMcpOptions;
  readonly #tools: ToolList;
  readonly #validator: OutputValidator;
  #hasStarted = false;
  /** Why the protocol has ended; null while it goes on. */
  #over: Error | null = null;

  constructor(
    sdk: McpSdk,
    child: ChildGroup,
    options: ResolvedMcpOptions,
    deployment: Pick<DriverDeployment, 'notice' | 'output'>,
    onProtocolError: (reason: Error) => void,
  ) {
    this.#sdk = sdk;
    this.#client = new sdk.Client({ name, version });
    this.#options = options;
    this.#transport = new ChildTransport(sdk, child, new Noise(deployment), (detail) => {
      onProtocolError(new McpDriverError('Nonsense', detail));
    });
    const onNotice = (message: string) => {
      deployment.notice(message);
    };
    this.#tools = new ToolList({ askForPage: (cursor) => this.#askForPage(cursor), onNotice });
    this.#validator = new OutputValidator(sdk, onNotice);
    this.#client.fallbackNotificationHandler = ({ method }) => {
      if (method === 'notifications/tools/list_changed') this.#tools.noteChange();
      return Promise.resolve();
    };
  }

  /** Initializes the session of MCP and lists the tools. The host bounds the time. */
  start(signal: AbortSignal): Promise<void> {
    return withinTime(UNLIMITED, late, signal, async (either) => {
      await this.#asking(() => this.#client.connect(this.#transport, { signal: either, timeout: UNLIMITED }));
      const { tool } = this.#options;
      await this.#tools.list(either);
      if (tool !== undefined) await this.#tools.find(tool, either);
      this.#hasStarted = true;
    });
  }

  async request(payload: unknown, call: RequestCall): Promise<ToolResult> {
    const toolCall = toolCallIn(payload, this.#options.tool);
    return withinTime(UNLIMITED, late, call.signal, async (either) => {
      const tool = await this.#tools.find(toolCall.tool, either);
      const { changes } = this.#tools;
      const params = { name: toolCall.tool, arguments: toolCall.arguments };
      const result = await this.#asking(() =>
        this.#client.request({ method: 'tools/call', params }, toolResultSchema, {
          signal: either,
          timeout: UNLIMITED,
          onprogress: (progress) => {
            call.progress(progress);
          },
        }),
      );
      if (result.isError === true) throw new McpDriverError('ToolError', textOf(result), { cause: result });
      // Where the tools have changed since, it may have been made by another schema.
      const fault = this.#tools.changes === changes ? this.#validator.problemIn(result, tool) : null;
      if (fault !== null) throw new McpDriverError('AnswerInvalid', fault, { cause: result });
      return result;
    });
  }

  async stop(): Promise<void> {
    await this.#client.close();
  }

  end(reason: Error): void {
    this.#over ??= reason;
    void this.#client.close();
  }

  async #askForPage(cursor: string | undefined): Promise<z.output<typeof toolPageSchema>> {
    if (this.#client.getServerCapabilities()?.tools === undefined) return { tools: [] };
    const limit = this.#hasStarted ? LIST_WITHIN : UNLIMITED;
    // No caller can give it up: others may wait for it, too.
    return withinTime(limit, late, new AbortController().signal, (signal) =>
      this.#asking(() =>
        this.#client.request({ method: 'tools/list', params: { cursor } }, toolPageSchema, {
          signal,
          timeout: UNLIMITED,
        }),
      ),
    );
  }

  async #asking<Value>(ask: () => Promise<Value>): Promise<Value> {
    try {
      if (this.#over === null) return await ask();
    } catch (error) {
      if (this.#over === null) throw this.#asDriverError(error);
    }
    throw this.#over;
  }

  #asDriverError(error: unknown): Error {
    // What the transport answered by itself; see there.
    if (error instanceof this.#sdk.McpError && error.data instanceof Error) return error.data;
    if (error instanceof z.core.$ZodError) {
      return new McpDriverError('AnswerInvalid', z.prettifyError(error), { cause: error });
    }
    return new McpDriverError('ServerError', FailureReason.describe(error), { cause: error });
  }
}

/** Only a list has a time limit. */
function late(): Error {
  return new McpDriverError('TimeLimitExceeded', `${LIST_WITHIN} ms`);
}

/** The text in what a tool answered. */
function textOf({ content }: ToolResult): string {
  const texts = content.map((each) => {
    const { type, text } = Object(each) as { type?: unknown; text?: unknown };
    return typeof text === 'string' ? text : String(type);
  });
  return texts.join('\n') || 'it does not say why';
}
