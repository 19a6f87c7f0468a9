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

describe('the package', () => {
  const { bin, exports, dependencies, peerDependencies } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  ) as {
    bin: Record<string, string>;
    exports: Record<string, { default: string }>;
    dependencies: Record<string, string>;
    peerDependencies: Record<string, string>;
  };
  const entries = [
    ...Object.values(bin),
    ...Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : [entry.default])),
  ];

  it.each(entries)('declares every package that %s pulls in', (file) => {
    const declared = Object.keys({ ...dependencies, ...peerDependencies });
    const needed = [...packagesBehind(file)].filter((name) => !name.startsWith('node:'));
    expect(
      needed.filter((name) => !declared.some((each) => name === each || name.startsWith(`${each}/`))),
    ).toEqual([]);
  });

  it('pulls in xstate, uuid and zod by its root and nothing else', () => {
    const root = String(exports['.']?.default);
    expect([...packagesBehind(root)].sort()).toEqual(['uuid', 'xstate', 'zod/mini']);
  });

  it('has commands that can be run', () => {
    for (const file of Object.values(bin)) {
      expect([existsSync(file), statSync(file).mode & 0o111]).toEqual([true, 0o111]);
    }
  });
});
