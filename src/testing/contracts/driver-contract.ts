import assert from 'node:assert/strict';
import { waitFor } from 'xstate';
import type { AgentDriver } from '../../host/agent-driver.js';
import type { Agent } from '../../host/agent/agent.js';
import { RequestError } from '../../host/requests/request-error.js';
import type { DriverBehaviour, DriverExchange } from './describe-driver.js';
import { isHandedOver } from '../../host/requests/request-call.js';
import { DriverCall, readAll, streamIn } from './driver-call.js';
import { TRANSITION_TIMEOUT, type DriverBench } from './driver-bench.js';

// Milliseconds.
const REQUEST_TIMEOUT = 5_000;
const MAX_DURATION = 10_000;

interface DriverTest {
  readonly name: string;
  readonly behaviour: DriverBehaviour;
  readonly run: (bench: DriverBench, exchange: (text: string) => DriverExchange) => Promise<void>;
}

/** What each driver must do. After each test nothing may be left of its agents, which the bench sees to. */
export const DRIVER_CONTRACT: readonly DriverTest[] = [
  {
    name: 'an agent comes up, answers, and is stopped',
    behaviour: 'echo',
    run: async (bench, exchange) => {
      const agent = await bench.running('echo');
      await assertAnswers(agent, exchange('hello'));
      const { result, error } = await agent.stop();
      assert.deepEqual([result.currentState, error], ['stopped', null]);
    },
  },
  {
    name: 'requests that are made side by side have each its own answer',
    behaviour: 'echo',
    run: async (bench, exchange) => {
      const agent = await bench.running('echo');
      const exchanges = ['a', 'b', 'c', 'd', 'e'].map((text) => exchange(text));
      await Promise.all(exchanges.map((each) => assertAnswers(agent, each)));
    },
  },
  {
    name: 'a drain lets the requests finish that are pending',
    behaviour: 'echo',
    run: async (bench, exchange) => {
      const agent = await bench.running('echo');
      const answered = assertAnswers(agent, exchange('hello'));
      // Both take one turn to be sent: the request is first.
      const { result, error } = await agent.drain();
      await answered;
      assert.deepEqual(
        [result.currentState, error, agent.report.abandonedRequests, agent.report.forced],
        ['stopped', null, 0, false],
      );
    },
  },
  {
    name: 'a request that fails is no failure of its agent',
    behaviour: 'failsRequests',
    run: async (bench, exchange) => {
      const agent = await bench.running('failsRequests');
      for (const text of ['first', 'second']) {
        const error = await errorOf(agent, exchange(text));
        assert.deepEqual([error.code, agent.state], ['RequestFailed', 'running']);
      }
    },
  },
  {
    name: 'an agent that cannot be loaded has failed, with the reason',
    behaviour: 'failsToLoad',
    run: (bench) => assertFails(bench, 'failsToLoad'),
  },
  {
    name: 'an agent that cannot start has failed, with the reason',
    behaviour: 'failsToStart',
    run: (bench) => assertFails(bench, 'failsToStart'),
  },
  {
    name: 'a start that hangs is cut at the transition timeout',
    behaviour: 'hangsInStart',
    run: async (bench) => {
      const agent = bench.deploy('hangsInStart');
      const run = agent.run();
      await bench.timeOut(agent, 'starting');
      assertTimedOut(agent, (await run).error);
    },
  },
  {
    name: 'a start that hangs is cut when the agent is stopped',
    behaviour: 'hangsInStart',
    run: async (bench) => {
      const agent = bench.deploy('hangsInStart');
      await agent.load();
      await agent.instantiate();
      const start = agent.start();
      await bench.hangs();
      const { result } = await agent.stop();
      const { error } = await start;
      assert.deepEqual([result.currentState, error?.code], ['stopped', 'OperationCancelled']);
    },
  },
  {
    name: 'a stop that hangs is cut at the transition timeout',
    behaviour: 'hangsInStop',
    run: async (bench) => {
      const agent = await bench.running('hangsInStop');
      const stop = agent.stop();
      await bench.timeOut(agent, 'stopping');
      assertTimedOut(agent, (await stop).error);
    },
  },
  {
    name: 'an agent that an earlier host left to be stopped, of which nothing is there, is stopped',
    behaviour: 'echo',
    run: async (bench) => {
      const agent = await bench.running('echo');
      await agent.accept();
      void agent.drain();
      await waitFor(agent.actor, (snapshot) => snapshot.hasTag('draining'));
      const left = bench.takenOver(agent);
      await waitFor(left.actor, (snapshot) => snapshot.status !== 'active');
      assert.deepEqual([left.state, left.record.failureReason], ['stopped', null]);
    },
  },
  {
    name: 'a caller that gives a request up gets its error at once',
    behaviour: 'hangsInRequest',
    run: async (bench, exchange) => {
      const agent = await bench.running('hangsInRequest');
      const controller = new AbortController();
      const request = agent.request(exchange('hello').payload, { signal: controller.signal });
      const givenUp = assert.rejects(request, { message: 'never mind' });
      await bench.hangs();
      controller.abort(new Error('never mind'));
      await givenUp;
    },
  },
  {
    name: 'a caller that gives its request up changes nothing for another',
    behaviour: 'echo',
    run: async (bench, exchange) => {
      const agent = await bench.running('echo');
      const controller = new AbortController();
      const [first, second] = [exchange('first'), exchange('second')];
      const givenUp = agent.request(first.payload, { signal: controller.signal });
      const answered = assertAnswers(agent, second);
      // By then both are on their way, and the first may have its answer already.
      setImmediate(() => {
        controller.abort(new Error('never mind'));
      });
      await givenUp.catch((error: unknown) => {
        assert.equal((error as Error).message, 'never mind');
      });
      await answered;
    },
  },
  {
    name: 'a payload that cannot be carried to the agent costs its request alone',
    behaviour: 'echo',
    run: async (bench, exchange) => {
      const agent = await bench.running('echo');
      // Where nothing has to be carried, it is a payload like any other.
      await agent
        .request(() => 'a function')
        .catch((error: unknown) => {
          assert.equal((error as RequestError).code, 'RequestFailed');
        });
      await assertAnswers(agent, exchange('hello'));
    },
  },
  {
    name: 'a request that gives no sign of life is cut at its timeout',
    behaviour: 'hangsInRequest',
    run: async (bench, exchange) => {
      const agent = await bench.running('hangsInRequest', { timeout: REQUEST_TIMEOUT });
      const failed = errorOf(agent, exchange('hello'));
      await bench.hangs();
      bench.advance(REQUEST_TIMEOUT);
      const { code } = await failed;
      assert.deepEqual([code, agent.state], ['RequestTimedOut', 'running']);
    },
  },
  {
    name: 'a stream that goes on for ever is cut at the time that its request may take',
    behaviour: 'streamsForEver',
    run: async (bench, exchange) => {
      const agent = await bench.running('streamsForEver', { maxDuration: MAX_DURATION });
      const stream = (await agent.request(exchange('hello').payload)) as ReadableStream<unknown>;
      const reader = stream.getReader();
      await reader.read();
      bench.advance(MAX_DURATION);
      await assert.rejects(readToEnd(reader), { code: 'MaxDurationExceeded' });
      await waitFor(agent.actor, ({ context }) => context.pendingRequests === 0);
      assert.equal(agent.state, 'running');
    },
  },
  {
    name: 'a request that hangs keeps no agent from being stopped',
    behaviour: 'hangsInRequest',
    run: async (bench, exchange) => {
      const agent = await bench.running('hangsInRequest');
      const failed = errorOf(agent, exchange('hello'));
      await bench.hangs();
      const { result } = await agent.stop();
      const { code } = await failed;
      assert.deepEqual([code, result.currentState, agent.report.forced], ['AgentStopped', 'stopped', true]);
    },
  },
  {
    name: 'a request that hangs is given up at the drain timeout',
    behaviour: 'hangsInRequest',
    run: async (bench, exchange) => {
      const agent = await bench.running('hangsInRequest');
      const failed = errorOf(agent, exchange('hello'));
      await bench.hangs();
      const drain = agent.drain();
      await bench.timeOutDrain(agent);
      const { result } = await drain;
      const { code } = await failed;
      assert.deepEqual(
        [code, result.currentState, agent.report.forced],
        ['DrainTimeoutExceeded', 'stopped', true],
      );
    },
  },
  {
    name: 'an agent that crashes in a request fails it, and goes on afresh or has failed with the reason',
    behaviour: 'crashesInRequest',
    run: async (bench, exchange) => {
      const agent = await bench.running('crashesInRequest');
      await errorOf(agent, exchange('first'));
      // One that goes on answers the next, if only by an error; one that has failed refuses it.
      await assert.rejects(agent.request(exchange('second').payload));
      if (agent.state !== 'running') assertFailed(agent);
    },
  },
  {
    name: 'a stream has its chunks whole and in order',
    behaviour: 'streams',
    run: async (bench, exchange) => {
      const driver = await bench.runningDriver('streams');
      const { chunks, returned } = await readAll(await streamOf(driver, exchange));
      assert.deepEqual([chunks, returned], [Array.from({ length: 200 }, (_, index) => index), undefined]);
    },
  },
  {
    name: 'streams side by side have each its own chunks',
    behaviour: 'streams',
    run: async (bench, exchange) => {
      const driver = await bench.runningDriver('streams');
      const streams = await Promise.all([streamOf(driver, exchange), streamOf(driver, exchange)]);
      // The first is read when the second has come to its end.
      for (const stream of streams.reverse()) {
        assert.equal((await readAll(stream)).chunks.length, 200);
      }
    },
  },
  {
    name: 'a reader that leaves a stream ends it',
    behaviour: 'streamsForEver',
    run: async (bench, exchange) => {
      const driver = await bench.runningDriver('streamsForEver');
      const left = await streamOf(driver, exchange);
      await left.next();
      await left.return?.();
      assert.deepEqual(await left.next(), { done: true, value: undefined });
      await assertAlone(driver, exchange);
    },
  },
  {
    name: 'a stream whose request is aborted ends, too',
    behaviour: 'streamsForEver',
    run: async (bench, exchange) => {
      const driver = await bench.runningDriver('streamsForEver');
      const call = new DriverCall();
      const left = await streamOf(driver, exchange, call);
      await left.next();
      call.abort(new Error('never mind'));
      await left.return?.();
      await assertAlone(driver, exchange);
    },
  },
  {
    name: 'a stream that nobody reads keeps no agent from being stopped',
    behaviour: 'streamsForEver',
    run: async (bench, exchange) => {
      const agent = await bench.running('streamsForEver');
      const driver = bench.drivers.at(-1) as AgentDriver;
      const stream = await streamOf(driver, exchange);
      const { result } = await agent.stop();
      assert.equal(result.currentState, 'stopped');
      await stream.return?.();
    },
  },
  {
    name: 'a failure in the middle of a stream comes after its chunks, and is no end',
    behaviour: 'failsInStream',
    run: async (bench, exchange) => {
      const driver = await bench.runningDriver('failsInStream');
      const stream = await streamOf(driver, exchange);
      for (const value of [0, 1, 2]) assert.deepEqual(await stream.next(), { done: false, value });
      await assert.rejects(stream.next());
      assert.deepEqual(await stream.next(), { done: true, value: undefined });
    },
  },
  {
    name: 'a request is handed over when the agent begins to drain, and goes on with its token',
    behaviour: 'handsOver',
    run: async (bench, exchange) => {
      const driver = await bench.runningDriver('handsOver');
      const call = new DriverCall();
      const { payload } = exchange('hello');
      const answer = Promise.resolve(driver.handle(payload, call));
      call.drain();
      const handedOver = await answer;
      assert.ok(isHandedOver(handedOver), 'The request was not handed over');
      assertSame(handedOver.token, { at: 1 });
      const resumed = await driver.handle(payload, new DriverCall(handedOver.token));
      assertSame(resumed, { at: 1 });
    },
  },
  {
    name: 'progress comes before the answer',
    behaviour: 'reportsProgress',
    run: async (bench, exchange) => {
      const driver = await bench.runningDriver('reportsProgress');
      const call = new DriverCall();
      const { payload, answer } = exchange('hello');
      assertSame(await driver.handle(payload, call), answer);
      assert.equal(call.reports.length, 3);
    },
  },
  {
    name: 'options that are not what they should be are refused at once, with a code',
    behaviour: 'echo',
    run: async (bench) => {
      const deploy = () =>
        bench.host.deploy({ name: 'nonsense', driver: 'driver', options: { nonsense: true } });
      assert.throws(
        deploy,
        (error) => error instanceof Error && 'code' in error && typeof error.code === 'string',
      );
      return Promise.resolve();
    },
  },
  {
    name: 'an agent that was never loaded is disposed of',
    behaviour: 'echo',
    run: async (bench) => {
      const { state, failureReason } = await bench.deploy('echo').shutDown();
      assert.deepEqual([state, failureReason], ['unloaded', null]);
    },
  },
  {
    name: 'an agent that was loaded can be unloaded and come up after that',
    behaviour: 'echo',
    run: async (bench, exchange) => {
      const agent = bench.deploy('echo');
      await agent.load();
      await agent.unload();
      await agent.run();
      await assertAnswers(agent, exchange('hello'));
    },
  },
  {
    name: 'an agent that is given up while it comes up is disposed of',
    behaviour: 'echo',
    run: async (bench) => {
      const agent = bench.deploy('echo');
      await agent.load();
      const instantiated = agent.instantiate();
      await agent.fail('never mind');
      await instantiated;
      assert.deepEqual([agent.state, agent.record.failureReason], ['failed', 'never mind']);
    },
  },
  {
    name: 'a driver that is disposed of twice does not mind',
    behaviour: 'echo',
    run: async (bench) => {
      const agent = await bench.running('echo');
      const { agentId, agentName, version, versionNumber } = agent.record;
      await agent.stop();
      const { signal } = new AbortController();
      for (const driver of bench.drivers) {
        await driver.dispose?.({ agentId, agentName, version, versionNumber, signal });
      }
    },
  },
  {
    name: 'five lifecycles one after the other leave nothing',
    behaviour: 'echo',
    run: async (bench, exchange) => {
      for (const text of ['a', 'b', 'c', 'd', 'e']) {
        const agent = await bench.running('echo');
        await assertAnswers(agent, exchange(text));
        const { result } = await agent.drain();
        assert.equal(result.currentState, 'stopped');
      }
    },
  },
];

