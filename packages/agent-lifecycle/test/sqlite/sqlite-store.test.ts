import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs, {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import type { SnapshotStore } from 'xstate-agent-lifecycle/durable';
import { openSqliteStore } from '../../src/sqlite/sqlite-store.js';
import { processStart } from '../../src/sqlite/process-start.js';
import { turn } from '../../../../test/host/host-rig.js';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'store-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

const inDirectory = (name: string) => path.join(directory, name);

async function filled(): Promise<void> {
  const store = await openSqliteStore(directory);
  for (let index = 0; index < 50; index++) store.put(`key ${index}`, 'x'.repeat(500), 0);
  store.close();
}

/** Elsewhere the system does not tell. */
const onLinux = process.platform === 'linux' ? it : it.skip;

/** A process that has ended: its id is nobody's. */
function endedProcess(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

describe('a directory', () => {
  it('is refused to a second host, which is told of the first', async () => {
    const store = await openSqliteStore(directory);
    await expect(openSqliteStore(directory)).rejects.toMatchObject({
      code: 'DirectoryInUse',
      detail: { directory, pid: process.pid },
    });
    store.close();
  });

  it('is free when its store was closed', async () => {
    (await openSqliteStore(directory)).close();
    const store = await openSqliteStore(directory);
    store.close();
  });

  it.each([
    ['of a process that is gone', () => ({ pid: endedProcess(), start: null, since: '' })],
    [
      'of an earlier process with the id of another',
      () => ({ pid: process.pid, start: 'earlier', since: '' }),
    ],
    ['that nobody has written whole', () => ({})],
  ])('is taken over with the lock %s', async (_, holder) => {
    writeFileSync(inDirectory('host.lock.7'), JSON.stringify(holder()));
    (await openSqliteStore(directory)).close();
  });

  onLinux('is taken over from a process that was killed, though its parent has not taken note', async () => {
    // The shell that is to take note becomes a program that never does.
    const parent = spawn('sh', ['-c', 'exec 3<&0; cat <&3 >/dev/null & echo $!; exec tail -f /dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const pid = Number(await once(parent.stdout, 'data'));
    const holder = { pid, start: processStart(pid), since: '' };
    while (readFileSync(`/proc/${String(parent.pid)}/comm`, 'utf8') !== 'tail\n') await turn();
    process.kill(pid, 'SIGKILL');
    while (!readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')) await turn();
    writeFileSync(inDirectory('host.lock.7'), JSON.stringify(holder));
    const store = await openSqliteStore(directory).finally(() => parent.kill('SIGKILL'));
    store.close();
    expect(readdirSync(directory)).toContain('host.lock.8');
  });

  it('has one lock, however often it was opened', async () => {
    for (let times = 0; times < 3; times++) (await openSqliteStore(directory)).close();
    expect(readdirSync(directory).filter((name) => name.startsWith('host.lock'))).toEqual(['host.lock.3']);
  });

  it('is given to one of those who take over from a host that is gone, all at once', async () => {
    const holder = { pid: endedProcess(), start: null, since: '' };
    writeFileSync(inDirectory('host.lock.1'), JSON.stringify(holder));
    const program = `
      import { openSqliteStore } from 'agent-lifecycle/sqlite';
      process.stdin.once('data', async () => {
        const opened = await openSqliteStore(process.argv[1]).then(() => 'opened', ({ code }) => code);
        console.log(opened);
        process.stdin.once('data', () => process.exit());
      });
      console.log('ready');
    `;
    const contenders = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', program, directory], {
        env: { ...process.env, NODE_OPTIONS: '' },
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    const says = () => Promise.all(contenders.map(async ({ stdout }) => String(await once(stdout, 'data'))));
    await says();
    const answers = says();
    for (const { stdin } of contenders) stdin.write('go');
    const opened = (await answers).map((answer) => answer.trim()).sort();
    for (const { stdin } of contenders) stdin.write('end');
    expect(opened).toEqual([...Array<string>(3).fill('DirectoryInUse'), 'opened']);
  }, 20_000);

  it('that is a file is refused by name', async () => {
    writeFileSync(inDirectory('file'), '');
    await expect(openSqliteStore(inDirectory('file'))).rejects.toMatchObject({
      code: 'DirectoryUnusable',
      message: `${inDirectory('file')} cannot be used: expected a directory that can be written, found a file`,
    });
  });

  it('that cannot be made is refused by name', async () => {
    writeFileSync(inDirectory('file'), '');
    await expect(openSqliteStore(inDirectory('file/below'))).rejects.toMatchObject({
      code: 'DirectoryUnusable',
      message: expect.stringMatching(/below cannot be used: .* ENOTDIR: not a directory/),
    });
  });

  onLinux('that the system has no place for is refused by name', async () => {
    await expect(openSqliteStore('/proc/nope/below')).rejects.toMatchObject({
      code: 'DirectoryUnusable',
      message: expect.stringMatching(/^\/proc\/nope\/below cannot be used: .* ENOENT: no such file/),
    });
  });

  it('is made with those around it', async () => {
    (await openSqliteStore(inDirectory('a/b/c'))).close();
    expect(readdirSync(inDirectory('a/b/c'))).toContain('host.db');
  });

  it('that cannot be written is refused by name', () => {
    const program = `
      import { openSqliteStore } from 'agent-lifecycle/sqlite';
      await openSqliteStore(process.argv[1]).catch(({ code }) => process.exit(code === 'DirectoryUnusable' ? 7 : 8));
    `;
    const { status } = spawnSync(
      'sh',
      [
        '-c',
        'ulimit -f 0; exec "$0" "$@"',
        process.execPath,
        '--input-type=module',
        '-e',
        program,
        directory,
      ],
      { env: { ...process.env, NODE_OPTIONS: '' } },
    );
    expect(status).toBe(7);
  });
});

describe('a store in SQLite', () => {
  it('has synced all that it has written when a change returns', async () => {
    const store = await openSqliteStore(directory);
    const written = new Set<number>();
    let writes = 0;
    const { writeSync, fsyncSync } = fs;
    Object.assign(fs, {
      writeSync: (fd: number, ...rest: [Uint8Array]) => {
        written.add(fd);
        writes++;
        return writeSync(fd, ...rest);
      },
      fsyncSync: (fd: number) => {
        fsyncSync(fd);
        written.delete(fd);
      },
    });
    try {
      store.atomically(() => {
        store.put('a', 1, 0);
        store.append('j', [{ sequence: 1, value: 1 }]);
      });
    } finally {
      Object.assign(fs, { writeSync, fsyncSync });
      store.close();
    }
    expect({ hasWritten: writes > 0, unsynced: [...written] }).toEqual({ hasWritten: true, unsynced: [] });
  });

  it('takes back a change that was cut short', async () => {
    await filled();
    // Two pages of cache: the database is written before the change is whole.
    const database = new sqlite.Database(inDirectory('host.db'));
    database.exec('PRAGMA cache_size = 2; BEGIN; UPDATE snapshots SET value = \'"new"\'');
    const copies = ['host.db', 'host.db-journal'].map(
      (name) => [inDirectory(name), inDirectory(`${name}.copy`)] as const,
    );
    for (const [file, copy] of copies) copyFileSync(file, copy);
    database.exec('ROLLBACK');
    database.close();
    for (const [file, copy] of copies) copyFileSync(copy, file);
    const store = await openSqliteStore(directory);
    const values = new Set(store.list().map((key) => store.get(key)?.value));
    store.close();
    expect(values).toEqual(new Set(['x'.repeat(500)]));
  });

  it.each([
    ['half of its file', (size: number) => size >> 1],
    ['a page less', (size: number) => size - 4_096],
    ['an empty file', () => 0],
  ])('is refused with %s, and left as it is', async (_, rest) => {
    await filled();
    const file = inDirectory('host.db');
    truncateSync(file, rest(readFileSync(file).length));
    const before = readFileSync(file);
    await expect(openSqliteStore(directory)).rejects.toMatchObject({
      code: 'StoreDamaged',
      detail: { file },
    });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it.each([
    ['snapshots', 'the value of "a"', (store: SnapshotStore) => store.get('a')],
    ['journals', 'the line 1 of the journal "j"', (store: SnapshotStore) => store.read('j')],
  ])('tells damage within a row of its %s by its file and its key', async (table, what, look) => {
    const written = await openSqliteStore(directory);
    written.put('a', 1, 0);
    written.append('j', [{ sequence: 1, value: 1 }]);
    expect(look(written)).not.toBeNull();
    written.close();
    const database = new sqlite.Database(inDirectory('host.db'));
    database.exec(`UPDATE ${table} SET value = '2'`);
    database.close();
    await expect(openSqliteStore(directory)).rejects.toMatchObject({
      code: 'StoreDamaged',
      message: `${inDirectory('host.db')} is damaged, and was left as it is: ${what} is not as it was written`,
    });
  });

  it('has no bit that can be another without being told', async () => {
    const content = (store: SnapshotStore) => ({
      values: store.list().map((key) => [key, store.get(key)]),
      lines: ['agents/a', 'agents/b'].map((journal) => store.read(journal)),
    });
    const written = await openSqliteStore(directory);
    written.put('agents/a', { generation: 10, goal: 'running' }, 0);
    written.put('agents/b', { generation: 2 }, 0);
    written.append('agents/a', [
      { sequence: 1, value: { type: 'deployed' } },
      { sequence: 2, value: { type: 'cordoned' } },
    ]);
    written.append('agents/b', [{ sequence: 7, value: null }]);
    const before = content(written);
    written.close();
    const altered: string[] = [];
    let refused = 0;
    for (const name of ['host.db', 'format.json']) {
      const file = inDirectory(name);
      const sound = readFileSync(file);
      for (const [at, byte] of sound.entries()) {
        // Of the long rows of zeros, in which nothing is, a few.
        if (byte === 0 && sound[at - 1] === 0 && sound[at + 1] === 0 && at % 256 !== 0) continue;
        const bad = Uint8Array.from(sound);
        bad[at] = byte ^ (1 << (at % 8));
        writeFileSync(file, bad);
        try {
          const store = await openSqliteStore(directory);
          try {
            if (JSON.stringify(content(store)) !== JSON.stringify(before)) altered.push(`${name} ${at}`);
          } finally {
            store.close();
          }
        } catch (error) {
          const { code } = error as { code: unknown };
          if (code === 'StoreDamaged' || code === 'StoreFailed' || code === 'NewerStore') refused++;
          else altered.push(`${name} ${at}: ${String(error)}`);
        }
        writeFileSync(file, sound);
      }
    }
    expect([altered, refused > 100]).toEqual([[], true]);
  }, 120_000);

  it('of version 1, in which rows have no checksums, goes on as it was', async () => {
    cpSync('packages/agent-lifecycle/test/sqlite/fixtures/store-1', directory, { recursive: true });
    for (let times = 0; times < 2; times++) {
      const store = await openSqliteStore(directory);
      const content = [store.list().map((key) => [key, store.get(key)]), store.read('agents/a')];
      store.close();
      expect([content, readFileSync(inDirectory('format.json'), 'utf8')]).toEqual([
        [
          [
            ['agents/a', { value: { name: 'a', generation: 11 }, revision: 2 }],
            ['agents/ü', { value: { name: 'ü', generation: 1 }, revision: 1 }],
          ],
          [
            { sequence: 3, value: { type: 'deployed', versionNumber: 1 } },
            { sequence: 4, value: { type: 'cordoned' } },
          ],
        ],
        '{"version":2}',
      ]);
    }
  });

  it('of version 1 goes on where a host was killed before it said that it is of version 2', async () => {
    cpSync('packages/agent-lifecycle/test/sqlite/fixtures/store-1', directory, { recursive: true });
    (await openSqliteStore(directory)).close();
    writeFileSync(inDirectory('format.json'), '{"version":1}');
    const store = await openSqliteStore(directory);
    expect(store.get('agents/a')).toEqual({ value: { name: 'a', generation: 11 }, revision: 2 });
    store.close();
  });

  it('of version 1 is refused, and left as it is, where a row is no JSON', async () => {
    cpSync('packages/agent-lifecycle/test/sqlite/fixtures/store-1', directory, { recursive: true });
    const database = new sqlite.Database(inDirectory('host.db'));
    database.exec(`UPDATE journals SET value = '{"cut'`);
    database.close();
    const before = readFileSync(inDirectory('host.db'));
    await expect(openSqliteStore(directory)).rejects.toMatchObject({ code: 'StoreDamaged' });
    expect([
      readFileSync(inDirectory('host.db')).equals(before),
      readFileSync(inDirectory('format.json'), 'utf8'),
    ]).toEqual([true, '{"version":1}']);
  });

  it('is made again where a host was killed while it made it', async () => {
    (await openSqliteStore(directory)).close();
    rmSync(inDirectory('format.json'));
    writeFileSync(inDirectory('format.json.new'), '');
    const store = await openSqliteStore(directory);
    expect(store.put('a', 1, 0)).toBe(1);
    store.close();
  });

  it('is refused without its file', async () => {
    await filled();
    rmSync(inDirectory('host.db'));
    await expect(openSqliteStore(directory)).rejects.toMatchObject({ code: 'StoreDamaged' });
  });

  it('is refused where its format is newer, or damaged', async () => {
    await filled();
    writeFileSync(inDirectory('format.json'), '{"version":3}');
    await expect(openSqliteStore(directory)).rejects.toMatchObject({
      code: 'NewerStore',
      detail: { version: 3, known: 2 },
    });
    writeFileSync(inDirectory('format.json'), '');
    await expect(openSqliteStore(directory)).rejects.toMatchObject({ code: 'StoreDamaged' });
  });

  it('is free again when it could not be opened', async () => {
    await filled();
    truncateSync(inDirectory('host.db'), 100);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(openSqliteStore(directory)).rejects.toMatchObject({ code: 'StoreDamaged' });
    }
  });

  it('says so when the disk is full, and keeps all that it has taken', async () => {
    const program = `
      import { openSqliteStore } from 'agent-lifecycle/sqlite';
      const store = await openSqliteStore(process.argv[1]);
      let taken = 0;
      try {
        for (; taken < 10_000; taken++) store.put(String(taken), 'x'.repeat(1000), 0);
      } catch ({ code, message }) {
        console.log(JSON.stringify({ code, message, taken }));
      }
    `;
    const command = `ulimit -f 128; exec "$0" "$@"`;
    const output = execFileSync(
      'sh',
      ['-c', command, process.execPath, '--input-type=module', '-e', program, directory],
      { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
    );
    const { taken, ...told } = JSON.parse(output) as { taken: number };
    expect(told).toEqual({
      code: 'StoreFailed',
      message: `${inDirectory('host.db')} cannot be read or written: disk I/O error`,
    });
    const store = await openSqliteStore(directory);
    const keys = store.list();
    store.close();
    expect([...keys].sort()).toEqual(Array.from({ length: taken }, (_, index) => String(index)).sort());
  });
});
