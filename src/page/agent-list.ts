import type { AgentView } from './agent-model.js';
import { byId, h, show } from './dom.js';

/** The list of all agents, by which one is chosen: by mouse, or by arrow keys, Home and End. */
export class AgentList {
  readonly #list = byId('agent-list');
  readonly #filter = byId<HTMLInputElement>('filter');
  readonly #options = new Map<string, HTMLElement>();
  readonly #agents = new Map<string, AgentView>();
  readonly #onChoose: (name: string | null) => void;
  #chosen: string | null = null;
  /** Of all options there ever were: no two have the same id. */
  #count = 0;

  /** @param onChoose is given null when there is no agent left */
  constructor(onChoose: (name: string | null) => void) {
    this.#onChoose = onChoose;
    this.#filter.addEventListener('input', () => {
      for (const name of this.#options.keys()) this.#applyFilter(name);
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

  /** These are all agents there are. The one that was chosen stays so, if it is among them. */
  replace(agents: readonly AgentView[]): void {
    const chosen = this.#chosen;
    this.#chosen = null;
    this.#options.clear();
    this.#agents.clear();
    this.#list.replaceChildren();
    this.#add(agents);
    this.choose(this.#options.has(chosen ?? '') ? chosen : this.#first);
  }

  update(changed: readonly AgentView[], removed: readonly string[]): void {
    this.#add(changed);
    for (const name of removed) {
      this.#options.get(name)?.remove();
      this.#options.delete(name);
      this.#agents.delete(name);
    }
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

  get #first(): string | null {
    const [first = null] = this.#options.keys();
    return first;
  }

  /** Adds those that are new, in one go, and shows the others as they are now. */
  #add(agents: readonly AgentView[]): void {
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

  #applyFilter(name: string): void {
    const text = this.#filter.value.trim().toLowerCase();
    const option = this.#options.get(name);
    const isShown = [name, this.#agents.get(name)?.leaf ?? ''].some((part) =>
      part.toLowerCase().includes(text),
    );
    option?.toggleAttribute('hidden', !isShown);
  }

  #targetOf(key: string): string | null {
    const names = [...this.#options].filter(([, option]) => !option.hidden).map(([name]) => name);
    const at = names.indexOf(this.#chosen ?? '');
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: names.length - 1 }[key];
    return to === undefined ? null : (names[Math.max(0, Math.min(names.length - 1, to))] ?? null);
  }
}

function partsOf({
  name,
  leaf,
  health,
  versionNumber,
  generation,
  pendingRequests,
}: AgentView): HTMLElement[] {
  const pending = pendingRequests === 0 ? '' : `, ${pendingRequests} pending`;
  return [
    h('span', { class: 'name' }, name),
    h('span', { class: health.status }, health.status),
    h('span', { class: 'detail' }, `${leaf}, version ${versionNumber}, generation ${generation}${pending}`),
  ];
}
