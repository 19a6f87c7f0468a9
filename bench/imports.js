// What importing the package costs over importing what it depends on, in milliseconds.
import { execFileSync } from 'node:child_process';
import { summary } from './measure.js';

const SCRIPT = `
  for (const name of ['xstate', 'uuid', 'zod/mini']) await import(name);
  const begun = performance.now();
  await import('xstate-agent-lifecycle');
  process.stdout.write(String(performance.now() - begun));`;

export function importCost() {
  const once = () =>
    Number(execFileSync(process.execPath, ['--input-type=module', '--eval', SCRIPT], { encoding: 'utf8' }));
  return summary(Array.from({ length: 9 }, once));
}
