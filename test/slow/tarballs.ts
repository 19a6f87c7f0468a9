import { execFileSync, type ExecFileSyncOptions } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Both packages, packed, and projects that install them. */
export interface Tarballs {
  readonly library: string;
  readonly application: string;
  /** A new folder with these files, in which these packages are installed. */
  project(files: Record<string, string>, ...packages: string[]): string;
  remove(): void;
}

export function packTarballs(): Tarballs {
  const root = mkdtempSync(path.join(tmpdir(), 'install-'));
  for (const folder of ['.', 'packages/agent-lifecycle']) {
    run(folder, 'npm', 'pack', '--ignore-scripts', '--pack-destination', root);
  }
  return {
    library: path.join(root, 'xstate-agent-lifecycle-0.1.0.tgz'),
    application: path.join(root, 'agent-lifecycle-0.1.0.tgz'),
    project: (files, ...packages) => {
      const folder = mkdtempSync(path.join(root, 'project-'));
      for (const [file, text] of Object.entries({ 'package.json': '{ "private": true }', ...files })) {
        mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
        writeFileSync(path.join(folder, file), text);
      }
      run(folder, 'npm', 'install', '--no-audit', '--no-fund', ...packages);
      return folder;
    },
    remove: () => {
      rmSync(root, { recursive: true });
    },
  };
}

/** Runs a command as a user does, without the flags and marks of the test runner around it. */
export function run(folder: string, command: string, ...args: string[]): string {
  const { NODE_TEST_CONTEXT: _, JEST_WORKER_ID: __, NODE_ENV: ___, ...rest } = process.env;
  const env = { ...rest, NODE_OPTIONS: '', NO_COLOR: '1', CI: 'true' };
  const options: ExecFileSyncOptions = { cwd: folder, env, stdio: 'pipe' };
  try {
    return execFileSync(command, args, { ...options, encoding: 'utf8' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed in ${folder}\n${stdout}\n${stderr}`, {
      cause: error,
    });
  }
}
