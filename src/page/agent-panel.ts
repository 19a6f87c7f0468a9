import type { AgentView } from './agent-model.js';
import { byId, h, show } from './dom.js';
import { Measure } from './measure.js';

const CAPACITY = 10_000;
/** Milliseconds between two looks at the time left. */
const TICK = 100;

/** The chosen agent: what it is, what it waits for, and what it can be told. */
export class AgentPanel {
  readonly #panel = byId('agent');
  readonly #facts = h('div');
  readonly #pending = new Measure('meter');
  readonly #timeLeft = new Measure('progress');
  /** It can be focused, though not by Tab, where the button that was focused goes. */
  readonly #commands = h('div', {
    class: 'commands',
    role: 'group',
    'aria-label': 'Commands',
    tabindex: '-1',
  });
  readonly #buttons = new Map<string, HTMLElement>();
  readonly #problem = h('p', { class: 'problem', role: 'alert' });
  #agent: AgentView | null = null;
  /** How many commands were. */
  #sent = 0;

  /** @param onCommand is given the command as the host's HTTP names it; answers what went wrong, if anything */
  constructor(onCommand: (agent: string, command: string) => Promise<string | null>) {
    const measures = h('div', { class: 'measures' }, ...this.#pending.elements, ...this.#timeLeft.elements);
    this.#panel.append(this.#facts, measures, this.#commands, this.#problem);
    this.#commands.addEventListener('click', (event) => {
      const command = (event.target as HTMLElement).dataset['command'];
      const agent = this.#agent?.name;
      if (command === undefined || agent === undefined) return;
      const sent = ++this.#sent;
      this.#problem.textContent = 'Sent: waiting for the host';
      void onCommand(agent, command).then((problem) => {
        // That an earlier one went well says nothing of the last one.
        if (this.#agent?.name !== agent || (problem === null && sent !== this.#sent)) return;
        this.#problem.textContent = problem ?? '';
      });
    });
    setInterval(() => {
      this.#showTimeLeft();
    }, TICK);
  }

  /**
   * @param commands none where it can be told nothing: it is a recorded one
   * @param isHeard whether the host is there to be told
   */
  show(agent: AgentView | null, commands: readonly string[], isHeard = true): void {
    if (agent?.name !== this.#agent?.name) this.#problem.textContent = '';
    this.#agent = agent;
    show(this.#facts, ...(agent === null ? [h('h2', { id: 'agent-name' }, 'No agent')] : factsOf(agent)));
    this.#showCommands(commands);
    this.#enable(isHeard);
    if (agent === null) this.#pending.hide();
    else {
      const { pendingRequests } = agent;
      this.#pending.show('Pending requests', pendingRequests, CAPACITY, `${pendingRequests} of ${CAPACITY}`);
    }
    this.#showTimeLeft();
  }

  /** The focus stays where it is, or with the commands at least: on no other button, where a key might be hit again. */
  #showCommands(commands: readonly string[]): void {
    const shown = [...this.#commands.children];
    const buttons = commands.map((command) => this.#buttonOf(command));
    if (shown.length === buttons.length && buttons.every((button, index) => shown[index] === button)) return;
    const focused = document.activeElement;
    const hadFocus = this.#commands.contains(focused);
    this.#commands.replaceChildren(...buttons);
    if (hadFocus) (buttons.find((button) => button === focused) ?? this.#commands).focus();
  }

  #enable(isEnabled: boolean): void {
    const focused = document.activeElement;
    if (!isEnabled && this.#commands.contains(focused)) this.#commands.focus();
    for (const button of this.#commands.children) button.toggleAttribute('disabled', !isEnabled);
  }

  #buttonOf(command: string): HTMLElement {
    const known = this.#buttons.get(command);
    if (known !== undefined) return known;
    const button = h('button', { type: 'button', 'data-command': command }, command);
    this.#buttons.set(command, button);
    return button;
  }

  #showTimeLeft(): void {
    const { timer = null, toldAt = 0 } = this.#agent ?? {};
    if (timer === null) {
      this.#timeLeft.hide();
      return;
    }
    const { delay, total } = timer;
    const left = Math.max(0, timer.left - (performance.now() - toldAt));
    const text = `${(left / 1_000).toFixed(1)} s left of ${total / 1_000} s`;
    this.#timeLeft.show(delay, Math.round(left), total, text);
  }
}

function factsOf(agent: AgentView): HTMLElement[] {
  const { name, leaf, health, versionNumber, generation, supervision, failureReason, isCordoned } = agent;
  const fact = (term: string, value: string, className = '') =>
    h('div', {}, h('dt', {}, term), h('dd', className === '' ? {} : { class: className }, value));
  const reason = health.reason === null ? '' : `: ${health.reason}`;
  return [
    h('h2', { id: 'agent-name' }, name),
    h(
      'dl',
      { class: 'facts' },
      fact('State', leaf),
      fact('Health', `${health.status}${reason}`, health.status),
      fact('Version', String(versionNumber)),
      fact('Generation', String(generation)),
      fact('Supervision', supervision),
      ...(isCordoned ? [fact('Cordoned', 'yes')] : []),
      ...(failureReason === null ? [] : [fact('Failed by', failureReason, 'unhealthy')]),
    ),
  ];
}
