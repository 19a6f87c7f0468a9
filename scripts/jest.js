// Runs Jest with the flags of Node that ES modules need, and with whatever arguments it is given.
import { spawn } from 'node:child_process';

const flags = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning'];
const jest = spawn(process.execPath, ['node_modules/jest/bin/jest.js', ...process.argv.slice(2)], {
  stdio: 'inherit',
  // Not as arguments: Jest's workers have those of the environment.
  env: { ...process.env, NODE_OPTIONS: [process.env['NODE_OPTIONS'], ...flags].filter(Boolean).join(' ') },
});
// Ctrl-C goes to Jest, too, which ends by it.
process.on('SIGINT', () => undefined);
jest.on('close', (code) => {
  process.exitCode = code ?? 1;
});