async function assertAnswers(agent: Agent, { payload, answer }: DriverExchange): Promise<void> {
  assertSame(await agent.request(payload), answer);
}

/** Both are cloned: a runner may have prototypes of its own, which what came from elsewhere has not. */
function assertSame(actual: unknown, expected: unknown): void {
  assert.deepEqual(structuredClone(actual), structuredClone(expected));
}

async function streamOf(
  driver: AgentDriver,
  exchange: (text: string) => DriverExchange,
  call = new DriverCall(),
): Promise<AsyncIterator<unknown, unknown>> {
  return streamIn(await driver.handle(exchange('hello').payload, call));
}

async function readToEnd(reader: ReadableStreamDefaultReader<unknown>): Promise<void> {
  while (!(await reader.read()).done);
}

/** Waits until a stream is the only one of its agent that is open. */
async function assertAlone(driver: AgentDriver, exchange: (text: string) => DriverExchange): Promise<void> {
  const stream = await streamOf(driver, exchange);
  // What was left may take a moment to end; else this runs out of the time of a test.
  for (let step = await stream.next(); step.value !== 1; step = await stream.next()) {
    assert.notEqual(step.done, true, 'The stream has ended');
  }
  await stream.return?.();
}

async function errorOf(agent: Agent, { payload }: DriverExchange): Promise<RequestError> {
  try {
    await agent.request(payload);
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
  assert.fail('The request was answered');
}

async function assertFails(bench: DriverBench, behaviour: DriverBehaviour): Promise<void> {
  const agent = bench.deploy(behaviour);
  const { error } = await agent.run();
  // It was not cancelled: nobody has asked for that.
  assert.equal(error?.code, 'OperationFailed');
  assertFailed(agent);
}

function assertFailed(agent: Agent): void {
  const { failureReason } = agent.record;
  assert.equal(agent.state, 'failed');
  assert.ok(failureReason !== null && failureReason !== 'Unknown failure', 'The failure has no reason');
}

function assertTimedOut(agent: Agent, error: { readonly code: string } | null): void {
  assert.deepEqual(
    [error?.code, agent.state, agent.record.failureReason],
    ['TimeoutExceeded', 'failed', `Transition timeout exceeded: ${TRANSITION_TIMEOUT}ms`],
  );
}
