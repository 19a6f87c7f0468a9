import type { Entry } from './agent-model.js';
import { byId, h } from './dom.js';

/** Entries that are shown: the last. */
const SHOWN = 300;

/** The journal of one agent, the latest entry first. */
export class JournalView {
  readonly #entries = byId('entries');

  /** Shows these in place of others. */
  show(entries: readonly Entry[]): void {
    this.#entries.replaceChildren(...entries.slice(-SHOWN).reverse().map(lineOf));
  }

  append(entry: Entry): void {
    this.#entries.prepend(lineOf(entry));
    if (this.#entries.childElementCount > SHOWN) this.#entries.lastElementChild?.remove();
  }
}

function lineOf(entry: Entry): HTMLElement {
  const time = new Date(entry.at);
  const isToday = time.toDateString() === new Date().toDateString();
  const text = isToday ? time.toLocaleTimeString() : time.toLocaleString();
  return h(
    'p',
    entry.type === 'refusal' ? { class: 'refusal' } : {},
    h('time', { datetime: time.toISOString() }, text),
    h('span', {}, `#${entry.generation}`),
    h('span', {}, textOf(entry)),
  );
}

function textOf(entry: Entry): string {
  switch (entry.type) {
    case 'transition': {
      const cause = typeof entry['event'] === 'string' ? ` by ${entry['event']}` : '';
      const reason = typeof entry['failureReason'] === 'string' ? `: ${entry['failureReason']}` : '';
      return `${String(entry['from'])} → ${String(entry['to'])}${cause}${reason}`;
    }
    case 'refusal':
      return `refused ${String(entry['event'])}: ${String(entry['message'])}`;
    case 'operation':
      return `${String(entry['operation'])} ${String(entry['outcome'])} after ${String(entry['duration'])} ms`;
    case 'notice':
      return String(entry['message']);
    default: {
      const { type, sequence: _, at: __, generation: ___, agent: ____, ...details } = entry;
      return `${type} ${Object.keys(details).length === 0 ? '' : JSON.stringify(details)}`;
    }
  }
}
