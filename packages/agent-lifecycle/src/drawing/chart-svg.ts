import type { ChartLayout, LaidOutEdge, LaidOutNode, Point } from './chart-layout.js';

/** Pixels around the drawing. */
const MARGIN = 8;
const LINE = 15;

/**
 * A statechart as a drawing. Its parts carry what they stand for, `data-node` and `data-edge`, so that a page can light
 * them, and take their colours from the page, or from those of the reader's system where it stands alone.
 *
 * @param options.styled whether it brings its own colours
 */
export function toSvg(layout: ChartLayout, { styled = true }: { styled?: boolean } = {}): string {
  const { width, height } = layout;
  const box = [-MARGIN, -MARGIN, width + 2 * MARGIN, height + 2 * MARGIN].map(Math.round).join(' ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="${box}" role="img" aria-label="${escaped(
      `The statechart ${layout.id}`,
    )}">`,
    ...(styled ? [`<style>${STYLE}</style>`] : []),
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path class="tip" d="M0 0 8 4 0 8Z"/></marker></defs>',
    ...layout.nodes.map(nodeSvg),
    ...layout.starts.map(({ points: [from, ...rest] }) =>
      from === undefined
        ? ''
        : `<g class="start"><circle cx="${round(from.x)}" cy="${round(from.y - 5)}" r="5"/><path marker-end="url(#arrow)" d="${pathOf([from, ...rest])}"/></g>`,
    ),
    ...layout.edges.map(edgeSvg),
    '</svg>',
  ].join('\n');
}

function nodeSvg({ id, key, kind, x, y, width, height, lines, description }: LaidOutNode): string {
  const radius = kind === 'compound' ? 8 : 6;
  const frame = (inset: number) =>
    `<rect x="${round(x + inset)}" y="${round(y + inset)}" width="${round(width - 2 * inset)}" height="${round(height - 2 * inset)}" rx="${radius}"/>`;
  return [
    `<g class="node ${kind}" data-node="${escaped(id)}">`,
    ...(description === null ? [] : [`<title>${escaped(description)}</title>`]),
    frame(0),
    ...(kind === 'final' ? [frame(3)] : []),
    textSvg([key], x + 12, y + 20, 'key'),
    ...(lines.length > 0 ? [textSvg(lines, x + 12, y + 20 + LINE, 'reaction')] : []),
    '</g>',
  ].join('');
}

function edgeSvg({ id, source, target, reactions, points, label }: LaidOutEdge): string {
  const events = reactions.map(({ event }) => event).join(' ');
  return [
    `<g class="edge" data-edge="${escaped(id)}" data-source="${escaped(source)}" data-target="${escaped(target)}" data-events="${escaped(events)}">`,
    `<path marker-end="url(#arrow)" d="${pathOf(points)}"/>`,
    textSvg(label.lines, label.x, label.y + 11, 'label'),
    '</g>',
  ].join('');
}

function textSvg(lines: readonly string[], x: number, y: number, className: string): string {
  const spans = lines.map(
    (line, index) => `<tspan x="${round(x)}" y="${round(y + index * LINE)}">${escaped(line)}</tspan>`,
  );
  return `<text class="${className}">${spans.join('')}</text>`;
}

function pathOf(points: readonly Point[]): string {
  return points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const STYLE = [
  '.chart{font:12px ui-sans-serif,system-ui,sans-serif;color:#1c2128;background:#fff}',
  '.chart rect{fill:#fff;stroke:#57606a}',
  '.chart .compound>rect{fill:#f6f8fa}',
  '.chart .key{font-weight:600}',
  '.chart text{fill:currentColor}',
  '.chart .label,.chart .reaction{font-size:11px}',
  '.chart path{fill:none;stroke:#57606a}',
  '.chart .tip,.chart circle{fill:#57606a;stroke:none}',
  '@media (prefers-color-scheme:dark){.chart{color:#e6edf3;background:#0d1117}.chart rect{fill:#0d1117;stroke:#8d96a0}.chart .compound>rect{fill:#161b22}.chart path{stroke:#8d96a0}.chart .tip,.chart circle{fill:#8d96a0}}',
].join('');
