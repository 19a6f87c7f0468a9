import type { JournalEntryView } from '../wire/journal-entry.js';
import { entryText } from '../wire/view-text.js';
import { byId, h } from './dom.js';

/** Entries that are shown: the last. */
const SHOWN = 300;

/** The journal of one agent, the latest entry first. */
export class JournalView {
  readonly #entries = byId('entries');

  /** Shows these in place of others. */
  show(entries: readonly JournalEntryView[]): void {
    this.#entries.replaceChildren(...entries.slice(-SHOWN).reverse().map(lineOf));
  }

  append(entry: JournalEntryView): void {
    this.#entries.prepend(lineOf(entry));
    if (this.#entries.childElementCount > SHOWN) this.#entries.lastElementChild?.remove();
  }
}

function lineOf(entry: JournalEntryView): HTMLElement {
  const time = new Date(entry.at);
  const isToday = time.toDateString() === new Date().toDateString();
  const text = isToday ? time.toLocaleTimeString() : time.toLocaleString();
  return h(
    'p',
    entry.type === 'refusal' ? { class: 'refusal' } : {},
    h('time', { datetime: time.toISOString() }, text),
    h('span', {}, `#${entry.generation}`),
    h('span', {}, entryText(entry)),
  );
}
