import { createContext, Script } from 'node:vm';
import type { JsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/types.js';
import * as z from 'zod';
import { FailureReason } from '../../values/failure-reason.js';
import type { McpSdk } from './load-sdk.js';

/** A tool as its server lists it. */
export interface KnownTool {
  readonly name: string;
  readonly outputSchema: object | null;
}

/** What a call of a tool comes to. Its content is passed on as it is: a kind that is not known here spoils nothing. */
export const toolResultSchema = z.looseObject({
  content: z.array(z.unknown()).default([]),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional(),
});

export type ToolResult = z.output<typeof toolResultSchema>;

/** Milliseconds that a check may take: the schema is the server's, and the thread the host's. */
const VALIDATE_WITHIN = 500;
const MAX_PROBLEM = 1_000;

const CALL = new Script('call()');
const SCOPE: { call: (() => unknown) | null } = { call: null };
createContext(SCOPE);

/** Checks the results of a server's tools against their output schemas. One that is unusable is reported and ignored. */
export class OutputValidator {
  readonly #sdk: McpSdk;
  readonly #onNotice: (message: string) => void;
  readonly #validators = new WeakMap<KnownTool, JsonSchemaValidator<unknown>>();
  readonly #unusable = new WeakSet<KnownTool>();
  /** Whether a schema of this server took too long: no schema of it is used again. */
  #isDismissed = false;

  constructor(sdk: McpSdk, onNotice: (message: string) => void) {
    this.#sdk = sdk;
    this.#onNotice = onNotice;
  }

  /** What is wrong with a result by the schema of its tool; null when it is valid. */
  problemIn({ structuredContent }: ToolResult, tool: KnownTool): string | null {
    const { name, outputSchema } = tool;
    if (outputSchema === null || this.#isDismissed || this.#unusable.has(tool)) return null;
    if (structuredContent === undefined)
      return 'its tool has an output schema, and it has no structured content';
    try {
      return withinCpuTime(VALIDATE_WITHIN, () => {
        const { valid, errorMessage } = this.#validatorOf(tool, outputSchema)(structuredContent);
        return valid ? null : errorMessage.slice(0, MAX_PROBLEM);
      });
    } catch (error) {
      this.#unusable.add(tool);
      this.#isDismissed = (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
      const reason = FailureReason.describe(error);
      this.#onNotice(`The output schema of the tool ${name} cannot be used: ${reason}`);
      return null;
    }
  }

  #validatorOf(tool: KnownTool, schema: object): JsonSchemaValidator<unknown> {
    const known = this.#validators.get(tool);
    if (known !== undefined) return known;
    // One Ajv for each schema: of two with the same `$id` it takes the first for both.
    const validator = new this.#sdk.AjvJsonSchemaValidator().getValidator(schema);
    this.#validators.set(tool, validator);
    return validator;
  }
}

/** Only a script can be cut, and what it calls with it: a schema's pattern may take for ever. */
function withinCpuTime<Value>(milliseconds: number, call: () => Value): Value {
  SCOPE.call = call;
  try {
    return CALL.runInContext(SCOPE, { timeout: milliseconds }) as Value;
  } finally {
    SCOPE.call = null;
  }
}
