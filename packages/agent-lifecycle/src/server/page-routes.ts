import { type Context, Hono } from 'hono';
import { CHART_NAMES, drawnChart } from '../drawing/charts.js';
import { readBuilt } from '../read-built.js';
import { clientPathIn, pathIn } from './mount.js';

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

const PAGE = ['page/index.html', 'text/html; charset=utf-8'] as const;

/** The page's other files, beside the built modules; no other file is served. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/page/style.css': ['page/style.css', 'text/css; charset=utf-8'],
  '/page/main.js': ['page/main.js', 'text/javascript; charset=utf-8'],
};

/** Where the page and its parts are, which tell nothing of the agents: they need no token. */
export const PAGE_PATHS: readonly string[] = ['/', ...Object.keys(FILES)];

/** The page, and the drawings that it shows, as coordinates that are computed from the machines. */
export function pageRoutes(): Hono {
  const app = new Hono();
  // Under a prefix it has two paths, with and without a final slash, and Hono has no pattern for just these.
  app.get('*', (c, next) => {
    if (pathIn(c) !== '/') return next();
    const path = clientPathIn(c);
    // Its links are relative, and lead elsewhere without the slash.
    return path.endsWith('/')
      ? fileResponse(c, ...PAGE)
      : c.redirect(`.${path.slice(path.lastIndexOf('/'))}/`);
  });
  for (const [path, [file, type]] of Object.entries(FILES)) app.get(path, (c) => fileResponse(c, file, type));
  for (const name of CHART_NAMES) {
    app.get(`/charts/${name}`, async (c) =>
      c.body(await drawnChart(name), 200, { 'content-type': 'application/json' }),
    );
  }
  return app;
}

async function fileResponse(c: Context, file: string, type: string) {
  return c.body(new Uint8Array(await readBuilt(file)), 200, { ...HEADERS, 'content-type': type });
}
