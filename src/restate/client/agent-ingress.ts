import { DistributedError } from '../wire/distributed-error.js';
import { jsonSerde } from '../wire/json-serde.js';
import { loadClients } from '../wire/load-sdk.js';
import { AGENT_OBJECT } from '../wire/services.js';

/** Where Restate answers, and how it is asked. */
export interface IngressOptions {
  /** Where Restate takes calls: `http://127.0.0.1:8080`. */
  readonly ingress: string;
  /** Sent with each call, for whoever guards the ingress. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface IngressCall {
  readonly method: string;
  readonly parameter: unknown;
  /** A call with the key of an earlier one is not carried out again: it has the answer of that. */
  readonly idempotencyKey?: string | undefined;
  /** Milliseconds to wait for the answer. */
  readonly timeout: number;
}

/** How often a call with an idempotency key is tried where it is not known what has come of it. */
const RETRY = { maxAttempts: 5, maxDuration: 10_000 };

/** Calls the objects of agents from outside of Restate. */
export class AgentIngress {
  readonly #options: IngressOptions;
  readonly #connected: Promise<Awaited<ReturnType<typeof connect>>>;

  constructor(options: IngressOptions) {
    this.#options = options;
    this.#connected = connect(options);
    // Told to whoever calls.
    this.#connected.catch(() => undefined);
  }

  /**
   * @throws {MissingPackageError}
   * @throws {DistributedError} `Unreachable`, `NotRestate`, `NotRegistered`, `InvalidMessage`
   */
  async call(agent: string, { method, parameter, idempotencyKey, timeout }: IngressCall): Promise<unknown> {
    const { clients, ingress } = await this.#connected;
    try {
      return await ingress.call<unknown, unknown>({
        service: AGENT_OBJECT,
        handler: method,
        key: agent,
        parameter,
        opts: clients.Opts.from({
          timeout,
          input: jsonSerde(clients),
          output: jsonSerde(clients),
          // It travels in a header, which takes no other characters than ASCII's.
          ...(idempotencyKey !== undefined && { idempotencyKey: encodeURIComponent(idempotencyKey) }),
        }),
      });
    } catch (error) {
      throw this.#explained(error, clients.HttpCallError);
    }
  }

  #explained(
    error: unknown,
    HttpCallError: abstract new (...args: never) => { status: number; responseText: string },
  ) {
    const url = this.#options.ingress;
    if (!(error instanceof HttpCallError)) {
      const { message, cause } = error as Error;
      const reason =
        cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : message;
      return new DistributedError({ code: 'Unreachable', url, reason }, { cause: error });
    }
    const { status, responseText } = error;
    const problem = messageIn(responseText);
    if (problem === null) return new DistributedError({ code: 'NotRestate', url, status }, { cause: error });
    if (status === 404) return new DistributedError({ code: 'NotRegistered', url }, { cause: error });
    if (status === 400) {
      return new DistributedError({ code: 'InvalidMessage', path: '', problem }, { cause: error });
    }
    const reason = `${status}: ${problem}`;
    return new DistributedError({ code: 'Unreachable', url, reason }, { cause: error });
  }
}

async function connect({ ingress: url, headers }: IngressOptions) {
  const clients = await loadClients();
  return { clients, ingress: clients.connect({ url, retry: RETRY, ...(headers && { headers }) }) };
}

/** What Restate says of an error; null where it is not Restate that says it. */
function messageIn(text: string): string | null {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : null;
  } catch {
    return null;
  }
}
