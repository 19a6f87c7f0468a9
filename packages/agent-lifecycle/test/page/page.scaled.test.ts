import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Hono } from 'hono';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { functionDriver, type AgentSpec } from 'xstate-agent-lifecycle';
import { describeInBrowser } from '../../../../test/browser.js';
import { createAgentApp, createAgentHost, nodeHandler, serveAgents } from '../../../../test/built.js';
import { ScriptedDriver } from '../../../../test/host/scripted-driver.js';
import { itSlow, scaled } from '../../../../test/scale.js';

const TOKEN = 'open-sesame';
const closers: (() => Promise<unknown>)[] = [];
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'page-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function served(specs: readonly Partial<AgentSpec>[], token?: string) {
  const driver = new ScriptedDriver();
  const host = createAgentHost({ drivers: { scripted: driver.factory } });
  host.deployAll(specs.map((spec) => ({ name: 'agent', driver: 'scripted', ...spec })));
  const serve = async (port: number) => {
    const server = await serveAgents(host, { hostname: '127.0.0.1', port, token });
    closers.push(() => server.close());
    return server;
  };
  const server = await serve(0);
  closers.push(() => host.shutdown({ force: true }));
  return { driver, host, server, serve };
}

describeInBrowser('the page', (browser) => {
  async function opened(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser().newContext(options);
    closers.push(() => context.close());
    const page = await context.newPage();
    page.on('pageerror', (error) => {
      throw error;
    });
    await page.goto(url);
    return page;
  }

  const active = (page: Page, leaf: string) => page.waitForSelector(`.node.active[data-node="${leaf}"]`);
  const buttons = (page: Page) => page.locator('.commands button').allTextContents();

  it('works under a prefix, from its path without a final slash to a command', async () => {
    const host = createAgentHost({ drivers: { scripted: new ScriptedDriver().factory } });
    closers.push(() => host.shutdown({ force: true }));
    host.deploy({ name: 'agent', driver: 'scripted' });
    const handle = nodeHandler(new Hono().route('/agents-admin', createAgentApp(host, { token: TOKEN })));
    const server = createHttpServer((incoming, outgoing) => void handle(incoming, outgoing));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const page = await opened(`${origin}/agents-admin#/agents/agent`);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.fill('#token', TOKEN);
    await page.press('#token', 'Enter');
    await active(page, 'unloaded.idle');
    await page.click('.commands button:text-is("load")');
    await active(page, 'loaded.idle');
    expect(page.url()).toBe(`${origin}/agents-admin/#/agents/agent`);
    const [cookie] = await page.context().cookies(`${origin}/agents-admin/agents`);
    expect([cookie?.path, asked.filter((path) => !path.startsWith('/agents-admin/'))]).toEqual([
      '/agents-admin',
      [],
    ]);
  });

  it('has a button for exactly each command that the state accepts, all the way round', async () => {
    const { server } = await served([{}]);
    const page = await opened(server.url);
    const seen: [string, string[]][] = [];
    const look = async (leaf: string) => {
      await active(page, leaf);
      await page.waitForFunction((state) => document.querySelector('#agent dd')?.textContent === state, leaf);
      seen.push([leaf, (await buttons(page)).sort()]);
    };
    await look('unloaded.idle');
    for (const [command, leaf] of [
      ['load', 'loaded.idle'],
      ['unload', 'unloaded.idle'],
      ['load', 'loaded.idle'],
      ['instantiate', 'ready.idle'],
      ['start', 'running.serving'],
      ['drain', 'stopped'],
      ['run', 'running.serving'],
      ['stop', 'stopped'],
      ['run', 'running.serving'],
      ['fail', 'failed'],
    ] as const) {
      await page.click(`[data-command="${command}"]`);
      if (command === 'fail') await page.click('.question .grave');
      await look(leaf);
    }
    const last = new Map(seen);
    expect(Object.fromEntries(last)).toEqual({
      'unloaded.idle': ['fail', 'load'],
      'loaded.idle': ['fail', 'instantiate', 'unload'],
      'ready.idle': ['fail', 'start', 'stop'],
      'running.serving': ['cordon', 'drain', 'fail', 'stop'],
      stopped: ['run'],
      failed: ['run'],
    });
  });

  it('shows a drain to its end: requests, the time left, the arrow that is taken', async () => {
    const { server, host, driver } = await served([{}]);
    driver.hold('handle', 'stop');
    await host.run();
    const request = host.agent('agent').request('held');
    const page = await opened(server.url);
    await active(page, 'running.serving');
    await page.waitForFunction(() => document.querySelector('meter')?.getAttribute('value') === '1');
    await page.click('[data-command="drain"]');
    await active(page, 'draining.awaitingRequests');
    await page.waitForSelector('.edge.taken[data-target="draining"]');
    await page.waitForSelector('progress');
    const first = Number(await page.getAttribute('progress', 'value'));
    await page.waitForFunction(
      (before) => Number(document.querySelector('progress')?.getAttribute('value')) < before,
      first,
    );
    driver.last('handle').resolve('done');
    await request;
    await active(page, 'draining.stopping');
    driver.last('stop').resolve();
    await active(page, 'stopped');
    const lines = await page.locator('#entries p span:last-child').allTextContents();
    expect(lines.slice(0, 5)).toEqual([
      expect.stringMatching(/^drained in \d+ ms: 1 completed, 0 aborted, 0 abandoned$/),
      'draining.stopping → stopped by xstate.done.actor.stopping',
      expect.stringMatching(/^stopping done after \d+ ms$/),
      'draining.awaitingRequests → draining.stopping by request.complete',
      'running.serving → draining.awaitingRequests by agent.drain',
    ]);
  });

  it('shows the requests in work, how many stream and how many wait, as they come and go', async () => {
    const ends: (() => void)[] = [];
    const handle = (payload: unknown) =>
      payload === 'stream' ? new ReadableStream() : new Promise<void>((resolve) => ends.push(resolve));
    const { server, host } = await served([
      { driver: functionDriver(handle), requests: { concurrency: 3, queue: 10 } },
    ]);
    await host.run();
    const agent = host.agent('agent');
    const page = await opened(server.url);
    const measures = async (...expected: string[]) => {
      await page.waitForFunction((texts) => {
        const shown = [...document.querySelectorAll('.measures > :not([hidden]):nth-child(3n)')];
        return shown.map(({ textContent }) => textContent).join() === texts.join();
      }, expected);
    };
    await measures('0 of 3', '0 of 10');
    for (const payload of ['held', 'stream', 'stream', 'waits', 'waits']) {
      void agent.request(payload).catch(() => null);
    }
    await measures('3 of 3, 2 streaming', '2 of 10');
    const meters = await page
      .locator('meter')
      .evaluateAll((all) =>
        all.map((each) => `${each.getAttribute('value')} of ${each.getAttribute('max')}`),
      );
    expect([meters, await page.locator('.option .detail').textContent()]).toEqual([
      ['3 of 3', '2 of 10'],
      'running.serving, version 1, generation 1, 3 pending, 2 streaming, 2 queued',
    ]);
    ends[0]?.();
    await measures('3 of 3, 2 streaming', '1 of 10');
  });

  it('shows the requests of an older host without bounds', async () => {
    const { server, host } = await served([{}]);
    const page = await opened('about:blank');
    await page.route('**/events', async (route) => {
      const [view] = (await (await fetch(`${server.url}/agents`)).json()) as Record<string, unknown>[];
      const { requests: _, ...older } = view ?? {};
      const update = { changed: [{ ...older, pendingRequests: 4 }], removed: [] };
      await route.fulfill({
        contentType: 'text/event-stream',
        body: `event: agents\ndata: ${JSON.stringify(update)}\n\n`,
      });
    });
    await host.run();
    await page.goto(server.url);
    const shown = page.locator('.measures > :visible');
    await shown.filter({ hasText: /^4$/ }).waitFor();
    expect(await shown.allTextContents()).toEqual(['Requests in work', '4']);
  });

  itSlow('counts a drain down while other agents change', async () => {
    const { server, host, driver } = await served([{}, { name: 'other' }]);
    driver.hold('handle');
    await host.agent('agent').run();
    void host
      .agent('agent')
      .request('held')
      .catch(() => null);
    void host.agent('agent').drain();
    const page = await opened(server.url);
    await page.waitForSelector('progress:not([hidden])');
    const left = async () => Number(await page.getAttribute('progress', 'value'));
    await page.waitForTimeout(1_500);
    const before = await left();
    await host.agent('other').load();
    await page.locator('.option', { hasText: 'loaded.idle' }).waitFor();
    expect(await left()).toBeLessThanOrEqual(before);
  });

  it('shows refusals in red, with their reason', async () => {
    const { server, host } = await served([{}]);
    const page = await opened(server.url);
    await active(page, 'unloaded.idle');
    await host.agent('agent').start();
    const refusal = page.locator('#entries .refusal');
    expect(await refusal.textContent()).toContain(
      'refused agent.start: Invalid state transition from unloaded to running',
    );
  });

  it('survives a restart of the server, and says so', async () => {
    const { server, serve } = await served([{}]);
    const page = await opened(server.url);
    await active(page, 'unloaded.idle');
    await page.locator('#drawing').evaluate((drawing) => {
      drawing.scrollTop = 7;
    });
    await server.close();
    await page.waitForSelector('#connection.lost');
    expect(await page.locator('.commands button:enabled').count()).toBe(0);
    await serve(Number(new URL(server.url).port));
    await page.getByText('Connected again: the host was away').waitFor();
    await active(page, 'unloaded.idle');
    await page.waitForSelector('.commands button:enabled');
    await page.waitForLoadState('networkidle');
    expect(await page.locator('#drawing').evaluate((drawing) => drawing.scrollTop)).toBe(7);
  });

  it('lists a thousand agents, and finds one by its name, by keyboard alone', async () => {
    const specs = Array.from({ length: 1_000 }, (_, index) => ({ name: `agent-${index}` }));
    const { server, host } = await served(specs);
    const page = await opened(server.url);
    await page.waitForFunction(() => document.querySelectorAll('.option').length === 1_000);
    await page.focus('#agent-list');
    await page.keyboard.press('End');
    await page.getByRole('heading', { name: 'agent-999' }).waitFor();
    await page.keyboard.press('ArrowUp');
    await page.getByRole('heading', { name: 'agent-998' }).waitFor();
    await page.focus('#filter');
    await page.keyboard.type('agent-77');
    expect(await page.locator('.option:visible').count()).toBe(11);
    await page.focus('#agent-list');
    await page.keyboard.press('Home');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'agent-77', exact: true }).waitFor();
    await page.waitForFunction(() => document.querySelector('#agent dd')?.textContent !== 'unloaded.idle');
    expect(['loaded', 'failed']).toContain(host.agent('agent-77').state);
  });

  it('trades the token for a cookie that no script can read', async () => {
    const { server } = await served([{}], TOKEN);
    const page = await opened(server.url);
    await page.fill('#token', 'wröng → 錯');
    await page.click('#session button');
    await page.getByText('That is not the token of this host').waitFor();
    await page.fill('#token', 'wrong');
    const answered = page.waitForResponse((response) => response.url().endsWith('/session'));
    await page.click('#session button');
    expect((await answered).status()).toBe(401);
    await page.getByText('That is not the token of this host').waitFor();
    await page.fill('#token', TOKEN);
    await page.click('#session button');
    await active(page, 'unloaded.idle');
    const cookies = await page.context().cookies();
    expect(cookies.map(({ httpOnly, sameSite }) => [httpOnly, sameSite])).toEqual([[true, 'Strict']]);
    expect(await page.evaluate(() => document.cookie)).toBe('');
    await page.click('[data-command="load"]');
    await active(page, 'loaded.idle');
  });

  it('shows a recorded journal as it shows a live one, step by step', async () => {
    const { server, host } = await served([{}]);
    const agent = host.agent('agent');
    await agent.run();
    const file = path.join(folder, 'record.jsonl');
    const lines = agent.journal.entries.map((entry) => JSON.stringify({ agent: 'agent', ...entry }));
    await writeFile(file, ['{"type":"recording","at":0}', ...lines].join('\n'));
    const page = await opened(server.url);
    await active(page, 'running.serving');
    await page.setInputFiles('#record', file);
    await page.getByText('Recorded: record.jsonl').waitFor();
    await page.focus('#position');
    await page.keyboard.press('Home');
    await active(page, 'unloaded.idle');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await active(page, 'unloaded.loading');
    expect([await page.locator('#entries p').count(), await buttons(page)]).toEqual([2, []]);
    await page.click('#close-record');
    await active(page, 'running.serving');
  });

  itSlow(
    'keeps the focus with the commands while they change, on no button that was not focused',
    async () => {
      const { server, driver } = await served([{}]);
      driver.hold('load');
      const page = await opened(server.url);
      const focused = () =>
        page
          .locator(':focus')
          .evaluate((element) => element.getAttribute('aria-label') ?? element.textContent);
      await active(page, 'unloaded.idle');
      await page.focus('[data-command="load"]');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-command="unload"]');
      const seen = [await focused()];
      await page.focus('[data-command="fail"]');
      driver.last('load').resolve();
      await page.waitForSelector('[data-command="instantiate"]');
      seen.push(await focused());
      expect(seen).toEqual(['Commands', 'fail']);
    },
  );

  itSlow(
    'goes on with another agent when the chosen one is removed, and says when there is none',
    async () => {
      const { server, host } = await served([{ name: 'one' }, { name: 'two' }]);
      const page = await opened(server.url);
      await page.getByRole('heading', { name: 'one' }).waitFor();
      await host.remove('one');
      await page.getByRole('heading', { name: 'two' }).waitFor();
      await host.remove('two');
      await page.getByRole('heading', { name: 'No agent' }).waitFor();
      host.deploy({ name: 'three', driver: 'scripted' });
      await page.getByRole('heading', { name: 'three' }).waitFor();
      const ids = await page.locator('.option').evaluateAll((options) => options.map(({ id }) => id));
      expect([await page.locator('#agent-list').getAttribute('aria-activedescendant')]).toEqual(ids);
    },
  );

  itSlow('takes any name as text', async () => {
    const name = `<b onclick="x">'odd' & "name"</b> ../?#% ünï`;
    const { server, host } = await served([{ name }]);
    const page = await opened(server.url);
    await page.getByRole('heading', { name }).waitFor();
    await page.click('[data-command="load"]');
    await active(page, 'loaded.idle');
    expect([host.agent(name).state, await page.locator('#entries p').count()]).toEqual(['loaded', 4]);
  });

  itSlow('shows the journal of a host that has begun anew from its first entry', async () => {
    const { server, host } = await served([{}]);
    await host.run();
    const page = await opened(server.url);
    await active(page, 'running.serving');
    await server.close();
    const port = Number(new URL(server.url).port);
    const next = createAgentHost({ drivers: { scripted: new ScriptedDriver().factory } });
    const agent = next.deploy({ name: 'agent', driver: 'scripted' });
    const again = await serveAgents(next, { hostname: '127.0.0.1', port });
    closers.push(() => again.close());
    await active(page, 'unloaded.idle');
    await page.waitForFunction(() => document.querySelectorAll('#entries p').length === 1);
    await agent.load();
    await page.waitForFunction(() => document.querySelectorAll('#entries p').length === 4);
    await active(page, 'loaded.idle');
  });

  itSlow('keeps a recorded journal open while the host comes and goes', async () => {
    const { server, serve } = await served([{}]);
    const page = await opened(server.url);
    await active(page, 'unloaded.idle');
    const file = path.join(folder, 'other.jsonl');
    await writeFile(file, '{"agent":"other","type":"cordoned","sequence":1,"at":0,"generation":1}\n');
    await server.close();
    await page.waitForSelector('#connection.lost');
    await page.setInputFiles('#record', file);
    await page.getByRole('heading', { name: 'other' }).waitFor();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await serve(Number(new URL(server.url).port));
    await page.clock.install();
    await page.clock.runFor(5_000);
    expect([asked, await page.locator('#connection-text').textContent()]).toEqual([
      [],
      'Recorded: other.jsonl',
    ]);
    await page.click('#close-record');
    await page.getByRole('heading', { name: 'agent', exact: true }).waitFor();
  });

  itSlow('takes a record whose runs end in an unfinished line', async () => {
    const { server } = await served([{}]);
    const page = await opened(server.url);
    const run =
      '{"type":"recording"}\n{"agent":"torn","type":"deployed","sequence":1,"at":0,"generation":1}\n';
    const files = {
      'torn.jsonl': `${run}{"agent":"to\n\n${run}{"ag`,
      'broken.jsonl': `{"agent":"to\n${run.slice(21)}`,
    };
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
    await page.setInputFiles('#record', path.join(folder, 'torn.jsonl'));
    await page.getByText('2 of 2').waitFor();
    await page.setInputFiles('#record', path.join(folder, 'broken.jsonl'));
    await page.getByText('broken.jsonl cannot be read: line 1 is no entry of a journal').waitFor();
  });

  itSlow(
    'says that a command waits for the host, and gives it up where nothing is to be seen of it',
    async () => {
      const { server } = await served([{}]);
      const page = await opened('about:blank');
      await page.clock.install();
      await page.goto(server.url);
      await active(page, 'unloaded.idle');
      // It never gets there.
      await page.route('**/load', () => undefined);
      await page.click('[data-command="load"]');
      await page.getByText('Sent: load. The host answers when it is done.').waitFor();
      await page.clock.fastForward(31_000);
      await page.getByText('The host has not answered within 30 s').waitFor();
      expect(await page.locator('.sent').textContent()).toBe('');
    },
  );

  itSlow(
    'waits for what the agent is seen to carry out, as long as it takes, and alarms nobody',
    async () => {
      const { server, host, driver } = await served([{}]);
      driver.hold('handle', 'start');
      const page = await opened('about:blank');
      await page.clock.install();
      await page.goto(server.url);
      const told = async () => [
        await page.locator('.sent').getAttribute('role'),
        await page.locator('.sent').textContent(),
        await page.locator('.problem').textContent(),
      ];
      const seen: unknown[] = [];
      for (const command of ['load', 'instantiate', 'start']) await page.click(`[data-command="${command}"]`);
      await page.locator('.option', { hasText: 'ready.starting' }).waitFor();
      await page.clock.fastForward(31_000);
      seen.push(await told());
      driver.last('start').resolve();
      await active(page, 'running.serving');
      await page.waitForFunction(() => document.querySelector('.sent')?.textContent === '');
      const request = host.agent('agent').request('held');
      await page.click('[data-command="drain"]');
      await page.locator('.option', { hasText: 'draining.awaitingRequests' }).waitFor();
      await page.clock.fastForward(31_000);
      seen.push(await told());
      driver.last('handle').resolve();
      await request;
      await active(page, 'stopped');
      await page.waitForFunction(() => document.querySelector('.sent')?.textContent === '');
      expect(seen).toEqual([
        ['status', 'Sent: start. The host answers when it is done.', ''],
        ['status', 'Sent: drain. The host answers when it is done.', ''],
      ]);
    },
  );

  it('asks before what cannot be undone, and says what is lost', async () => {
    const { server, host, driver } = await served([{}]);
    driver.hold('handle');
    await host.run();
    const requests = [1, 2].map((each) =>
      host
        .agent('agent')
        .request(each)
        .catch(() => null),
    );
    const page = await opened(server.url);
    await page.waitForFunction(() => document.querySelector('meter')?.getAttribute('value') === '2');
    const asked = () => page.locator('#question-text').textContent();
    const seen = [await buttons(page)];
    for (const command of ['stop', 'fail']) {
      await page.focus(`[data-command="${command}"]`);
      await page.keyboard.press('Enter');
      seen.push([String(await asked()), ...(await page.locator('.question button').allTextContents())]);
      // The key that was hit once too often.
      await page.keyboard.press('Enter');
      await page.waitForSelector('.question', { state: 'hidden' });
    }
    await page.click('[data-command="fail"]');
    await page.keyboard.press('Escape');
    await page.waitForSelector('.question', { state: 'hidden' });
    seen.push([host.agent('agent').state, String(await page.locator(':focus').getAttribute('aria-label'))]);
    await page.click('[data-command="fail"]');
    driver.calls.find(({ payload }) => payload === 1)?.resolve();
    await page.getByText('Fail agent? 1 request is lost.').waitFor();
    await page.click('.question .grave');
    await active(page, 'failed');
    await Promise.all(requests);
    expect(seen).toEqual([
      ['drain', 'stop', 'cordon', 'fail'],
      ['Stop agent? 2 requests are lost.', 'Stop', 'Keep'],
      ['Fail agent? 2 requests are lost.', 'Fail', 'Keep'],
      ['running', 'Commands'],
    ]);
  });

  itSlow('asks no more when the agent has gone on meanwhile, or another is chosen', async () => {
    const { server, host } = await served([{}, { name: 'other' }]);
    const page = await opened(server.url);
    await page.click('[data-command="fail"]');
    await page.locator('.option', { hasText: 'other' }).click();
    await page.waitForSelector('.question', { state: 'hidden' });
    await page.click('[data-command="fail"]');
    await page.getByText('Fail other?', { exact: true }).waitFor();
    await host.agent('other').fail('by itself');
    await page.waitForSelector('.question', { state: 'hidden' });
    expect(await buttons(page)).toEqual(['run']);
  });

  it('cordons an agent that serves, and uncordons it', async () => {
    const { server, host } = await served([{}]);
    await host.run();
    const page = await opened(server.url);
    await page.click('[data-command="cordon"]');
    await page.waitForSelector('[data-command="uncordon"]');
    const seen = [host.agent('agent').isCordoned, ...(await buttons(page))];
    await page.click('[data-command="uncordon"]');
    await page.waitForSelector('[data-command="cordon"]');
    expect([...seen, host.agent('agent').isCordoned]).toEqual([
      ...[true, 'drain', 'stop', 'uncordon', 'fail'],
      false,
    ]);
  });

  it('says for whom an agent waits, and that a new version is coming up and takes over', async () => {
    const { server, host, driver } = await served([
      { name: 'store' },
      { name: 'page', dependsOn: ['store'] },
    ]);
    const page = await opened(`${server.url}/#/agents/page`);
    await page.getByRole('heading', { name: 'page', exact: true }).waitFor();
    const fact = (term: string) =>
      page.locator('.facts div', { has: page.locator('dt', { hasText: term }) }).locator('dd');
    const seen = [await fact('Waits for').textContent()];
    await page.locator('.option', { hasText: 'waits for store' }).waitFor();
    await host.run();
    await active(page, 'running.serving');
    await fact('Waits for').waitFor({ state: 'detached' });
    driver.hold('start', 'handle');
    const request = host.agent('page').request('held');
    const swap = host.agent('page').swap({ versionNumber: 2 });
    await page.locator('.option', { hasText: 'version 2 is coming up' }).waitFor();
    seen.push(await fact('Swap').textContent(), await fact('Version').textContent());
    driver.last('start').resolve();
    await fact('Swap').filter({ hasText: 'version 2 has taken over, the one before drains' }).waitFor();
    seen.push(await fact('Version').textContent());
    driver.last('handle').resolve();
    await Promise.all([request, swap]);
    await fact('Swap').waitFor({ state: 'detached' });
    expect(seen).toEqual(['store', 'version 2 is coming up', '1', '2']);
  });

  it('finds agents by their health and their reason, and says why a list is empty', async () => {
    const { server, host } = await served([{}, { name: 'broken' }, { name: 'other' }]);
    await host.run();
    await host.agent('broken').fail('no such model');
    const page = await opened(server.url);
    await page.locator('.option', { hasText: 'unhealthy' }).waitFor();
    const shown = async (text: string) => {
      await page.fill('#filter', text);
      const names = await page.locator('.option:visible .name').allTextContents();
      return [...names, await page.locator('#matches').textContent()];
    };
    const seen = [];
    for (const text of ['unhealthy', 'healthy', 'such model', 'nothing']) seen.push(await shown(text));
    await page.click('#clear-filter');
    expect(await page.locator('#clear-filter').isVisible()).toBe(false);
    expect([await page.locator('.option:visible').count(), await page.inputValue('#filter')]).toEqual([
      3,
      '',
    ]);
    for (const name of ['agent', 'broken', 'other']) await host.remove(name);
    await page.getByText('There are no agents').waitFor();
    expect(seen).toEqual([
      ['broken', '1 of 3'],
      ['agent', 'other', '2 of 3'],
      ['broken', '1 of 3'],
      ['No agent matches'],
    ]);
  });

  it('shows the same after a reload: agent, filter, and the whole of the chart', async () => {
    const name = 'b/ü %?#&';
    const { server, host } = await served([{ name: 'a' }, { name }]);
    const page = await opened(server.url);
    await page.getByRole('heading', { name: 'a', exact: true }).waitFor();
    await page.fill('#filter', 'b/ü %');
    await page.locator('.option:visible').click();
    await page.check('#fit');
    await page.reload();
    await page.getByRole('heading', { name }).waitFor();
    expect([
      new URL(page.url()).hash,
      await page.inputValue('#filter'),
      await page.locator('.option:visible').count(),
      await page.isChecked('#fit'),
      await page.locator('#drawing.fit').count(),
    ]).toEqual([
      `#/agents/${encodeURIComponent(name)}?filter=${encodeURIComponent('b/ü %')}&fit`,
      ...['b/ü %', 1, true, 1],
    ]);
    // A link to another, in the page that is open.
    await page.evaluate(() => {
      location.hash = '#/agents/a';
    });
    await page.getByRole('heading', { name: 'a', exact: true }).waitFor();
    expect([await page.locator('.option:visible').count(), host.agents.length]).toEqual([2, 2]);
  });

  itSlow('shows what it knows of a host that is gone as it was then, and when that was', async () => {
    const { server, serve, host, driver } = await served([{}]);
    driver.hold('handle');
    await host.run();
    void host
      .agent('agent')
      .request('held')
      .catch(() => null);
    void host.agent('agent').drain();
    const page = await opened(server.url);
    await page.waitForSelector('progress:not([hidden])');
    const color = () =>
      page.locator('.option .degraded').evaluate((element) => getComputedStyle(element).color);
    const before = await color();
    await server.close();
    await page.waitForSelector('#connection.lost');
    const left = () => page.getAttribute('progress', 'value');
    const frozen = await left();
    await page.getByText(/^Last heard 0:0[2-9] ago$/).waitFor();
    expect([await left(), await page.locator('main.stale').count()]).toEqual([frozen, 1]);
    expect(await color()).not.toBe(before);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    await serve(Number(new URL(server.url).port));
    await page.getByText('Connected again: the host was away').waitFor();
    await page.waitForFunction(
      (then) => Number(document.querySelector('progress')?.getAttribute('value')) < Number(then),
      frozen,
    );
    expect([await page.locator('#last-heard').isVisible(), await color()]).toEqual([false, before]);
  });

  itSlow('takes a host for lost that says nothing any more, though the connection stands', async () => {
    const { server } = await served([{}]);
    const way = await throughWhich(Number(new URL(server.url).port));
    const page = await opened('about:blank');
    await page.clock.install();
    await page.goto(`http://127.0.0.1:${way.port}`);
    await page.getByText('Connected', { exact: true }).waitFor();
    way.fallSilent();
    await page.clock.runFor(10_000);
    const seen = [await page.locator('#connection.lost').count()];
    await page.clock.runFor(10_000);
    seen.push(await page.locator('#connection.lost').count());
    // It is shown at a tick of the page's own clock, which may be the next one.
    await page.clock.runFor(2_000);
    await page.locator('#last-heard').waitFor();
    expect(seen).toEqual([0, 1]);
  });

  itSlow(
    'shows of a record the version that serves, while another takes its place and after that',
    async () => {
      const { server, host } = await served([{}]);
      const agent = host.agent('agent');
      await agent.run();
      await agent.swap({ versionNumber: 2 });
      const { entries } = agent.journal;
      const file = path.join(folder, 'swap.jsonl');
      await writeFile(file, entries.map((entry) => JSON.stringify({ agent: 'agent', ...entry })).join('\n'));
      const page = await opened(server.url);
      await page.setInputFiles('#record', file);
      await page.getByText(`${entries.length} of ${entries.length}`).waitFor();
      const facts = async () => (await page.locator('.facts dd').allTextContents()).join(' | ');
      const seen = [await facts()];
      const at = (type: string, generation: number) =>
        entries.findLastIndex((entry) => entry.type === type && entry.generation === generation) + 1;
      for (const count of [at('swapped', 2), at('operation', 2)]) {
        await page.fill('#position', String(count));
        await page.getByText(`${count} of ${entries.length}`).waitFor();
        seen.push(await facts());
      }
      expect(seen).toEqual([
        'running.serving | recorded | 2 | 2 | recorded',
        'running.serving | recorded | 2 | version 2 has taken over, the one before drains | 2 | recorded',
        'running.serving | recorded | 1 | version 2 is coming up | 1 | recorded',
      ]);
    },
  );

  itSlow('keeps the arrow lit that a record shows as taken, until another is', async () => {
    const { server, host } = await served([{}]);
    const agent = host.agent('agent');
    await agent.load();
    const file = path.join(folder, 'load.jsonl');
    const { entries } = agent.journal;
    await writeFile(file, entries.map((entry) => JSON.stringify({ agent: 'agent', ...entry })).join('\n'));
    const page = await opened(server.url);
    await active(page, 'loaded.idle');
    await page.setInputFiles('#record', file);
    const taken = async (count: number) => {
      await page.fill('#position', String(count));
      await page.getByText(`${count} of 4`).waitFor();
      return page.locator('.edge.taken').evaluateAll((edges) => edges.map((edge) => edge.dataset['target']));
    };
    expect([entries.map(({ type }) => type), await taken(2), await taken(3), await taken(4)]).toEqual([
      ['deployed', 'transition', 'operation', 'transition'],
      ...[['unloaded.loading'], ['unloaded.loading'], ['loaded']],
    ]);
  });

  itSlow(
    'says that there is no drawing for a record that is opened while locked, and draws it after the login',
    async () => {
      const { server } = await served([{}], TOKEN);
      const page = await opened(server.url);
      await page.waitForSelector('#session:not([hidden])');
      const file = path.join(folder, 'locked.jsonl');
      await writeFile(file, '{"agent":"other","type":"cordoned","sequence":1,"at":0,"generation":1}\n');
      await page.setInputFiles('#record', file);
      await page.getByText('The drawing cannot be had').waitFor();
      await page.click('#close-record');
      await page.fill('#token', TOKEN);
      await page.click('#session button');
      await active(page, 'unloaded.idle');
      expect(await page.getByText('The drawing cannot be had').count()).toBe(0);
    },
  );

  itSlow('shows what it knows of the host after a record, and that it was not away', async () => {
    const { server, serve } = await served([{}]);
    const page = await opened(server.url);
    await active(page, 'unloaded.idle');
    const file = path.join(folder, 'back.jsonl');
    await writeFile(file, '{"agent":"other","type":"cordoned","sequence":1,"at":0,"generation":1}\n');
    await page.setInputFiles('#record', file);
    await page.getByRole('heading', { name: 'other' }).waitFor();
    await page.click('#close-record');
    await page.getByText('Connected', { exact: true }).waitFor();
    await page.setInputFiles('#record', file);
    await page.getByRole('heading', { name: 'other' }).waitFor();
    await server.close();
    await page.click('#close-record');
    await page.waitForSelector('#connection.lost');
    await page.getByRole('heading', { name: 'agent', exact: true }).waitFor();
    expect(await page.locator('.option .name').allTextContents()).toEqual(['agent']);
    expect(await page.locator('.commands button:enabled').count()).toBe(0);
    await serve(Number(new URL(server.url).port));
    await page.waitForSelector('.commands button:enabled');
  });

  itSlow('shows of a record when it was, and which agents were cordoned', async () => {
    const { server } = await served([{}]);
    const page = await opened(server.url);
    const types = ['deployed', 'cordoned', 'uncordoned', 'cordoned'];
    const lines = types.map((type, index) =>
      JSON.stringify({
        agent: 'old',
        type,
        sequence: index + 1,
        at: Date.UTC(2001, 5, 15, 12),
        generation: 1,
      }),
    );
    const file = path.join(folder, 'old.jsonl');
    await writeFile(file, lines.join('\n'));
    await page.setInputFiles('#record', file);
    await page.getByText('4 of 4').waitFor();
    const cordoned = () => page.locator('#agent dt', { hasText: 'Cordoned' }).count();
    const seen = [await cordoned()];
    await page.focus('#position');
    for (let step = 0; step < 3; step++) {
      await page.keyboard.press('ArrowLeft');
      seen.push(await cordoned());
    }
    expect(seen).toEqual([1, 0, 1, 0]);
    expect(await page.locator('#entries time').first().textContent()).toContain('2001');
  });

  itSlow('says what of a file is no record, and goes on', async () => {
    const { server } = await served([{}]);
    const page = await opened(server.url);
    await active(page, 'unloaded.idle');
    const file = path.join(folder, 'none.jsonl');
    await writeFile(file, '{"type":"recording"}\n[]\n');
    await page.setInputFiles('#record', file);
    await page.getByText('none.jsonl cannot be read: line 2 is no entry of a journal').waitFor();
    expect(await page.locator('#connection-text').textContent()).toBe('Connected');
    await page.click('[data-command="load"]');
    await active(page, 'loaded.idle');
  });

  it.each(
    scaled<[string, BrowserContextOptions][]>({
      quick: [['light', { colorScheme: 'light' }]],
      slow: [
        ['light', { colorScheme: 'light' }],
        ['dark', { colorScheme: 'dark' }],
        ["a phone's width", { viewport: { width: 390, height: 844 } }],
      ],
    }),
  )('is accessible in %s, as axe sees it', async (_, options) => {
    const { server, host, driver } = await served([{}, { name: 'failed' }, { name: 'draining' }]);
    driver.hold('handle');
    await host.run();
    await host.agent('failed').fail('broken');
    await host.agent('agent').load();
    void host
      .agent('draining')
      .request('held')
      .catch(() => null);
    void host.agent('draining').drain();
    const page = await opened(server.url, options);
    await active(page, 'running.serving');
    await page.locator('#entries .refusal').waitFor();
    await page.getByText('degraded').first().waitFor();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
  });
});

