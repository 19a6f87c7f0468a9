#!/usr/bin/env node
import { Command } from 'commander';
import { createRequire } from 'node:module';
import { addAgentCommands } from './commands/agent-commands.js';
import { addConformCommand } from './commands/conform-command.js';
import { addCheckCommand } from './commands/check-command.js';
import { addExportCommand } from './commands/export-command.js';
import { addJournalCommand } from './commands/journal-command.js';
import { addRunCommand } from './commands/run-command.js';
import { addServeCommand } from './commands/serve-command.js';
import { addStatusCommand } from './commands/status-command.js';
import { addSwapCommand } from './commands/swap-command.js';
import { PersistenceError } from '../../../../src/snapshot/persistence-error.js';
import { StoreError } from '../../../../src/host/persistence/store-error.js';
import { DistributedError } from '../../../../src/restate/wire/distributed-error.js';
import { InspectError } from '../../../../src/inspect/inspect-error.js';
import { ConfigError } from './config-error.js';
import { HostClientError } from './host-client-error.js';
import { UsageError } from './usage-error.js';

const { version } = createRequire(import.meta.url)('xstate-agent-lifecycle/package.json') as {
  version: string;
};

/** What was given cannot be used: nothing has started. */
const UNUSABLE = [ConfigError, UsageError, InspectError, StoreError, PersistenceError];

const program = new Command('agent-lifecycle')
  .description('Hosts agents whose lifecycle is a statechart')
  .version(version)
  .exitOverride();

// What a command runs is loaded when it is called: none waits for what others do.
addRunCommand(program);
addServeCommand(program);
addStatusCommand(program);
addAgentCommands(program);
addSwapCommand(program);
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
  // What answers and is no host is none that was reached.
  return error instanceof HostClientError && error.code !== 'Refused' ? 3 : 1;
}

/** What to do about it, where that is not plain. */
function hintFor(error: unknown): string {
  if (!(error instanceof HostClientError)) return '';
  if (error.detail.code === 'Refused') {
    return error.detail.status === 401 ? 'Set AGENT_LIFECYCLE_TOKEN to the token of this host\n' : '';
  }
  if (isLate(error)) return 'What it was told to do goes on: see agent-lifecycle status\n';
  return 'Start one with agent-lifecycle run, or say where it is with --url or AGENT_LIFECYCLE_URL\n';
}

/** Whether somebody is there, who has not answered in the five minutes that a request has. */
function isLate({ cause }: HostClientError): boolean {
  const reason = (cause as { cause?: { code?: unknown } } | undefined)?.cause;
  return reason?.code === 'UND_ERR_HEADERS_TIMEOUT';
}

function exitCodeOfDistributed({ code }: DistributedError): number {
  switch (code) {
    case 'NodeTooOld':
    case 'PackageMissing':
      return 2;
    case 'Unreachable':
    case 'NotRestate':
    case 'NotRegistered':
      return 3;
    default:
      return 1;
  }
}
