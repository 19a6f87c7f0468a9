/** What registers tests: jest's, vitest's and node:test's functions all fit. */
export interface TestRunner {
  /** Registers a group of tests. */
  readonly describe: (name: string, define: () => void) => unknown;
  readonly it: RegisterTest & {
    /** Registers a test that is not run; without it such a test is not registered. */
    readonly skip?: RegisterTest;
  };
}

/** Registers a test. */
export type RegisterTest = (name: string, run: () => Promise<void>, timeout: number) => unknown;

/** The global `describe` and `it`, or else those of node:test. */
export function presentRunner(): TestRunner {
  const globals = globalThis as Partial<TestRunner>;
  if (globals.describe !== undefined && globals.it !== undefined) {
    return { describe: globals.describe, it: globals.it };
  }
  if (process.env['VITEST'] !== undefined) {
    throw new Error('vitest runs without globals: set globals: true, or pass its runner: { describe, it }');
  }
  return process.getBuiltinModule('node:test');
}
