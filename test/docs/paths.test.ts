import { expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs')
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

it.each(pages)('the files of this repository that %s names exist', (page) => {
  const named = readFileSync(page, 'utf8').matchAll(
    /`((?:machines|src|test|packages|scripts|bench|examples|docs)\/[\w./-]+)`/g,
  );
  const missing = [...named].map(([, file]) => String(file)).filter((file) => !existsSync(file));
  expect(missing).toEqual([]);
});
