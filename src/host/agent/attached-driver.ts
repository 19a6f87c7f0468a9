import type { AgentLifecycleEvent } from '../../../machines/agent-lifecycle.types.js';
import type { FailureReason } from '../../values/failure-reason.js';
import { InvalidValueError } from '../../values/invalid-value-error.js';
import type { AgentDriver, AgentDriverFactory, AgentOutput } from '../agent-driver.js';
import { driverName, type ResolvedAgentSpec } from '../agent-spec.js';
import { driverReports } from './driver-reports.js';

/** What a driver reports by itself, outside of its calls. */
export interface DriverListener {
  onFailed(event: AgentLifecycleEvent): void;
  onFinished(): void;
  onNotice(message: FailureReason): void;
  onOutput(output: AgentOutput): void;
}

/** A driver with its reports: held back until `open()`, bounded, and passed on from then on. */
export class AttachedDriver {
  readonly driver: AgentDriver;
  /** The first event with which the driver has reported that the agent failed by itself. */
  ownFailure: AgentLifecycleEvent | null = null;
  /** Reports of a driver that is still being made; null once they are passed on at once. */
  #held: (() => void)[] | null = [];

  /** @throws {InvalidValueError} for a driver that lacks a method, and whatever its factory throws */
  constructor(
    spec: ResolvedAgentSpec,
    generation: number,
    createDriver: AgentDriverFactory,
    listener: DriverListener,
  ) {
    this.driver = parseDriver(
      driverName(spec.driver),
      createDriver({
        name: spec.name,
        options: spec.options,
        fail: (reason) => {
          const event = { type: 'agent.fail', reason } as const;
          this.ownFailure ??= event;
          this.#pass(() => {
            listener.onFailed(event);
          });
        },
        finish: () => {
          this.#pass(() => {
            listener.onFinished();
          });
        },
        ...driverReports({
          generation,
          onNotice: (message) => {
            this.#pass(() => {
              listener.onNotice(message);
            });
          },
          onOutput: (output) => {
            this.#pass(() => {
              listener.onOutput(output);
            });
          },
        }),
      }),
    );
  }

  /** Passes on what was held back, and from then on each report at once. */
  open(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const report of held) report();
  }

  #pass(report: () => void): void {
    if (this.#held === null) report();
    else this.#held.push(report);
  }
}

const OPTIONAL = ['load', 'instantiate', 'start', 'stop', 'unload', 'dispose'] as const;

/** @throws {InvalidValueError} for what cannot be a driver: its factory is not what it should be */
function parseDriver(name: string, driver: AgentDriver): AgentDriver {
  const given = driver as AgentDriver | null | undefined;
  const wrong = [
    ...(typeof given?.handle === 'function' ? [] : ['handle']),
    ...OPTIONAL.filter((method) => given?.[method] !== undefined && typeof given[method] !== 'function'),
  ];
  if (wrong.length === 0) return driver;
  const expected = `an AgentDriver, with a function as ${wrong.join(', ')}`;
  throw new InvalidValueError({ field: `The driver ${name}`, expected, received: driver });
}
