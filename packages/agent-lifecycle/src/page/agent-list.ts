import { requestsText, swapText, waitsText } from '../wire/view-text.js';
import type { PageAgent } from './agent-model.js';
import { byId, h, show } from './dom.js';

/** The list of all agents, by which one is chosen: by mouse, or by arrow keys, Home and End. */
export class AgentList {
  readonly #list = byId('agent-list');
  readonly #filter = byId<HTMLInputElement>('filter');
  readonly #matches = byId('matches');
  readonly #clear = byId('clear-filter');
  readonly #options = new Map<string, HTMLElement>();
  readonly #agents = new Map<string, PageAgent>();
  readonly #onChoose: (name: string | null) => void;
  #chosen: string | null;
  /** Of all options there ever were: no two have the same id. */
  #count = 0;

  /**
   * @param at the agent and the filter to begin with
   * @param listener.onChoose is given null when there is no agent left
   */
  constructor(
    at: { readonly agent: string | null; readonly filter: string },
    listener: { onChoose(name: string | null): void; onFilter(text: string): void },
  ) {
    this.#chosen = at.agent;
    this.#filter.value = at.filter;
    this.#onChoose = (name) => {
      listener.onChoose(name);
    };
    this.#filter.addEventListener('input', () => {
      this.#filterAll();
      listener.onFilter(this.#filter.value);
    });
    this.#clear.addEventListener('click', () => {
      this.filterBy('');
      listener.onFilter('');
      this.#filter.focus();
    });
    this.#list.addEventListener('click', (event) => {
      const option = (event.target as HTMLElement).closest<HTMLElement>('.option');
      if (option?.dataset['name'] !== undefined) this.choose(option.dataset['name']);
    });
    this.#list.addEventListener('keydown', (event) => {
      const target = this.#targetOf(event.key);
      if (target === null) return;
      event.preventDefault();
      this.choose(target);
    });
  }

  get chosen(): string | null {
    return this.#chosen;
  }

  filterBy(text: string): void {
    this.#filter.value = text;
    this.#filterAll();
  }

  /** These are all agents there are. The one that was chosen stays so, if it is among them. */
  replace(agents: readonly PageAgent[], chosen = this.#chosen): void {
    this.#chosen = null;
    this.#options.clear();
    this.#agents.clear();
    this.#list.replaceChildren();
    this.#add(agents);
    this.#countMatches();
    this.choose(this.#options.has(chosen ?? '') ? chosen : this.#first);
  }

  update(changed: readonly PageAgent[], removed: readonly string[]): void {
    this.#add(changed);
    for (const name of removed) {
      this.#options.get(name)?.remove();
      this.#options.delete(name);
      this.#agents.delete(name);
    }
    this.#countMatches();
    if (!this.#options.has(this.#chosen ?? '')) this.choose(this.#first);
  }

  choose(name: string | null): void {
    const isOther = this.#chosen !== name;
    this.#options.get(this.#chosen ?? '')?.setAttribute('aria-selected', 'false');
    this.#chosen = name;
    const option = this.#options.get(name ?? '');
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({ block: 'nearest' });
    this.#list.setAttribute('aria-activedescendant', option?.id ?? '');
    if (isOther || name === null) this.#onChoose(name);
  }

  /** Of those that the filter leaves, if there are any. */
  get #first(): string | null {
    const [first = null] = this.#options.keys();
    return this.#namesShown()[0] ?? first;
  }

  /** Adds those that are new, in one go, and shows the others as they are now. */
  #add(agents: readonly PageAgent[]): void {
    const fresh: HTMLElement[] = [];
    for (const agent of agents) {
      const known = this.#options.get(agent.name);
      const option = known ?? this.#optionFor(agent.name);
      if (known === undefined) fresh.push(option);
      this.#agents.set(agent.name, agent);
      show(option, ...partsOf(agent));
      this.#applyFilter(agent.name);
    }
    this.#list.append(...fresh);
  }

  #optionFor(name: string): HTMLElement {
    const id = `option-${++this.#count}`;
    const option = h('div', { class: 'option', role: 'option', 'aria-selected': 'false', id });
    option.dataset['name'] = name;
    this.#options.set(name, option);
    return option;
  }

  #filterAll(): void {
    for (const name of this.#options.keys()) this.#applyFilter(name);
    this.#countMatches();
  }

  #applyFilter(name: string): void {
    const agent = this.#agents.get(name);
    const isShown = agent !== undefined && isMatch(agent, this.#filter.value.trim().toLowerCase());
    this.#options.get(name)?.toggleAttribute('hidden', !isShown);
  }

  /** Says why a list is empty, or shorter than it was. */
  #countMatches(): void {
    const isFiltered = this.#filter.value.trim() !== '';
    const [all, shown] = [this.#options.size, isFiltered ? this.#namesShown().length : this.#options.size];
    const counted = isFiltered ? `${shown} of ${all}` : '';
    const text = all === 0 ? 'There are no agents' : shown === 0 ? 'No agent matches' : counted;
    // The same text again would be read out again.
    if (this.#matches.textContent !== text) this.#matches.textContent = text;
    this.#clear.hidden = !isFiltered || shown > 0;
  }

  #namesShown(): string[] {
    return [...this.#options].filter(([, option]) => !option.hidden).map(([name]) => name);
  }

  #targetOf(key: string): string | null {
    const names = this.#namesShown();
    const at = names.indexOf(this.#chosen ?? '');
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: names.length - 1 }[key];
    return to === undefined ? null : (names[Math.max(0, Math.min(names.length - 1, to))] ?? null);
  }
}

/** A health is meant from its beginning on: who looks for `healthy` does not mean `unhealthy`. */
function isMatch(agent: PageAgent, text: string): boolean {
  const { name, leaf, health, supervision, failureReason, isCordoned } = agent;
  const parts = [
    ...[name, leaf, supervision, health.reason, failureReason, waitsText(agent), swapText(agent)],
    isCordoned ? 'cordoned' : null,
  ];
  return health.status.startsWith(text) || parts.some((part) => part?.toLowerCase().includes(text) === true);
}

function partsOf(agent: PageAgent): HTMLElement[] {
  const { name, leaf, health, versionNumber, generation, isCordoned, pendingRequests } = agent;
  const details = [
    leaf,
    waitsText(agent),
    `version ${versionNumber}`,
    swapText(agent),
    `generation ${generation}`,
    isCordoned ? 'cordoned' : null,
    pendingRequests === 0 ? null : `${pendingRequests} pending`,
    requestsText(agent),
  ];
  return [
    h('span', { class: 'name' }, name),
    h('span', { class: health.status }, health.status),
    h('span', { class: 'detail' }, details.filter((detail) => detail !== null).join(', ')),
  ];
}
