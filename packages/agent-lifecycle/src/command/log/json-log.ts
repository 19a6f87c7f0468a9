import { pino, type DestinationStream, type Level } from 'pino';
import type { JournalEntry } from 'xstate-agent-lifecycle';
import type { HostLog } from './host-log.js';

/** A log for programs: a line of JSON for each entry of a journal, and for what the host itself does. */
export function jsonLog(output: DestinationStream): HostLog {
  const log = pino(output);
  return {
    watch: (host) => {
      host.watch((entry, { name }) => {
        log[levelOf(entry)]({ agent: name, entry }, entry.type);
      });
    },
    serving: (agents, url) => {
      log.info({ agents, url }, 'serving');
    },
    inspecting: (url) => {
      log.info({ url }, 'inspecting');
    },
    notStarted: ({ name, error }) => {
      log.error({ agent: name, err: error }, 'notStarted');
    },
    stopping: (signal, step) => {
      log.info({ signal, step }, 'signal');
    },
    left: ({ name, ...report }) => {
      log[report.state === 'failed' ? 'error' : 'info']({ agent: name, report }, 'left');
    },
    leftOut: (agents) => {
      log.warn({ agents }, 'leftOut');
    },
    keptNewer: (agent, versions) => {
      log.warn({ agent, ...versions }, 'keptNewer');
    },
    output: (agent, { stream, text, generation }) => {
      log.info({ agent, generation, stream, text }, 'output');
    },
    failure: (source, error) => {
      log.error({ source, err: error }, 'failure');
    },
  };
}

function levelOf(entry: JournalEntry): Level {
  switch (entry.type) {
    case 'gaveUp':
    case 'swapFailed':
      return 'error';
    case 'refusal':
    case 'restartScheduled':
    case 'fenced':
    case 'interrupted':
    case 'notice':
      return 'warn';
    case 'transition':
      return entry.to === 'failed' ? 'error' : 'info';
    case 'operation':
      return entry.outcome === 'done' ? 'info' : 'warn';
    default:
      return 'info';
  }
}
