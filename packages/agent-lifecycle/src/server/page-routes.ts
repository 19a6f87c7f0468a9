import { Hono } from 'hono';
import { readFile } from 'node:fs/promises';
import { chartGraph } from '../drawing/chart-graph.js';
import type { ChartLayout } from '../drawing/chart-layout.js';
import { CHART_NAMES, CHARTS, type ChartName } from '../drawing/export-chart.js';
import { layoutInThread } from '../drawing/threaded-layout.js';

/** Nothing runs, and nothing is spoken with, but what this host serves. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/** The page's files, relative to this module once it is compiled; no other file is served. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['../page/index.html', 'text/html; charset=utf-8'],
  '/page/style.css': ['../page/style.css', 'text/css; charset=utf-8'],
  ...Object.fromEntries(
    [
      'page/main.js',
      'page/agent-list.js',
      'page/agent-panel.js',
      'page/agent-model.js',
      'page/chart-view.js',
      'page/dom.js',
      'page/entry-text.js',
      'page/journal-view.js',
      'page/live-host.js',
      'page/measure.js',
      'page/page-address.js',
      'page/recorded-journal.js',
      'page/session.js',
      'inspect/chart-svg.js',
    ].map((file) => [`/${file}`, [`../${file}`, 'text/javascript; charset=utf-8']] as const),
  ),
};

/** Where the page and its parts are, which tell nothing of the agents: they need no token. */
export const PAGE_PATHS: readonly string[] = Object.keys(FILES);

/** The same for all servers of a process: charts do not change. */
const layouts = new Map<ChartName, Promise<ChartLayout>>();

/** The page, and the drawings that it shows, as coordinates that are computed from the machines. */
export function pageRoutes(): Hono {
  const app = new Hono();
  for (const [path, [file, type]] of Object.entries(FILES)) {
    app.get(path, async (c) =>
      c.body(await readFile(new URL(file, import.meta.url)), 200, { ...HEADERS, 'content-type': type }),
    );
  }
  for (const name of CHART_NAMES) {
    app.get(`/charts/${name}`, async (c) => {
      const layout = layouts.get(name) ?? layoutInThread(chartGraph(CHARTS[name]));
      layouts.set(name, layout);
      try {
        return c.json(await layout);
      } catch (error) {
        // The next who asks may be luckier.
        layouts.delete(name);
        throw error;
      }
    });
  }
  return app;
}
