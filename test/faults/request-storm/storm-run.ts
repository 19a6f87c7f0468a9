import {
  createAgentHost,
  type Agent,
  type AgentDriverFactory,
  type AgentHost,
  type AgentReport,
  type Lease,
  type RequestCall,
} from '../../../src/index.js';
import { createStormyHandle, type Token, type Work } from '../agents/stormy.js';
import { turns } from '../../host/requests/request-rig.js';
import { StormCaller } from './storm-caller.js';
import { StormClock } from './storm-clock.js';
import { StormLedger } from './storm-ledger.js';
import type { CallPlan, StormPlan, StormStep, VersionPlan } from './storm-plan.js';

const TRANSITION_TIMEOUT = 1_000;
const DRAIN_TIMEOUT = 5_000;

/** One storm over one agent on a simulated clock. */
export class Storm {
  readonly clock = new StormClock();
  readonly ledger = new StormLedger(this.clock.now);
  readonly callers: StormCaller[] = [];
  readonly leases: { readonly lease: Lease; readonly generation: number; isOpen: boolean }[] = [];
  readonly problems: string[] = [];
  /** As the host tells of them. */
  readonly ends: string[] = [];
  readonly reports: AgentReport[] = [];
  /** Generations whose driver was disposed of. */
  readonly disposed = new Set<number>();
  readonly agent: Agent;
  readonly plan: StormPlan;
  readonly #host: AgentHost;
  readonly #fail = new Map<number, (reason: unknown) => void>();
  readonly #finish = new Map<number, () => void>();
  /** Commands that have no answer yet. */
  readonly #open = new Set<string>();
  #version = 1;
  #made = 0;

  constructor(plan: StormPlan) {
    this.plan = plan;
    this.#host = createAgentHost({
      clock: this.clock.ofHost,
      drivers: { stormy: this.#driver },
      onError: (error) => this.problems.push(`the host has told of ${String(error)}`),
    });
    this.agent = this.#host.deploy({
      name: 'agent',
      driver: 'stormy',
      options: plan.version,
      requests: plan.requests,
      restart: plan.restart,
      transitionTimeout: TRANSITION_TIMEOUT,
      drainTimeout: DRAIN_TIMEOUT,
    });
    this.agent.onRequestEnd(({ outcome, chunks }) => this.ends.push(`${outcome} ${chunks}`));
  }

  /** Carries the plan out, to the end of the host. */
  async run(onQuiet: () => void): Promise<void> {
    await this.agent.run();
    for (const [step, pause] of this.plan.steps) {
      this.#take(step);
      if (step.type === 'wait') await this.clock.pass(step.milliseconds);
      await turns(pause);
      if (pause < 4) continue;
      this.ledger.moment += 1;
      onQuiet();
    }
    await turns(4);
    this.#command('the end', this.#end());
    for (let times = 0; times < 40 && this.#open.size > 0; times++) await this.clock.pass(500);
    await turns(4);
    for (const name of this.#open) this.problems.push(`${name} has no answer`);
    // What has ended by itself is collected; agents end what their host has ended.
    await this.clock.pass(3_000);
    this.ledger.moment += 1;
    onQuiet();
  }

  #take(step: StormStep): void {
    const { agent } = this;
    switch (step.type) {
      case 'request':
        this.call(step.call);
        break;
      case 'accept':
        void this.#accept(step.hearsSignal);
        break;
      case 'release':
        this.#release(step.which);
        break;
      case 'wait':
        break;
      case 'cordon':
        agent.cordon();
        break;
      case 'uncordon':
        agent.uncordon();
        break;
      case 'renew':
        agent.renew();
        break;
      case 'crash':
        this.#fail.get(agent.generation)?.(new Error('crash'));
        break;
      case 'finish':
        this.#finish.get(agent.generation)?.();
        break;
      case 'swap':
        this.#command('swap', this.#swap(step));
        break;
      default:
        this.#command(step.type, agent[step.type]());
    }
  }

  call(plan: CallPlan, resume?: Token): void {
    const caller = new StormCaller(this.callers.length, plan, this.clock.now, resume);
    this.callers.push(caller);
    caller.onCancelled = () => {
      const open = this.ledger.of(caller.id).find(({ isOpen }) => isOpen);
      if (open === undefined || this.disposed.has(open.generation)) return;
      this.problems.push(`${caller.id} was cancelled before its generator had returned`);
    };
    void caller.run(this.agent, this.clock.sleep).then(() => {
      const { end } = caller;
      if (!plan.bringsBack || end?.token === undefined) return;
      this.call({ ...plan, bringsBack: false }, end.token);
    });
  }

  async #accept(hearsSignal: boolean): Promise<void> {
    const lease = await this.agent.accept().catch(() => null);
    if (lease === null) return;
    const entry = { lease, generation: Number(lease.id.split('-')[0]), isOpen: true };
    this.leases.push(entry);
    if (!hearsSignal) return;
    lease.signal.addEventListener('abort', () => {
      lease.release();
      entry.isOpen = false;
    });
  }

  #release(which: number): void {
    const entry = this.leases[which];
    if (entry === undefined) return;
    entry.lease.release();
    entry.isOpen = false;
  }

  async #swap({ version, requests }: Extract<StormStep, { readonly type: 'swap' }>): Promise<void> {
    const versionNumber = ++this.#version;
    const spec = { versionNumber, options: version, ...(requests && { requests }) };
    const result = await this.agent.swap(spec).catch(() => null);
    if (result?.swapped === true) this.reports.push(result.report);
  }

  async #end(): Promise<void> {
    const { agent } = this;
    if (this.plan.end === 'remove') this.#noteReport(await this.#host.remove('agent'));
    else {
      const reports = await this.#host.shutdown({ force: this.plan.end === 'force' });
      for (const report of reports) this.#noteReport(report);
    }
    if (!agent.hasEnded && agent.state === 'running') this.problems.push('the agent still runs');
  }

  #noteReport(report: AgentReport): void {
    this.reports.push(report, ...report.replaced);
  }

  #command(name: string, answer: Promise<unknown>): void {
    const key = `${name} at ${this.clock.now()} (${this.#open.size})`;
    this.#open.add(key);
    void answer.then(
      () => this.#open.delete(key),
      (error: unknown) => {
        this.#open.delete(key);
        this.problems.push(`${name} has thrown ${String(error)}`);
      },
    );
  }

  readonly #driver: AgentDriverFactory = ({ options, fail, finish }) => {
    const { start, stop } = options as VersionPlan;
    const generation = ++this.#made;
    this.#fail.set(generation, fail);
    this.#finish.set(generation, finish);
    const handle = createStormyHandle({
      sleep: this.clock.sleep,
      onCleanup: (work, call) => {
        this.ledger.cleanedUp(work, call.generation);
      },
    }) as (work: Work, call: RequestCall) => unknown;
    return {
      start: () => this.#operate(start),
      stop: () => this.#operate(stop),
      handle: (work, call) => this.ledger.handle(handle, work as Work, call),
      dispose: () => {
        this.disposed.add(generation);
      },
    };
  };

  async #operate(how: VersionPlan['start']): Promise<void> {
    if (how === 'throws') throw new Error('It cannot');
    if (how === 'later') await this.clock.sleep(120);
    if (how === 'hangs') await this.clock.sleep(Infinity);
  }
}
