import { Command } from 'commander';
import { createRequire } from 'node:module';
import { addAgentCommands } from './operate/agent-commands.js';
import { addConformCommand } from './conform/conform-command.js';
import { addCheckCommand } from './check-command.js';
import { addExportCommand } from './export-command.js';
import { addJournalCommand } from './operate/journal-command.js';
import { addRequestCommand } from './operate/request-command.js';
import { addRunCommand } from './run/run-command.js';
import { addServeCommand } from './serve/serve-command.js';
import { addStatusCommand } from './operate/status-command.js';
import { addSwapCommand } from './operate/swap-command.js';
import { MissingPackageError } from 'xstate-agent-lifecycle';
import { PersistenceError, StoreError } from 'xstate-agent-lifecycle/durable';
import { DistributedError } from 'xstate-agent-lifecycle/restate';
import { InspectError } from 'xstate-agent-lifecycle/inspect';
import { ConfigError, UsageError } from './command-error.js';
import type { ErrorResult } from '../wire/agent-view.js';
import { HostClientError } from './operate/host-client-error.js';

const { version } = createRequire(import.meta.url)('agent-lifecycle/package.json') as {
  version: string;
};

/** Errors of the input, before anything has started. */
const UNUSABLE = [ConfigError, UsageError, InspectError, MissingPackageError, StoreError, PersistenceError];

const program = new Command('agent-lifecycle')
  .description('Hosts agents whose lifecycle is a statechart')
  .version(version)
  .exitOverride();

// A command loads its code when it is called, so that no command waits for the code of others.
addRunCommand(program);
addServeCommand(program);
addStatusCommand(program);
addAgentCommands(program);
addSwapCommand(program);
addRequestCommand(program);
addJournalCommand(program);
addConformCommand(program);
addExportCommand(program);
addCheckCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeFor(error);
}

function exitCodeFor(error: unknown): number {
  // Commander has shown its own errors already.
  if (error instanceof Error && 'exitCode' in error) return error.exitCode === 0 ? 0 : 2;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${hintFor(error)}`);
  if (UNUSABLE.some((kind) => error instanceof kind)) return 2;
  if (error instanceof DistributedError) return exitCodeOfDistributed(error);
  // An answer that is not a host's means that no host was reached.
  const isReached = !(error instanceof HostClientError) || !['Unreachable', 'NotAHost'].includes(error.code);
  return isReached ? 1 : 3;
}

/** What to do about an error, when that is not obvious. */
function hintFor(error: unknown): string {
  if (!(error instanceof HostClientError)) return '';
  const { detail } = error;
  switch (detail.code) {
    case 'Refused':
      if (detail.status === 401) return 'Set AGENT_LIFECYCLE_TOKEN to the token of this host\n';
      return goOnHint(detail.result);
    case 'AnswerFailed':
      return goOnHint(detail.result);
    case 'AnswerCut':
    case 'TooLate':
      return '';
    case 'Unreachable':
    case 'NotAHost':
      if (isLate(error)) return 'The command continues on the host: see agent-lifecycle status\n';
      return 'Start a host with agent-lifecycle run, or give its address with --url or AGENT_LIFECYCLE_URL\n';
  }
}

/** How to go on with a request that was handed over, as a shell takes it. */
function goOnHint({ error: { token } }: ErrorResult): string {
  if (token === undefined) return '';
  return `Go on with it: --resume '${JSON.stringify(token).replaceAll("'", String.raw`'\''`)}'\n`;
}

/** Whether the host was reached, and did not answer within the five minutes that fetch waits. */
function isLate({ cause }: HostClientError): boolean {
  const reason = (cause as { cause?: { code?: unknown } } | undefined)?.cause;
  return reason?.code === 'UND_ERR_HEADERS_TIMEOUT';
}

function exitCodeOfDistributed({ code }: DistributedError): number {
  switch (code) {
    case 'NodeTooOld':
      return 2;
    case 'Unreachable':
    case 'NotRestate':
    case 'NotRegistered':
      return 3;
    default:
      return 1;
  }
}
