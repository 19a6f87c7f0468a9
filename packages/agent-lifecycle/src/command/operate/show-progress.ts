import { swapText } from '../../wire/view-text.js';
import { escapeControls } from '../escape-controls.js';
import type { AgentView } from '../../wire/agent-view.js';

/** The output that shows progress. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Milliseconds between two looks at the agent. A command that takes less shows no progress. */
const INTERVAL = 1_000;

/**
 * Shows the progress of a command to an agent: on a terminal in one line, which each look replaces; elsewhere a line
 * for each change, so as not to fill a log.
 *
 * @param gets the agent; its errors are ignored, as the command fails by itself
 */
export async function showProgress<Result>(
  command: Promise<Result>,
  look: () => Promise<AgentView>,
  output: ProgressOutput,
  interval = INTERVAL,
): Promise<Result> {
  let shown = '';
  let isAnswered = false;
  let timer: NodeJS.Timeout | undefined;
  const next = () => {
    timer = setTimeout(() => void show(), interval);
  };
  const show = async () => {
    const agent = await look().catch(() => null);
    if (isAnswered) return;
    if (agent !== null && output.isTTY === true) {
      shown = `${whatOf(agent)}${timeOf(agent)}`;
      output.write(`\r${escapeControls(shown)}${ERASE_REST}`);
    } else if (agent !== null && whatOf(agent) !== shown) {
      shown = whatOf(agent);
      output.write(`${escapeControls(`${shown}${timeOf(agent)}`)}\n`);
    }
    next();
  };
  next();
  try {
    return await command;
  } finally {
    isAnswered = true;
    clearTimeout(timer);
    if (output.isTTY === true && shown !== '') output.write(`\r${ERASE_REST}`);
  }
}

const ERASE_REST = '\u001b[K';

/** `draining: 7 left`, `starting`, `version 2 is coming up`. */
function whatOf({ state, operation, pendingRequests, swapUnderWay }: AgentView): string {
  const swap = swapText({ swapUnderWay });
  if (swap !== null) return swap;
  if (operation !== null) return operation;
  return state === 'draining' ? `${state}: ${pendingRequests} left` : state;
}

/** The time left of the timeout that runs: `, 1:56`. During a swap there is none: the timer is the old version's. */
function timeOf({ timer, swapUnderWay }: AgentView): string {
  if (timer === null || swapUnderWay !== null) return '';
  const seconds = Math.ceil(timer.left / 1_000);
  return `, ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
