import { FailureReason } from '../../values/failure-reason.js';
import type { DriverDeployment } from '../../host/agent-driver.js';
import type { RequestCall } from '../../host/requests/request-call.js';
import type { ChildGroup } from '../child/child-group.js';
import type { ChildProtocol } from '../child/child-protocol.js';
import { Conversation } from './conversation.js';
import { jsonText } from '../json-text.js';
import { Noise } from '../child/output.js';
import { ProcessDriverError } from './process-driver-error.js';
import type { ResolvedProcessOptions } from './process-options.js';
import { textIn } from '../../util/utf8-text.js';
import { withinTime } from '../../util/within-time.js';

/** Speaks to a child in lines of JSON. */
export class JsonProtocol implements ChildProtocol {
  readonly #conversation: Conversation;
  readonly #options: ResolvedProcessOptions;

  constructor(
    child: ChildGroup,
    options: ResolvedProcessOptions,
    deployment: Pick<DriverDeployment, 'name' | 'notice' | 'output'>,
    onProtocolError: (reason: Error) => void,
  ) {
    this.#conversation = new Conversation(child, {
      agent: deployment.name,
      maxLine: options.maxLine,
      noise: new Noise(deployment),
      onProtocolError,
    });
    this.#options = options;
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#conversation.ask({ do: 'start' }, signal);
  }

  async request(payload: unknown, call: RequestCall): Promise<unknown> {
    return this.#conversation.request(fieldsOf(payload, call), call);
  }

  /** A child may end, or be silent, instead of an answer. One that is forced is told so, and not waited for. */
  async stop({ signal, forced }: { signal: AbortSignal; forced: boolean }): Promise<void> {
    const answer = withinTime(this.#options.escalation.eof, late, signal, (either) =>
      this.#conversation.ask({ do: 'stop', forced }, either),
    ).catch((error: unknown) => {
      if (isSaid(error) && !forced) throw error;
    });
    if (!forced) await answer;
  }

  end(reason: Error): void {
    this.#conversation.end(reason);
  }
}

/** Never told: a child may be silent instead of an answer to `stop`. */
function late(): Error {
  return new Error('The process did not answer in time');
}

/** Whether an error is what a child said, rather than that it said nothing. */
function isSaid(error: unknown): boolean {
  return error instanceof ProcessDriverError;
}

/** What the line of a request has beside its id. */
function fieldsOf(payload: unknown, call: RequestCall & { readonly traceparent?: unknown }): string {
  const { generation, resume, traceparent } = call;
  const fields = [`"payload":${jsonOf(payload)}`, `"generation":${generation}`];
  if (resume !== undefined) fields.push(`"resume":${jsonOf(resume)}`);
  if (typeof traceparent === 'string') fields.push(`"traceparent":${JSON.stringify(traceparent)}`);
  return fields.join(',');
}

/** The JSON of a payload: that of a text, where it is the bytes of one. */
function jsonOf(payload: unknown): string {
  const value = payload instanceof Uint8Array ? textIn(payload) : (payload ?? null);
  if (payload instanceof Uint8Array && value === null) {
    throw new ProcessDriverError('InputInvalid', 'its bytes are no UTF-8');
  }
  try {
    return jsonText(value);
  } catch (error) {
    throw new ProcessDriverError('InputInvalid', FailureReason.describe(error), { cause: error });
  }
}
