import { TypedError, type ProblemOf } from '../../values/typed-error.js';

const messages = {
  InvalidOptions: 'The options of an agent that is an MCP server are not what they should be',
  InputInvalid: 'The request is no call of a tool',
  UnknownTool: 'The server has no such tool',
  ToolError: 'The tool failed',
  ServerError: 'The server answered with an error',
  AnswerInvalid: 'The answer of the tool is not what it should be',
  TimeLimitExceeded: 'The server did not list its tools within its time limit',
  Nonsense: 'The server has said what is no message of MCP',
};

/** Which kind of error it is. */
export type McpDriverErrorCode = keyof typeof messages;

/**
 * Why an agent that is an MCP server did not do what it was asked for. `ToolError` has the tool's result as `cause`,
 * `ServerError` the error of JSON-RPC.
 */
export class McpDriverError extends TypedError<ProblemOf<McpDriverErrorCode>> {
  static override readonly brand: string = 'McpDriverError';
  override readonly name = 'McpDriverError';

  constructor(code: McpDriverErrorCode, problem: string, options?: ErrorOptions) {
    super(messages, { code, problem }, options);
  }
}
