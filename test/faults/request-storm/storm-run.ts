import {
  createAgentHost,
  type Agent,
  type AgentHost,
  type AgentReport,
  type Lease,
} from '../../../src/index.js';
import type { Token } from '../agents/stormy.js';
import { turns } from '../../host/requests/request-rig.js';
import { StormCaller } from './storm-caller.js';
import type { CallPlan, StormPlan, StormStep } from './storm-plan.js';
import type { StormRig } from './storm-rig.js';

const DRAIN_TIMEOUT = 5_000;

/** One storm over one agent. */
export class Storm {
  readonly rig: StormRig;
  readonly callers: StormCaller[] = [];
  readonly leases: { readonly lease: Lease; readonly generation: number; isOpen: boolean }[] = [];
  readonly problems: string[] = [];
  /** As the host tells of them. */
  readonly ends: string[] = [];
  readonly reports: AgentReport[] = [];
  readonly agent: Agent;
  readonly plan: StormPlan;
  readonly #host: AgentHost;
  /** Commands that have no answer yet. */
  readonly #open = new Set<string>();
  #version = 1;

  constructor(plan: StormPlan, rig: StormRig) {
    this.plan = plan;
    this.rig = rig;
    this.#host = createAgentHost({
      ...(rig.clock !== null && { clock: rig.clock }),
      drivers: { stormy: rig.driver },
      onError: (error) => this.problems.push(`the host has told of ${String(error)}`),
    });
    this.agent = this.#host.deploy({
      name: 'agent',
      driver: 'stormy',
      options: rig.optionsOf(plan.version),
      requests: plan.requests,
      restart: plan.restart,
      transitionTimeout: rig.transitionTimeout,
      drainTimeout: DRAIN_TIMEOUT,
    });
    if (rig.ledger !== null) {
      rig.ledger.isReplaced = (generation) =>
        this.agent.swapUnderWay?.phase === 'replaced' && this.agent.generation !== generation;
    }
    this.agent.onRequestEnd(({ outcome, chunks }) => this.ends.push(`${outcome} ${chunks}`));
  }

  /** Carries the plan out, to the end of the host. */
  async run(onQuiet: () => void): Promise<void> {
    await this.agent.run();
    for (const [step, pause] of this.plan.steps) {
      this.#take(step);
      if (step.type === 'wait') await this.rig.pass(step.milliseconds);
      await turns(pause);
      if (pause < 4) continue;
      onQuiet();
    }
    await turns(4);
    this.#command('the end', this.#end());
    for (let times = 0; times < 120 && this.#open.size > 0; times++) await this.rig.pass(500);
    await turns(4);
    for (const name of this.#open) this.problems.push(`${name} has no answer`);
    // What has ended by itself is collected; agents end what their host has ended.
    await this.rig.pass(3_000);
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
      case 'finish':
        if (this.rig.endInstance !== null) this.rig.endInstance(agent.generation, step.type);
        else this.call(callThatEnds(step.type));
        break;
      case 'swap':
        this.#command('swap', this.#swap(step));
        break;
      default:
        this.#command(step.type, agent[step.type]());
    }
  }

  call(plan: CallPlan, resume?: Token): void {
    const caller = new StormCaller(this.callers.length, plan, this.agent, this.rig.now, resume);
    this.callers.push(caller);
    caller.onCancelled = () => {
      const open = this.rig.ledger?.of(caller.id).find(({ isOpen }) => isOpen);
      if (open === undefined || this.rig.hasDisposed(open.generation)) return;
      this.problems.push(`${caller.id} was cancelled before its generator had returned`);
    };
    void caller.run(this.rig.sleep).then(() => {
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
    const spec = { versionNumber, options: this.rig.optionsOf(version), ...(requests && { requests }) };
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
    const key = `${name} at ${this.rig.now()} (${this.#open.size})`;
    this.#open.add(key);
    void answer.then(
      () => this.#open.delete(key),
      (error: unknown) => {
        this.#open.delete(key);
        this.problems.push(`${name} has thrown ${String(error)}`);
      },
    );
  }
}

/** A request by which an instance ends itself. */
function callThatEnds(type: 'crash' | 'finish'): CallPlan {
  return {
    work: {
      type,
      count: 0,
      delay: 0,
      pace: 0,
      end: 'done',
      onDrain: 'goesOn',
      handsOverAt: null,
      hears: false,
      cleanup: 'now',
      progress: false,
    },
    reading: { type: 'all', pause: 0 },
    abortsAfter: null,
    bringsBack: false,
  };
}
