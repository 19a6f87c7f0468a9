import type { DrainReport, JournalEntry } from '../../../src/index.js';
import type { Token } from '../agents/stormy.js';
import type { StormCaller } from './storm-caller.js';
import type { StormLedger, WorkEntry } from './storm-ledger.js';
import type { Storm } from './storm-run.js';

/** Milliseconds by which a limit may be kept late, beside a slice of the time that passes at once. */
const LATE = 150;

/** What is wrong at a moment in which nothing is on its way. */
export function problemsAtRest(storm: Storm): string[] {
  const { agent, callers, leases } = storm;
  const { ledger } = storm.rig;
  if (ledger === null) return [];
  const { generation, requests } = agent;
  const open = agent.hasEnded ? [] : ledger.openOn(generation);
  const held = agent.hasEnded
    ? []
    : leases.filter((lease) => lease.isOpen && lease.generation === generation);
  const counts = {
    queued: callers.filter(({ id, end }) => end === null && ledger.of(id).length === 0).length,
    pending: open.length + held.length,
    streaming: open.filter(({ isStreaming }) => isStreaming).length,
  };
  const problems = [];
  if (JSON.stringify(counts) !== JSON.stringify(requests)) {
    problems.push(
      `in ${agent.state} there are ${JSON.stringify(counts)}, and it says ${JSON.stringify(requests)}`,
    );
  }
  if (agent.record.pendingRequests !== counts.pending) {
    problems.push(`the record says ${agent.record.pendingRequests} of ${counts.pending}`);
  }
  const capacity = agent.spec.requests.concurrency ?? 10_000;
  if (counts.pending > capacity) problems.push(`${counts.pending} in work, of ${capacity}`);
  const waits = counts.queued > 0 || waitingTokens(storm, ledger).length > 0;
  if (waits && agent.isServing && !agent.isCordoned && counts.pending < capacity) {
    problems.push('one waits though there is a place');
  }
  const isComing = agent.supervision === 'backingOff' || agent.swapUnderWay !== null;
  if (waits && agent.hasEnded && !isComing) problems.push('one waits for nothing');
  return [...problems, ...overdue(storm, ledger)];
}

function overdue({ agent, callers, rig }: Storm, ledger: StormLedger): string[] {
  const { timeout } = agent.spec.requests;
  return ledger.openOn(agent.generation).flatMap(({ work, askedAt }) => {
    const isOver = callers[work.id]?.end !== null || agent.hasEnded;
    if (isOver || askedAt === null || rig.now() - askedAt < timeout + LATE) return [];
    return [`${work.id} has given no sign of life for ${rig.now() - askedAt} ms of ${timeout}`];
  });
}

/** Those that were handed over, and that no instance has gone on with. */
function waitingTokens({ callers }: Storm, ledger: StormLedger): readonly WorkEntry[] {
  return callers
    .filter(({ end }) => end === null)
    .map(({ id }) => ledger.of(id).at(-1))
    .filter((entry) => entry?.token !== undefined) as WorkEntry[];
}

/** What is wrong after the end. */
export function problemsAtEnd(storm: Storm): string[] {
  return [
    ...storm.callers.flatMap((caller) => problemsOfCaller(caller, storm)),
    ...problemsOfEnds(storm),
    ...problemsOfReports(storm),
    ...problemsOfRest(storm),
    ...(storm.rig.ledger === null ? [] : problemsOfWork(storm, storm.rig.ledger)),
    ...storm.rig.leftovers(),
  ];
}

function problemsOfWork(storm: Storm, ledger: StormLedger): string[] {
  return [...problemsOfTokens(storm, ledger), ...problemsOfCleanup(ledger), ...problemsOfOrder(ledger)];
}

function problemsOfRest({ agent }: Storm): string[] {
  const { queued, pending, streaming } = agent.requests;
  return queued + pending + streaming === 0
    ? []
    : [`it says ${JSON.stringify(agent.requests)} after its end`];
}

const OUTCOMES = [
  'Completed',
  'Cancelled',
  'TooManyRequests',
  'NotAcceptingRequests',
  'AgentCordoned',
  'RequestFailed',
  'RequestTimedOut',
  'MaxDurationExceeded',
  'HandedOver',
  'DrainTimeoutExceeded',
  'AgentStopped',
  'AgentFailed',
  'ReaderTooSlow',
];

function problemsOfCaller(caller: StormCaller, storm: Storm): string[] {
  const { id, end, chunks, work, plan, begunAt, cancel } = caller;
  if (end === null) return [`${id} has not ended`];
  const problems = [];
  if (!OUTCOMES.includes(end.outcome)) problems.push(`${id} ended with ${end.outcome}`);
  if (cancel === 'called') problems.push(`the cancel of ${id} has not come to its end`);
  const first = caller.resume?.at ?? 0;
  const isWhole = chunks.every((chunk, index) => chunk.id === id && chunk.at === first + index);
  if (!isWhole) problems.push(`${id} was given ${chunks.map(({ at }) => at).join()} from ${first} on`);
  const steps = Math.max(0, work.count - first);
  if (end.outcome === 'HandedOver' && end.token === undefined) problems.push(`${id} was not told its token`);
  if (end.outcome === 'Completed' && caller.isStream) {
    const all = steps + Number(work.end === 'returns');
    if (chunks.length !== all) problems.push(`${id} completed after ${chunks.length} chunks of ${all}`);
  }
  if (end.outcome === 'Completed' && !caller.isStream) {
    // A stream without a chunk is the value that it returns, where it comes from elsewhere.
    const isEmpty = work.type === 'stream' && work.end === 'done' && steps === 0;
    const value = JSON.stringify(caller.value);
    if (value !== (isEmpty ? undefined : JSON.stringify({ id, at: work.count })))
      problems.push(`${id} was answered ${value}`);
  }
  const mayFail = work.end === 'throws' || work.cleanup === 'throws' || work.onDrain === 'throws';
  if (end.outcome === 'RequestFailed' && !mayFail) problems.push(`${id} failed, and its agent did not`);
  if (end.outcome === 'Cancelled' && plan.abortsAfter === null && plan.reading.type !== 'cancels') {
    problems.push(`${id} is cancelled, and its caller has not left`);
  }
  const { maxDuration } = storm.plan.requests;
  const isSame = storm.plan.steps.every(([step]) => step.type !== 'swap' || step.requests === undefined);
  const isExact = storm.rig.clock !== null;
  if (isExact && maxDuration !== undefined && isSame && end.at - begunAt > maxDuration + LATE) {
    problems.push(`${id} took ${end.at - begunAt} ms of ${maxDuration}`);
  }
  return problems;
}