/** A way to a port, on which nothing arrives any more as soon as one wants that. */
async function throughWhich(to: number) {
  const sockets: Socket[] = [];
  let isSilent = false;
  const relay = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    if (isSilent) return;
    const onward = connect(to, '127.0.0.1');
    sockets.push(onward.on('error', () => undefined));
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => {
    relay.listen(0, '127.0.0.1', resolve);
  });
  closers.push(
    () =>
      new Promise((resolve) => {
        relay.close(resolve);
        for (const socket of sockets) socket.destroy();
      }),
  );
  return {
    port: (relay.address() as AddressInfo).port,
    fallSilent: () => {
      isSilent = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
  };
}

it('the page and what it shows at first weigh under 300 kB, gzipped', async () => {
  const { server } = await served([{}]);
  const seen = new Set<string>();
  const fetchAll = async (url: string): Promise<number> => {
    if (seen.has(url)) return 0;
    seen.add(url);
    const text = await (await fetch(url)).text();
    const parts = [...text.matchAll(/(?:src|href)="(?!data:)([^"]+)"/g)].map(([, at]) =>
      fetchAll(new URL(String(at), url).href),
    );
    const sizes = await Promise.all(parts);
    return gzipSync(text).length + sizes.reduce((sum, size) => sum + size, 0);
  };
  const weight = (await fetchAll(`${server.url}/`)) + (await fetchAll(`${server.url}/charts/lifecycle`));
  expect([seen.size > 3, weight < 300_000]).toEqual([true, true]);
});
