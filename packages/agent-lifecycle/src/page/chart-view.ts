import type { ChartLayout } from '../drawing/chart-layout.js';
import { toSvg } from '../drawing/chart-svg.js';
import type { Step } from './agent-model.js';
import { byId, h, show } from './dom.js';

/** The drawing of the statechart, in which the active states are lit and the arrow taken last glows. */
export class ChartView {
  readonly #drawing = byId('drawing');
  /** As the host told it; null when nothing is drawn. */
  #layout: string | null = null;
  #lit: string | null = null;
  #taken: Step | null = null;

  /** @param onFit is told whether all of it is to be shown */
  constructor(isFitted: boolean, onFit: (isFitted: boolean) => void) {
    const fit = byId<HTMLInputElement>('fit');
    fit.checked = isFitted;
    this.#drawing.classList.toggle('fit', isFitted);
    fit.addEventListener('change', () => {
      this.#drawing.classList.toggle('fit', fit.checked);
      onFit(fit.checked);
    });
  }

  get isDrawn(): boolean {
    return this.#layout !== null;
  }

  /** What was shown before the drawing was there is shown in it. */
  async load(): Promise<void> {
    const response = await fetch('charts/lifecycle').catch(() => null);
    const layout = response?.ok === true ? await response.text().catch(() => null) : null;
    if (layout === null && !this.isDrawn) show(this.#drawing, h('p', {}, 'The drawing cannot be had'));
    // The same drawing stays as it is: where a reader has scrolled to is kept.
    if (layout === null || layout === this.#layout) return;
    this.#layout = layout;
    const svg = toSvg(JSON.parse(layout) as ChartLayout, { styled: false });
    const { documentElement } = new DOMParser().parseFromString(svg, 'image/svg+xml');
    this.#drawing.replaceChildren(document.adoptNode(documentElement));
    const [leaf, step] = [this.#lit, this.#taken];
    [this.#lit, this.#taken] = [null, null];
    this.light(leaf);
    this.take(step);
  }

  light(leaf: string | null): void {
    if (leaf === this.#lit) return;
    this.#lit = leaf;
    const active = leaf === null ? [] : withParent(leaf);
    for (const node of this.#drawing.querySelectorAll<SVGElement>('.node')) {
      const isActive = active.includes(node.dataset['node'] ?? '');
      node.classList.toggle('active', isActive);
      if (isActive) node.setAttribute('aria-current', 'true');
      else node.removeAttribute('aria-current');
    }
    this.#scrollTo(leaf);
  }

  take(step: Step | null): void {
    if (step === this.#taken) return;
    this.#taken = step;
    for (const edge of this.#drawing.querySelectorAll('.taken')) edge.classList.remove('taken');
    if (step === null) return;
    const edge = this.#edgeOf(step);
    // Begins its glow anew when the same arrow is taken twice.
    void edge?.getBoundingClientRect();
    edge?.classList.add('taken');
  }

  /** The one of the event; else the one that is taken without any, as soon as the event lets it be. */
  #edgeOf(step: Step): SVGElement | undefined {
    const edges = [...this.#drawing.querySelectorAll<SVGElement>('.edge')].filter(({ dataset }) =>
      isBetween(step, dataset),
    );
    const edgeOf = (event: string) => edges.find(({ dataset }) => eventsOf(dataset).includes(event));
    return edgeOf(step.event ?? '') ?? edgeOf('') ?? edges[0];
  }

  /** Scrolls the drawing, and not the page. */
  #scrollTo(leaf: string | null): void {
    const node = this.#drawing.querySelector(`[data-node="${CSS.escape(leaf ?? '')}"]`);
    if (node === null) return;
    const [box, frame] = [node.getBoundingClientRect(), this.#drawing.getBoundingClientRect()];
    const isIn =
      box.top >= frame.top &&
      box.bottom <= frame.bottom &&
      box.left >= frame.left &&
      box.right <= frame.right;
    if (isIn) return;
    this.#drawing.scrollBy({
      left: box.left + box.width / 2 - frame.left - frame.width / 2,
      top: box.top + box.height / 2 - frame.top - frame.height / 2,
    });
  }
}

function isBetween({ from, to }: Step, dataset: DOMStringMap): boolean {
  return (
    withParent(from).includes(dataset['source'] ?? '') && withParent(to).includes(dataset['target'] ?? '')
  );
}

function eventsOf(dataset: DOMStringMap): string[] {
  return (dataset['events'] ?? '').split(' ');
}

/** `running.serving` is in `running`, too. */
function withParent(leaf: string): string[] {
  const [top = leaf] = leaf.split('.');
  return [leaf, top];
}
