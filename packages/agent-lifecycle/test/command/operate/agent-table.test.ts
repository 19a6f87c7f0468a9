import { expect, it } from '@jest/globals';
import { agentTable } from '../../../src/command/operate/agent-table.js';
import { agentViewSchema, commandResultSchema } from '../../../src/wire/agent-view.js';
import { drainText } from '../../../src/wire/view-text.js';

/** As a host without queues or streams shows an agent. */
const OLDER = {
  name: 'agent',
  state: 'running',
  leaf: 'running.serving',
  operation: null,
  timer: null,
  version: 'v',
  versionNumber: 1,
  generation: 1,
  health: { status: 'healthy', reason: null },
  supervision: 'idle',
  isCordoned: false,
  waitsFor: [],
  swapUnderWay: null,
  pendingRequests: 3,
  failureReason: null,
  accepts: [],
};

const rowOf = (view: object) => agentTable([agentViewSchema.parse(view)]).split('\n')[1];

it('a row has the requests in work, and those that stream or wait where there are any', () => {
  const limits = { concurrency: 3, queue: 10 };
  expect([
    rowOf({ ...OLDER, requests: { streaming: 2, queued: 4, ...limits } }),
    rowOf({ ...OLDER, requests: { streaming: 0, queued: 4, ...limits } }),
    rowOf({ ...OLDER, requests: { streaming: 0, queued: 0, ...limits } }),
  ]).toEqual([
    'agent  running  healthy  1/1    3        2 streaming, 4 queued',
    'agent  running  healthy  1/1    3        4 queued',
    'agent  running  healthy  1/1    3',
  ]);
});

it('an older host says nothing of streams, queues and hand-overs', () => {
  const report = { completed: 1, aborted: [], abandoned: [], forced: false, durations: { total: 5 } };
  const parsed = commandResultSchema.parse({ agent: OLDER, report });
  expect([rowOf(OLDER), parsed.report && drainText(parsed.report)]).toEqual([
    'agent  running  healthy  1/1    3',
    'drained in 5 ms: 1 completed, 0 aborted, 0 abandoned',
  ]);
});