const keyOf = (token: Token) => `${token.id} of ${token.from}`;

function problemsOfTokens({ callers }: Storm, ledger: StormLedger): string[] {
  const problems: string[] = [];
  const resumed = new Map<string, WorkEntry>();
  for (const entry of ledger.entries) {
    if (entry.resume === undefined) continue;
    // Where an instance has failed with it, its caller may bring it back.
    const key = `${keyOf(entry.resume)} for ${entry.work.id}`;
    if (resumed.has(key)) problems.push(`the token of ${key} was gone on with twice`);
    resumed.set(key, entry);
  }
  for (const { id, end, resume } of callers) {
    const entries = ledger.of(id);
    const told = end?.token;
    const last = entries.at(-1);
    for (const [index, { token }] of entries.entries()) {
      const next = entries[index + 1];
      if (
        next !== undefined &&
        (token === undefined || next.resume === undefined || keyOf(token) !== keyOf(next.resume))
      ) {
        problems.push(`${id} was begun anew on ${next.generation}`);
      }
    }
    if (end?.outcome === 'HandedOver' && last?.isHandedOn === true && end.wasServing) {
      problems.push(`${id} was handed over, and ${last.generation} was replaced`);
    }
    if (told !== undefined && last !== undefined) {
      const known = [last.token, last.resume].filter((token) => token !== undefined).map(keyOf);
      if (!known.includes(keyOf(told))) problems.push(`${id} was told the token of ${keyOf(told)}`);
    }
    if (
      resume !== undefined &&
      entries[0] !== undefined &&
      keyOf(entries[0].resume as Token) !== keyOf(resume)
    ) {
      problems.push(`${id} did not go on with its token`);
    }
    // One that is failed with before it could go on is not lost.
    if (
      end?.outcome === 'AgentFailed' &&
      entries.length > 1 &&
      last?.resume !== undefined &&
      !last.hasYielded &&
      told === undefined &&
      last.token === undefined
    ) {
      problems.push(`${id} has lost its token as ${last.generation} failed`);
    }
  }
  return problems;
}

function problemsOfEnds({ callers, ends }: Storm): string[] {
  const seen = callers.map(({ end, chunks }) => `${end?.outcome ?? 'none'} ${chunks.length}`);
  const [told, known] = [[...ends].sort().join(), [...seen].sort().join()];
  return told === known ? [] : [`the host told of ${told}, and its callers of ${known}`];
}

type Drained = JournalEntry & { readonly type: 'drained' };
type Transition = JournalEntry & { readonly type: 'transition' };

function problemsOfReports(storm: Storm): string[] {
  const { entries } = storm.agent.journal;
  const drained = entries.filter((entry): entry is Drained => entry.type === 'drained');
  const sums = drained.flatMap(({ generation, report }) => {
    const first = entries.find(
      (entry): entry is Transition =>
        entry.type === 'transition' &&
        entry.generation === generation &&
        (entry.to.startsWith('draining') || entry.to === 'running.stopping'),
    );
    const sum = sumOf(report);
    return sum === first?.pendingRequests
      ? []
      : [
          `${generation} had ${first?.pendingRequests} in work, and reports ${sum}: ${JSON.stringify(report)}`,
        ];
  });
  const abandoned = storm.reports.flatMap(({ generation, drain, abandonedRequests }) =>
    drain === null || drain.abandoned.length === abandonedRequests
      ? []
      : [`${generation} has abandoned ${abandonedRequests}, and reports ${drain.abandoned.length}`],
  );
  return [...sums, ...abandoned];
}

function sumOf({ completed, handedOver, aborted, abandoned }: DrainReport): number {
  return completed + handedOver.length + aborted.length + abandoned.length;
}

function problemsOfCleanup(ledger: StormLedger): string[] {
  return ledger.entries
    .filter(({ hasStarted, hasCleanedUp, work }) => {
      const hangs = work.cleanup === 'hangs' || (work.end === 'hangs' && !work.hears);
      return work.type === 'stream' && hasStarted && !hasCleanedUp && !hangs;
    })
    .map(({ work, generation }) => `the generator of ${work.id} on ${generation} was not ended`);
}

/** Requests that no instance had are begun in the order in which they came. */
function problemsOfOrder(ledger: StormLedger): string[] {
  const begun = ledger.entries.filter(
    ({ work }, index) => ledger.entries.findIndex((each) => each.work.id === work.id) === index,
  );
  const ids = begun.map(({ work }) => work.id);
  const isOrdered = ids.every((id, index) => index === 0 || id > (ids[index - 1] as number));
  return isOrdered ? [] : [`they were begun in the order ${ids.join()}`];
}
