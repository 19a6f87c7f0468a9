import { swapText } from '../page/agent-model.js';
import { escapeControls } from './escape-controls.js';
import type { AgentState } from './host-answers.js';

/** Where it is shown how something goes. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Milliseconds from one look at the agent to the next; what takes less is not shown. */
const INTERVAL = 1_000;

/**
 * Shows how a command to an agent goes until it is answered: on a terminal in one line, anew at each look; elsewhere a
 * line whenever there is something new, so as not to fill a log.
 *
 * @param look at the agent; what it throws is not shown, as the command will tell
 */
export async function showProgress<Answer>(
  command: Promise<Answer>,
  look: () => Promise<AgentState>,
  output: ProgressOutput,
  interval = INTERVAL,
): Promise<Answer> {
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
function whatOf({ state, operation = null, pendingRequests, swapUnderWay = null }: AgentState): string {
  const swap = swapText({ swapUnderWay });
  if (swap !== null) return swap;
  if (operation !== null) return operation;
  return state === 'draining' ? `${state}: ${pendingRequests} left` : state;
}

/** What is left of the timeout that runs: `, 1:56`. That of a version which serves says nothing of its swap. */
function timeOf({ timer = null, swapUnderWay = null }: AgentState): string {
  if (timer === null || swapUnderWay !== null) return '';
  const seconds = Math.ceil(timer.left / 1_000);
  return `, ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
