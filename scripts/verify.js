// Runs all that `npm test` checks: the build, the checks that need no test runner, as many side by side as there are
// cores, and then Jest, with the arguments that are given. Each check's output comes when it ends, with its seconds.
import { spawn } from 'node:child_process';
import os from 'node:os';

/** The npm scripts. Those with `built` read what was built, types among them. */
const CHECKS = [
  { script: 'build', built: false },
  { script: 'format', built: false },
  { script: 'dead-code', built: false },
  { script: 'lint', built: true },
  { script: 'types', built: true },
  { script: 'package', built: true },
  { script: 'docs:check', built: true },
  { script: 'size', built: true },
];
const HEARTBEAT = 10_000;
const isTerminal = process.stdout.isTTY;

const start = performance.now();
/** @type {Map<string, number>} The start of each check that is running. */
const running = new Map();
/** @type {string[]} */
const failed = [];

const heartbeat = setInterval(() => {
  const checks = [...running].map(([script, since]) => `${script} ${seconds(since)}`);
  say(`still running: ${checks.join(', ')}`);
}, HEARTBEAT);
await runAll();
clearInterval(heartbeat);
if (failed.length > 0) {
  say(`failed: ${failed.join(', ')}. The tests were not run: npm run test:jest runs them`);
  process.exitCode = 1;
} else {
  process.exitCode = await runJest();
  say(`done in ${seconds(start)}`);
}

/** Runs as many checks at once as there are cores. */
async function runAll() {
  const waiting = [...CHECKS];
  let isBuilt = false;
  /** @type {Set<Promise<void>>} */
  const pending = new Set();
  while (waiting.length > 0 || pending.size > 0) {
    const next = waiting.findIndex(({ built }) => !built || isBuilt);
    if (next >= 0 && pending.size < os.availableParallelism()) {
      const [check] = waiting.splice(next, 1);
      if (check === undefined) continue;
      const promise = run(check.script).then((succeeded) => {
        pending.delete(promise);
        if (check.script !== 'build') return;
        isBuilt = succeeded;
        // Nothing can be said of a build that there is not.
        if (!succeeded) waiting.splice(0, Infinity, ...waiting.filter(({ built }) => !built));
      });
      pending.add(promise);
    } else {
      await Promise.race(pending);
    }
  }
}

/** @param {string} script @returns {Promise<boolean>} Whether it succeeded. */
function run(script) {
  const since = performance.now();
  running.set(script, since);
  say(script, '…');
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(isTerminal && { FORCE_COLOR: '1' }) },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        output += text;
      });
    }
    child.on('close', (code) => {
      running.delete(script);
      const isGood = code === 0;
      if (!isGood) {
        failed.push(script);
        for (const line of output.trimEnd().split('\n')) process.stdout.write(`[${script}] ${line}\n`);
      }
      say(script, isGood ? `passed in ${seconds(since)}` : `FAILED in ${seconds(since)}`);
      resolve(isGood);
    });
  });
}

/** @returns {Promise<number>} Its exit code. */
function runJest() {
  say('jest', '…');
  const child = spawn(process.execPath, ['scripts/jest.js', ...process.argv.slice(2)], { stdio: 'inherit' });
  process.on('SIGINT', () => undefined);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve(code ?? 1);
    });
  });
}

/** @param {...string} words */
function say(...words) {
  process.stdout.write(`[verify] ${words.join(' ')}\n`);
}

/** @param {number} since */
function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(0)} s`;
}
