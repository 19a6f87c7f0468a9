import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** The packages that a module of the build pulls in, by following its imports. */
function packagesBehind(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return new Set();
  seen.add(file);
  const source = readFileSync(file, 'utf8');
  const imported = [
    ...source.matchAll(/^(?:import|export)[^'";]*from ['"]([^'"]+)['"];|^import ['"]([^'"]+)['"];/gm),
  ].map(([, from, bare]) => String(from ?? bare));
  const packages = new Set<string>();
  for (const name of imported) {
    if (!name.startsWith('.')) packages.add(name);
    else for (const each of packagesBehind(path.join(path.dirname(file), name), seen)) packages.add(each);
  }
  return packages;
}

interface Manifest {
  readonly bin?: Record<string, string>;
  readonly exports: Record<string, string | { readonly import: { readonly default: string } }>;
  readonly dependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
}

const manifestIn = (folder: string) =>
  JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;

describe.each([
  { name: 'xstate-agent-lifecycle', folder: '.' },
  { name: 'agent-lifecycle', folder: 'packages/agent-lifecycle' },
])('the package $name', ({ folder }) => {
  const { bin = {}, exports, dependencies, peerDependencies } = manifestIn(folder);
  const entries = [
    ...Object.values(bin),
    ...Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : [entry.import.default])),
  ];

  it.each(entries)('declares every package that %s imports', (file) => {
    const declared = Object.keys({ ...dependencies, ...peerDependencies });
    const needed = [...packagesBehind(path.join(folder, file))].filter((name) => !name.startsWith('node:'));
    expect(
      needed.filter((name) => !declared.some((each) => name === each || name.startsWith(`${each}/`))),
    ).toEqual([]);
  });
});

it('the root of the library imports xstate, uuid and zod, and nothing else', () => {
  expect([...packagesBehind('dist/esm/index.js')].sort()).toEqual(['uuid', 'xstate', 'zod/mini']);
});

it('the command of the application can be run', () => {
  for (const file of Object.values(manifestIn('packages/agent-lifecycle').bin ?? {})) {
    const command = path.join('packages/agent-lifecycle', file);
    expect([existsSync(command), statSync(command).mode & 0o111]).toEqual([true, 0o111]);
  }
});
