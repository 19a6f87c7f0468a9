import * as z from 'zod';
import { orAborted } from '../../util/or-aborted.js';
import type { KnownTool } from './output-validator.js';
import { McpDriverError } from './mcp-driver-error.js';

/** Each tool is looked at by itself: an odd one is left out, and spoils no other. */
export const toolPageSchema = z.looseObject({
  tools: z.array(z.unknown()),
  nextCursor: z.string().nullish(),
});
const toolSchema = z.looseObject({
  name: z.string().min(1),
  // One that is no schema is none to judge by.
  outputSchema: z.looseObject({}).optional().catch(undefined),
});

const MAX_TOOLS = 10_000;

export interface ToolListOptions {
  readonly askForPage: (cursor: string | undefined) => Promise<z.output<typeof toolPageSchema>>;
  readonly onNotice: (message: string) => void;
}

/**
 * The tools of a server. They are asked for when one is wanted that is not known, or when the server has said that
 * they have changed; whoever waits for them at the same time shares the answer, and none can give it up for another.
 */
export class ToolList {
  readonly #options: ToolListOptions;
  #tools: ReadonlyMap<string, KnownTool> = new Map();
  /** How often the server has said that its tools have changed, now and when those that are known were asked for. */
  #changes = 0;
  #changesThen = -1;
  #listing: Promise<void> | null = null;

  constructor(options: ToolListOptions) {
    this.#options = options;
  }

  get changes(): number {
    return this.#changes;
  }

  noteChange(): void {
    this.#changes += 1;
  }

  /**
   * @throws {McpDriverError} `UnknownTool`; what asking the server throws
   * @throws the reason of `signal`
   */
  async find(name: string, signal: AbortSignal): Promise<KnownTool> {
    if (!this.#isKnown(name) && this.#listing !== null) {
      // It was asked for earlier than this tool was wanted: what it lacks may have come since.
      await orAborted(
        this.#listing.catch(() => undefined),
        signal,
      );
    }
    if (!this.#isKnown(name)) await this.list(signal);
    const tool = this.#tools.get(name);
    if (tool === undefined) throw new McpDriverError('UnknownTool', name);
    return tool;
  }

  /** Asks for the tools, or waits for who does. @throws what asking the server throws, or the reason of `signal` */
  list(signal: AbortSignal): Promise<void> {
    this.#listing ??= this.#ask().finally(() => {
      this.#listing = null;
    });
    return orAborted(this.#listing, signal);
  }

  #isKnown(name: string): boolean {
    return this.#changesThen === this.#changes && this.#tools.has(name);
  }

  async #ask(): Promise<void> {
    const changes = this.#changes;
    const tools = new Map<string, KnownTool>();
    const cursors = new Set<string | undefined>();
    let cursor: string | undefined;
    let odd = 0;
    do {
      cursors.add(cursor);
      const page = await this.#options.askForPage(cursor);
      for (const each of page.tools) {
        const parsed = toolSchema.safeParse(each);
        if (!parsed.success) {
          odd += 1;
          continue;
        }
        const { name, outputSchema = null } = parsed.data;
        tools.set(name, { name, outputSchema });
      }
      cursor = page.nextCursor ?? undefined;
      // A server that leads in a circle, or on for ever, has told enough.
    } while (cursor !== undefined && !cursors.has(cursor) && tools.size < MAX_TOOLS);
    this.#tools = tools;
    this.#changesThen = changes;
    if (odd > 0) this.#options.onNotice(`Skipped ${odd} of the server's tools: they have no name`);
  }
}
