import { StateTransitionError } from '../../../../src/values/state-transition-error.js';
import { logAgents, reportText } from './agent-log.js';
import { escapeControls } from './escape-controls.js';
import type { HostLog } from './host-log.js';
import type { StopStep } from './stop-signals.js';

const STEPS: Readonly<Record<StopStep, string>> = {
  drain: 'accepting no more, draining',
  force: 'stopping without waiting for requests',
  exit: 'exiting at once',
};

/** A log for people. */
export function textLog(output: NodeJS.WritableStream): HostLog {
  const print = (line: string) => {
    output.write(`${escapeControls(line)}\n`);
  };
  return {
    watch: (host) => {
      logAgents(host, print);
    },
    serving: (names, url) => {
      print(`Serving ${names.join(', ')} on ${url}`);
    },
    inspecting: (url) => {
      print(`Inspect them at ${url}`);
    },
    notStarted: ({ name, error }) => {
      // That one has failed by itself has been told, by the state to which that led.
      if (error instanceof StateTransitionError) return;
      print(`${name}: not started: ${error.message}`);
    },
    stopping: (signal, step) => {
      print(`${signal}: ${STEPS[step]}`);
    },
    left: (report) => {
      print(reportText(report));
    },
    leftOut: (names) => {
      print(`Not in the config, and left as they are: ${names.join(', ')}`);
    },
    keptNewer: (name, { kept, configured }) => {
      print(
        `${name}: goes on in version ${kept}, which is kept: version ${configured} of the config is older`,
      );
    },
    output: (agent, { text }) => {
      print(`${agent} | ${text}`);
    },
    failure: (source, error) => {
      print(`${source}: ${String(error)}`);
    },
  };
}
