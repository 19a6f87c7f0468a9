import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError } from '../../../src/command/command-error.js';
import { configJsonSchema } from '../../../src/command/config/config-schema.js';
import { readConfig } from '../../../src/command/config/config.js';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'config-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function configFile(content: unknown): Promise<string> {
  const file = path.join(folder, 'agents.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const AGENT = { name: 'a', driver: 'wasm', options: { module: 'a.wasm' } };

describe('a config', () => {
  it('lists agents, their modules relative to the file', async () => {
    const { agents } = await readConfig(await configFile({ agents: [{ ...AGENT, drainTimeout: 5_000 }] }));
    expect(agents[0]).toMatchObject({
      name: 'a',
      driver: 'wasm',
      drainTimeout: 5_000,
      options: { module: path.join(folder, 'a.wasm'), entrypoint: 'handle' },
    });
  });

  it.each([
    ['name', { ...AGENT, name: '..' }, 'agents[0].name: expected a name that a URL can say, received ".."'],
    ['name', { ...AGENT, name: '.' }, 'agents[0].name: expected a name that a URL can say, received "."'],
    [
      'dependency',
      { ...AGENT, dependsOn: ['.'] },
      'agents[0].dependsOn[0]: expected a name that a URL can say, received "."',
    ],
  ])('has no %s that no URL can say: %j', async (_, agent, problem) => {
    await expect(readConfig(await configFile({ agents: [agent] }))).rejects.toThrow(problem);
  });

  it.each([
    [
      'says a thing twice',
      '{"agents":[],"agents":[]}',
      'the whole: expected each field once, received "agents"',
    ],
    [
      'has a number that is rounded',
      '{"agents":[{"options":{"limit":12345678901234567890}}]}',
      'the whole: expected numbers that JavaScript can tell apart, up to 2^53 - 1, received "12345678901234567890"',
    ],
  ])('that %s is refused', async (_, text, problem) => {
    await expect(readConfig(await configFile(text))).rejects.toThrow(problem);
  });

  it('has folders that a plugin may use relative to the file, too', async () => {
    const options = { ...AGENT.options, allowedPaths: { data: 'some/data' } };
    const { agents } = await readConfig(await configFile({ agents: [{ ...AGENT, options }] }));
    expect(agents[0]?.options).toMatchObject({ allowedPaths: { data: path.join(folder, 'some/data') } });
  });

  it('says how agents are restarted, on which they depend, and how long a host takes', async () => {
    const restart = { type: 'permanent' };
    const config = {
      $schema: 'config.schema.json',
      agents: [
        { ...AGENT, restart, dependsOn: ['b'] },
        { ...AGENT, name: 'b' },
      ],
      preDrainDelay: 5_000,
      phaseTimeout: 60_000,
    };
    const { agents, ...delays } = await readConfig(await configFile(config));
    expect([agents[0], delays]).toEqual([
      expect.objectContaining({ restart: expect.objectContaining(restart) as unknown, dependsOn: ['b'] }),
      { preDrainDelay: 5_000, phaseTimeout: 60_000 },
    ]);
  });

  it.each<[string, unknown, string]>([
    ['no agents', {}, 'agents: Invalid input: expected array, received undefined'],
    ['an empty list', { agents: [] }, 'agents: Too small: expected array to have >=1 items'],
    ['a field too many', { agents: [AGENT], colour: 'red' }, 'the whole: Unrecognized key: "colour"'],
    [
      'a timeout out of range',
      { agents: [AGENT, { ...AGENT, name: 'b', drainTimeout: 10 }] },
      'agents[1].drainTimeout: expected an integer from 5000 to 600000 (milliseconds), received 10',
    ],
    [
      'no name',
      { agents: [{ ...AGENT, name: undefined }] },
      'agents[0].name: expected a string of 1 to 255 characters, received undefined',
    ],
    [
      'a name twice',
      { agents: [AGENT, AGENT] },
      'agents[1].name: expected a name of its own, received "a" again',
    ],
    [
      'an unknown driver',
      { agents: [{ ...AGENT, driver: 'steam' }] },
      'agents[0].driver: expected one of wasm, worker, process, mcp, received "steam"',
    ],
    [
      'a bad option',
      { agents: [{ ...AGENT, options: { module: 'a.wasm', maxMemory: 'much' } }] },
      'agents[0].options.maxMemory: Invalid input: expected number, received string',
    ],
    [
      'no module',
      { agents: [{ ...AGENT, options: {} }] },
      'agents[0].options.module: Invalid input: expected string',
    ],
    [
      'a bad restart policy',
      { agents: [{ ...AGENT, restart: { backoff: { initial: -1 } } }] },
      'agents[0].restart.backoff.initial: Too small: expected number to be >=0',
    ],
    [
      'a dependency that is not there',
      { agents: [{ ...AGENT, dependsOn: ['b'] }] },
      'agents: "a" depends on "b", and no agent is named that',
    ],
    [
      'dependencies in a circle',
      {
        agents: [
          { ...AGENT, dependsOn: ['b'] },
          { ...AGENT, name: 'b', dependsOn: ['a'] },
        ],
      },
      'agents: Agents depend on each other in a circle: a → b → a',
    ],
    [
      'a delay out of range',
      { agents: [AGENT], preDrainDelay: 600_001 },
      'preDrainDelay: Too big: expected number to be <=600000',
    ],
    ['no JSON', '{"agents": [', 'is not JSON:'],
  ])('with %s is refused by the path of the field', async (_, content, problem) => {
    const file = await configFile(content);
    const error: unknown = await readConfig(file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({
      code: 'InvalidConfig',
      detail: { problems: [expect.stringContaining(problem)] },
    });
    expect((error as ConfigError).message).toMatch(file);
  });

  it('may begin with a mark of its byte order', async () => {
    const { agents } = await readConfig(await configFile(`\uFEFF${JSON.stringify({ agents: [AGENT] })}`));
    expect(agents).toHaveLength(1);
  });

  it('that is not there is refused', async () => {
    await expect(readConfig(path.join(folder, 'none.json'))).rejects.toThrow('cannot be read: ENOENT');
  });
});

describe('the JSON Schema of a config', () => {
  it('has the bounds and the words of the value types', () => {
    expect(configJsonSchema()).toHaveProperty('properties.agents.items.oneOf.0.properties.drainTimeout', {
      type: 'integer',
      minimum: 5_000,
      maximum: 600_000,
      description: 'an integer from 5000 to 600000 (milliseconds)',
    });
  });

  it('demands what a config must have', () => {
    expect(configJsonSchema()).toHaveProperty('properties.agents.items.oneOf.0.required', [
      'name',
      'driver',
      'options',
    ]);
  });
});
