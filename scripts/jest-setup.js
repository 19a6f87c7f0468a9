import { execFileSync } from 'node:child_process';

/** Builds what is stale before each run of Jest, also in watch mode: no test meets an old build. */
export default function setUp() {
  if (
    !process.execArgv
      .concat(process.env['NODE_OPTIONS'] ?? '')
      .join(' ')
      .includes('--experimental-vm-modules')
  ) {
    throw new Error('Jest needs a flag of Node: run `npm run test:one -- FILE`, or `npm run test:watch`.');
  }
  execFileSync(process.execPath, ['scripts/build.js', '--if-needed', '--no-types'], {
    stdio: 'inherit',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}
