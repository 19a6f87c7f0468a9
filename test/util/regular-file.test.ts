import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { assertRegularFile, readRegularFile } from '../../src/util/regular-file.js';

let folder = '';
const at = (name: string) => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'regular-file-'));
  await writeFile(at('plain'), 'hello');
  await symlink(at('plain'), at('link'));
  execFileSync('mkfifo', [at('fifo')]);
  await symlink(at('fifo'), at('link-to-fifo'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('readRegularFile', () => {
  it.each(['plain', 'link'])('reads a regular file: %s', async (name) => {
    expect([
      (await readRegularFile(at(name))).toString(),
      (await readRegularFile(pathToFileURL(at(name)), { maxBytes: 5 })).toString(),
    ]).toEqual(['hello', 'hello']);
  });

  it('reads a file whose size is not known before', async () => {
    expect(await readRegularFile('/proc/self/cmdline')).toEqual(await readFile('/proc/self/cmdline'));
  });

  it.each([
    ['fifo', 'a FIFO'],
    ['link-to-fifo', 'a FIFO'],
    ['.', 'a directory'],
  ])('refuses what is no regular file: %s', async (name, kind) => {
    const refusal = { code: 'NotRegularFile', message: `${at(name)} is ${kind}, expected a regular file` };
    await expect(readRegularFile(at(name))).rejects.toMatchObject(refusal);
    await expect(assertRegularFile(at(name))).rejects.toMatchObject(refusal);
  });

  it('refuses a device and a socket', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(at('socket'), resolve));
    await expect(readRegularFile('/dev/zero')).rejects.toThrow('/dev/zero is a device');
    await expect(readRegularFile(at('socket'))).rejects.toThrow('is a socket');
    await new Promise((resolve) => server.close(resolve));
  });

  it('keeps the error of the file system', async () => {
    await expect(readRegularFile(at('nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(assertRegularFile(at('nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['plain', () => at('plain'), 'has 5 bytes, 4 bytes are allowed'],
    ['of unknown size', () => '/proc/self/cmdline', 'has more, 4 bytes are allowed'],
  ])('refuses a file over the bound: %s', async (_, file, message) => {
    await expect(readRegularFile(file(), { maxBytes: 4 })).rejects.toMatchObject({
      code: 'FileTooLarge',
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('gives up with the reason of its signal', async () => {
    const signal = AbortSignal.abort(new Error('never mind'));
    await expect(readRegularFile(at('plain'), { signal })).rejects.toThrow('never mind');
    const controller = new AbortController();
    const reading = readRegularFile(at('plain'), { signal: controller.signal });
    controller.abort(new Error('too late'));
    await expect(reading).rejects.toThrow('too late');
  });
});

describe('assertRegularFile', () => {
  it('takes a regular file', async () => {
    await expect(assertRegularFile(at('plain'))).resolves.toBeUndefined();
  });
});
