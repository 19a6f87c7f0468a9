import { SimulatedClock } from 'xstate';
import {
  createAgentHost,
  type AgentSpec,
  type DriverDeployment,
  type RequestCall,
} from '../../../src/index.js';

export type Handle = (payload: unknown, call: RequestCall) => unknown;

/** A running agent on a simulated clock, whose instances handle requests by these functions, one after another. */
export async function agentThat(handles: Handle | readonly Handle[], spec: Partial<AgentSpec> = {}) {
  const clock = new SimulatedClock();
  const list = typeof handles === 'function' ? [handles] : handles;
  const made: Pick<DriverDeployment, 'fail' | 'finish'>[] = [];
  const host = createAgentHost({
    clock,
    drivers: {
      test: ({ fail, finish }) => {
        const handle = list[Math.min(made.length, list.length - 1)] as Handle;
        made.push({ fail, finish });
        return { handle };
      },
    },
  });
  const agent = host.deploy({ name: 'agent', driver: 'test', ...spec });
  await agent.run();
  return { host, agent, clock, made };
}

/** A promise with its ends. */
export function deferred<Value = unknown>() {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<Value>((...ends) => {
    [resolve, reject] = ends;
  });
  return { promise, resolve, reject };
}

/** Lets what has been asked for come about. */
export async function turns(count = 3): Promise<void> {
  for (let times = 0; times < count; times++) await new Promise((resolve) => setImmediate(resolve));
}

/** The code of an error, and what it carries; the value where there is none. */
export async function outcomeOf(request: Promise<unknown>): Promise<unknown> {
  try {
    return await request;
  } catch (error) {
    return describe(error);
  }
}

/** What a reader gets of an answer that is a stream, to its end, or to its error as the last. */
export async function readAll(answer: unknown): Promise<unknown[]> {
  const chunks: unknown[] = [];
  try {
    for await (const chunk of answer as ReadableStream<unknown>) chunks.push(chunk);
  } catch (error) {
    chunks.push(describe(error));
  }
  return chunks;
}

function describe(error: unknown): unknown[] {
  const { code, token, cause } = error as { code?: unknown; token?: unknown; cause?: { code?: unknown } };
  return [
    code ?? String(error),
    ...(token === undefined ? [] : [token]),
    ...(cause?.code === undefined ? [] : [cause.code]),
  ];
}
