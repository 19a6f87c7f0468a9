import { h } from './dom.js';

/** A value on its way to a bound, as a gauge and in words. */
export class Measure {
  readonly #label = h('span', { id: `measure-${++count}` });
  readonly #gauge: HTMLElement;
  readonly #text = h('span');

  /** @param tag `meter` for how much there is, `progress` for how far it has come */
  constructor(tag: 'meter' | 'progress') {
    this.#gauge = h(tag, { 'aria-labelledby': this.#label.id });
  }

  get elements(): readonly HTMLElement[] {
    return [this.#label, this.#gauge, this.#text];
  }

  /** @param max null where nobody knows it: there is no gauge then */
  show(label: string, value: number, max: number | null, text: string): void {
    this.#label.textContent = label;
    this.#gauge.classList.toggle('unbounded', max === null);
    this.#gauge.setAttribute('max', String(max ?? value));
    this.#gauge.setAttribute('value', String(value));
    this.#text.textContent = text;
    for (const element of this.elements) element.hidden = false;
  }

  hide(): void {
    for (const element of this.elements) element.hidden = true;
  }
}

let count = 0;
