import { swapText } from '../wire/view-text.js';
import type { PageAgent } from './agent-model.js';
import { byId, h, show } from './dom.js';
import { Measure } from './measure.js';

/** Milliseconds between two looks at the time left. */
const TICK = 100;

/** The chosen agent: what it is, what it waits for, and what it can be told. */
export class AgentPanel {
  readonly #panel = byId('agent');
  readonly #facts = h('div');
  readonly #inWork = new Measure('meter');
  readonly #queued = new Measure('meter');
  readonly #timeLeft = new Measure('progress');
  /** It can be focused, though not by Tab, where the button that was focused goes. */
  readonly #commands = h('div', {
    class: 'commands',
    role: 'group',
    'aria-label': 'Commands',
    tabindex: '-1',
  });
  readonly #buttons = new Map<string, HTMLElement>();
  readonly #question = new Question();
  readonly #sentText = h('p', { class: 'sent', role: 'status' });
  readonly #problem = h('p', { class: 'problem', role: 'alert' });
  readonly #onCommand: (agent: string, command: string) => Promise<string | null>;
  #agent: PageAgent | null = null;
  /** On the page's clock, since when the host is not heard any more; null while it is. */
  #frozenAt: number | null = null;
  /** How many commands were. */
  #sent = 0;

  /** @param onCommand is given the command as the host's HTTP names it; answers what went wrong, if anything */
  constructor(onCommand: (agent: string, command: string) => Promise<string | null>) {
    this.#onCommand = onCommand;
    const measures = h(
      'div',
      { class: 'measures' },
      ...[this.#inWork, this.#queued, this.#timeLeft].flatMap(({ elements }) => elements),
    );
    const told = [this.#commands, this.#question.element, this.#sentText, this.#problem];
    this.#panel.append(this.#facts, measures, ...told);
    this.#commands.addEventListener('click', (event) => {
      const command = (event.target as HTMLElement).dataset['command'];
      if (command === undefined || this.#agent === null) return;
      if (losesRequests(command, this.#agent)) this.#ask(command, this.#agent);
      else this.#send(command, this.#agent.name);
    });
    setInterval(() => {
      this.#showTimeLeft();
    }, TICK);
  }

  /**
   * @param commands none where it can be told nothing: it is a recorded one
   * @param isConnected whether the host is there to be told
   */
  show(agent: PageAgent | null, commands: readonly string[], isConnected = true): void {
    if (agent?.name !== this.#agent?.name) this.#tell('', '');
    this.#frozenAt = isConnected ? null : (this.#frozenAt ?? performance.now());
    const asked = this.#question.command;
    const isAnotherQuestion = agent?.name !== this.#agent?.name || !commands.includes(asked ?? '');
    this.#agent = agent;
    show(this.#facts, ...(agent === null ? [h('h2', { id: 'agent-name' }, 'No agent')] : factsOf(agent)));
    this.#showCommands(commands);
    this.#enable(isConnected);
    if (asked !== null && isAnotherQuestion) this.#keep();
    else if (agent !== null) this.#question.count(agent, isConnected);
    this.#showRequests();
    this.#showTimeLeft();
  }

  /** What is lost is lost for good: it takes a second click, which stands elsewhere than the first. */
  #ask(command: string, agent: PageAgent): void {
    this.#commands.hidden = true;
    this.#question.ask(command, agent, (isMeant) => {
      this.#keep();
      if (isMeant) this.#send(command, agent.name);
    });
  }

  #keep(): void {
    const hadFocus = this.#question.element.contains(document.activeElement);
    this.#question.close();
    this.#commands.hidden = false;
    if (hadFocus) this.#commands.focus();
  }

  #send(command: string, agent: string): void {
    const sent = ++this.#sent;
    this.#tell(`Sent: ${command}. The host answers when it is done.`, '');
    void this.#onCommand(agent, command).then((problem) => {
      // That an earlier one went well says nothing of the last one.
      if (this.#agent?.name !== agent || (problem === null && sent !== this.#sent)) return;
      this.#tell('', problem ?? '');
    });
  }

  #tell(sent: string, problem: string): void {
    this.#sentText.textContent = sent;
    this.#problem.textContent = problem;
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

  #showRequests(): void {
    const { pendingRequests: inWork = null, requests } = this.#agent ?? {};
    if (inWork === null) this.#inWork.hide();
    else {
      const bound = requests === undefined ? '' : ` of ${requests.concurrency}`;
      const streaming = (requests?.streaming ?? 0) === 0 ? '' : `, ${requests?.streaming} streaming`;
      this.#inWork.show(
        'Requests in work',
        inWork,
        requests?.concurrency ?? null,
        `${inWork}${bound}${streaming}`,
      );
    }
    if (requests === undefined) this.#queued.hide();
    else {
      const { queued, queue } = requests;
      this.#queued.show('Requests queued', queued, queue, `${queued} of ${queue}`);
    }
  }

  #showTimeLeft(): void {
    const { timer = null, receivedAt = 0 } = this.#agent ?? {};
    if (timer === null) {
      this.#timeLeft.hide();
      return;
    }
    const { delay, total } = timer;
    const left = Math.max(0, timer.left - ((this.#frozenAt ?? performance.now()) - receivedAt));
    const text = `${(left / 1_000).toFixed(1)} s left of ${total / 1_000} s`;
    this.#timeLeft.show(delay, Math.round(left), total, text);
  }
}

/** Asks, in the place of the commands, whether one of them is meant. */
class Question {
  readonly #text = h('p', { id: 'question-text' });
  readonly #yes = h('button', { type: 'button', class: 'grave' });
  readonly #no = h('button', { type: 'button' }, 'Keep');
  readonly element = h(
    'div',
    { class: 'question', role: 'group', 'aria-labelledby': this.#text.id, hidden: '' },
    this.#text,
    this.#yes,
    this.#no,
  );
  #command: string | null = null;
  #onAnswer: (isMeant: boolean) => void = () => undefined;

  constructor() {
    this.#yes.addEventListener('click', () => {
      this.#onAnswer(true);
    });
    this.#no.addEventListener('click', () => {
      this.#onAnswer(false);
    });
    this.element.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.#onAnswer(false);
    });
  }

  /** What it asks of; null where nothing is asked. */
  get command(): string | null {
    return this.#command;
  }

  ask(command: string, agent: PageAgent, onAnswer: (isMeant: boolean) => void): void {
    this.#command = command;
    this.#onAnswer = onAnswer;
    this.#yes.textContent = capitalized(command);
    this.element.hidden = false;
    this.count(agent, true);
    // A key that is hit once too often does no harm.
    this.#no.focus();
  }

  count({ name, pendingRequests }: PageAgent, isConnected: boolean): void {
    if (this.#command === null) return;
    const lost = `${pendingRequests} ${pendingRequests === 1 ? 'request is' : 'requests are'} lost.`;
    const text = `${capitalized(this.#command)} ${name}?${pendingRequests === 0 ? '' : ` ${lost}`}`;
    if (this.#text.textContent !== text) this.#text.textContent = text;
    this.#yes.toggleAttribute('disabled', !isConnected);
  }

  close(): void {
    this.#command = null;
    this.element.hidden = true;
  }
}

/** A failure may be for good; a stop waits for no request. */
function losesRequests(command: string, { pendingRequests }: PageAgent): boolean {
  return command === 'fail' || (command === 'stop' && pendingRequests > 0);
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function factsOf(agent: PageAgent): HTMLElement[] {
  const { name, leaf, health, versionNumber, generation, supervision, failureReason, isCordoned, waitsFor } =
    agent;
  const fact = (term: string, value: string, className = '') =>
    h('div', {}, h('dt', {}, term), h('dd', className === '' ? {} : { class: className }, value));
  const reason = health.reason === null ? '' : `: ${health.reason}`;
  const swap = swapText(agent);
  return [
    h('h2', { id: 'agent-name' }, name),
    h(
      'dl',
      { class: 'facts' },
      fact('State', leaf),
      ...(waitsFor.length === 0 ? [] : [fact('Waits for', waitsFor.join(', '))]),
      fact('Health', `${health.status}${reason}`, health.status),
      fact('Version', String(versionNumber)),
      ...(swap === null ? [] : [fact('Swap', swap)]),
      fact('Generation', String(generation)),
      fact('Supervision', supervision),
      ...(isCordoned ? [fact('Cordoned', 'yes')] : []),
      ...(failureReason === null ? [] : [fact('Failed by', failureReason, 'unhealthy')]),
    ),
  ];
}
