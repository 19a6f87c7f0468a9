import { assertKnownKeys } from '../../values/assert-known-keys.js';
import type { AgentDriverFactory } from '../../host/agent-driver.js';
import { DriverBench } from './driver-bench.js';
import { DRIVER_CONTRACT } from './driver-contract.js';
import { presentRunner, type TestRunner } from '../test-runner.js';

/** What an agent does, of which a driver's contract is tested. */
export type DriverBehaviour =
  /** Answers each request with its payload. */
  | 'echo'
  /** Throws, or exits, when it is loaded or instantiated. */
  | 'failsToLoad'
  | 'failsToStart'
  /** Never ends its start. */
  | 'hangsInStart'
  /** Never answers, and ignores the abort of its caller. */
  | 'hangsInRequest'
  /** Never ends its stop. */
  | 'hangsInStop'
  /** Fails each request with an error. */
  | 'failsRequests'
  /** Ends its worker, process or instance in the middle of a request. */
  | 'crashesInRequest'
  /** Answers each request with a stream of the numbers from 0 to 199. */
  | 'streams'
  /** Answers each request with a stream without end, at a pace of its own: each chunk is how many streams are open. */
  | 'streamsForEver'
  /** Answers each request with a stream of 0, 1 and 2, and fails it then. */
  | 'failsInStream'
  /**
   * Hands each request over when the agent begins to let its requests go, with `{ at: 1 }` as its token. Answers one
   * that comes with a token with that.
   */
  | 'handsOver'
  /** Reports progress three times, with whatever value, and then answers as `echo` does. */
  | 'reportsProgress';

/** A kind of agents, as the contract of drivers is tested on it. */
export interface DriverFixture {
  /** A new factory for each test. */
  readonly createFactory: () => AgentDriverFactory;
  /** The `options` of a spec that has the agent behave so; null where this kind of agent cannot. */
  readonly optionsFor: (behaviour: DriverBehaviour) => unknown;
  /**
   * The payload that carries a text to an agent of this kind, and what `echo` answers; the text itself, answered as it
   * came, by default.
   */
  readonly exchange?: (text: string) => DriverExchange;
  /** How many processes, workers and the like exist now; they must be gone when all agents are. */
  readonly countResources?: () => number | Promise<number>;
}

/** A request, and its answer. */
export interface DriverExchange {
  readonly payload: unknown;
  readonly answer: unknown;
}

/** How the tests of a driver are registered. */
export interface DescribeDriverOptions {
  /** Milliseconds that a test may take, for runners that take one: 60 000 by default. */
  readonly timeout?: number;
  /** The global `describe` and `it`, or else those of node:test, where it is not given. */
  readonly runner?: TestRunner;
}

/**
 * Registers the tests that each driver of agents must pass, in whatever runner is there. They run real agents under a
 * real host; a test of a behaviour that this kind of agent cannot have is skipped.
 */
export function describeDriver(
  name: string,
  fixture: DriverFixture,
  options: DescribeDriverOptions = {},
): void {
  assertKnownKeys('DescribeDriverOptions', options, ['runner', 'timeout']);
  const { runner = presentRunner(), timeout = 60_000 } = options;
  const { describe, it } = runner;
  const { exchange = asItIs } = fixture;
  describe(name, () => {
    for (const test of DRIVER_CONTRACT) {
      const register = fixture.optionsFor(test.behaviour) === null ? it.skip : it;
      register?.(test.name, () => DriverBench.of(fixture, (bench) => test.run(bench, exchange)), timeout);
    }
  });
}

function asItIs(text: string): DriverExchange {
  return { payload: text, answer: text };
}
