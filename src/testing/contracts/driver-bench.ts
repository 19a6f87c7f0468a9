import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from 'xstate';
import type { AgentOperation } from '../../values/lifecycle-states.js';
import type { Agent } from '../../host/agent/agent.js';
import { createMemoryStore } from '../../host/persistence/memory-store.js';
import { createHostPersistence } from '../../host/persistence/store-persistence.js';
import type { AgentDriver, AgentDriverFactory } from '../../host/agent-driver.js';
import type { RequestLimits } from '../../host/requests/request-limits.js';
import { createAgentHost, type AgentHost } from '../../host/agent-host.js';
import type { DriverBehaviour, DriverFixture } from './describe-driver.js';
import { SteppedClock } from '../stepped-clock.js';
import { withCleanUp } from '../../util/clean-up.js';

/** Milliseconds, as the drain timeout the shortest that a lifecycle may have. */
export const TRANSITION_TIMEOUT = 1_000;
const DRAIN_TIMEOUT = 5_000;
/** Milliseconds after which a limit is kept at the latest. */
const LIMIT_PRECISION = 100;

/** Milliseconds after which what hangs does so in earnest. When it does not yet, it must be cut all the same. */
const IN_EARNEST = 100;
/** Milliseconds in which what was killed is gone from the system's books. */
const GONE_WITHIN = 5_000;
const POLL = 10;
/** Milliseconds after which an end that hangs is cut, so that a test tells what it found. */
const END_WITHIN = 10_000;

/**
 * Agents of one kind under a host. Its deadlines fall due when they are told to, so that no slow machine brings them
 * about; the time of the driver is the real one.
 */
export class DriverBench {
  readonly host: AgentHost;
  readonly #hosts: AgentHost[] = [];
  readonly #store = createMemoryStore();
  readonly #createDriver: AgentDriverFactory;
  readonly #fixture: DriverFixture;
  readonly #clock = new SteppedClock();
  readonly #drivers: AgentDriver[] = [];
  /** What the drivers threw when they were disposed of. */
  readonly #errors: unknown[] = [];
  #deployed = 0;

  private constructor(fixture: DriverFixture) {
    this.#createDriver = fixture.createFactory();
    this.#fixture = fixture;
    this.host = this.#createHost();
    this.#hosts.push(this.host);
  }

  /** Runs a test, after which nothing may be left of its agents. */
  static async of(fixture: DriverFixture, run: (bench: DriverBench) => Promise<void>): Promise<void> {
    const before = await countIn(fixture);
    const bench = new DriverBench(fixture);
    await withCleanUp(
      () => run(bench),
      () => bench.#end(),
    );
    assert.deepEqual(bench.#errors, [], 'A driver could not be disposed of');
    await assertCount(fixture, before);
  }

  get drivers(): readonly AgentDriver[] {
    return this.#drivers;
  }

  deploy(behaviour: DriverBehaviour, requests: RequestLimits = {}): Agent {
    return this.host.deploy({
      name: `${behaviour} ${++this.#deployed}`,
      driver: 'driver',
      options: this.#fixture.optionsFor(behaviour),
      transitionTimeout: TRANSITION_TIMEOUT,
      drainTimeout: DRAIN_TIMEOUT,
      requests,
    });
  }

  async running(behaviour: DriverBehaviour, requests: RequestLimits = {}): Promise<Agent> {
    const agent = this.deploy(behaviour, requests);
    const { error } = await agent.run();
    assert.deepEqual([error, agent.state], [null, 'running']);
    return agent;
  }

  /** A driver whose agent runs; it is called without its host, which shuts it down. */
  async runningDriver(behaviour: DriverBehaviour): Promise<AgentDriver> {
    await this.running(behaviour);
    return this.#drivers.at(-1) as AgentDriver;
  }

  /** The agent in a host that finds it as this one has it now, as if this one had been killed. */
  takenOver({ spec }: Agent): Agent {
    const next = this.#createHost();
    this.#hosts.push(next);
    return next.deploy(spec);
  }

  /** Waits until an operation hangs, and lets its time run out. */
  async timeOut(agent: Agent, operation: AgentOperation): Promise<void> {
    await waitFor(agent.actor, ({ context }) => context.operation === operation);
    await this.hangs();
    this.#clock.advance(TRANSITION_TIMEOUT);
  }

  /** Lets the time of a drain run out. */
  async timeOutDrain(agent: Agent): Promise<void> {
    await waitFor(agent.actor, (snapshot) => snapshot.matches({ draining: 'awaitingRequests' }));
    this.#clock.advance(DRAIN_TIMEOUT);
  }

  /** Lets so many milliseconds pass for the host, and as much more as it may take to keep a limit. */
  advance(milliseconds: number): void {
    this.#clock.advance(milliseconds + LIMIT_PRECISION);
  }

  /** Gives what hangs the time to do so. */
  async hangs(): Promise<void> {
    await sleep(IN_EARNEST);
  }

  #createHost(): AgentHost {
    return createAgentHost({
      clock: this.#clock,
      // What an earlier host writes once another has taken over is refused.
      persistence: {
        ...createHostPersistence(this.#store, { onFailure: () => undefined }),
        // The next host has the options from the test: they may be bytes.
        assertSerializable: () => undefined,
      },
      onError: (error) => this.#errors.push(error),
      drivers: {
        driver: (deployment) => {
          const driver = this.#createDriver(deployment);
          this.#drivers.push(driver);
          return driver;
        },
      },
    });
  }

  async #end(): Promise<void> {
    const timer = setInterval(() => {
      this.#clock.advance(TRANSITION_TIMEOUT);
    }, END_WITHIN);
    try {
      await Promise.all(this.#hosts.map((host) => host.shutdown({ force: true })));
    } finally {
      clearInterval(timer);
    }
  }
}

async function countIn({ countResources = () => 0 }: DriverFixture): Promise<number> {
  return countResources();
}

async function assertCount(fixture: DriverFixture, expected: number): Promise<void> {
  const deadline = Date.now() + GONE_WITHIN;
  while ((await countIn(fixture)) !== expected && Date.now() < deadline) await sleep(POLL);
  assert.equal(await countIn(fixture), expected, 'Something is left of the agents');
}
