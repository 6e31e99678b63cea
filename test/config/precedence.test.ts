import { describe, expect, it } from 'vitest';
import { envName, flagName, SETTING_NAMES, SETTINGS } from '../../src/config/schema.js';
import { load, refusal } from './load.js';

const flags = { port: '1' };
const ours = { STARGATE_PORT: '2' };
const file = { port: 3 };

describe('which source decides', () => {
  it.each([
    ['everything', { flags, env: ours, file }, 1, 'flag --port'],
    ['environment and file', { env: ours, file }, 2, 'environment STARGATE_PORT'],
    ['file', { file }, 3, 'stargate.json'],
    ['nothing', {}, 8000, 'default'],
    ['an empty variable, which counts as absent', { env: { STARGATE_PORT: ' ' } }, 8000, 'default'],
  ])('given %s', (_, setup, value, origin) => {
    const { config, provenance } = load(setup);
    expect([config.port, provenance.port]).toEqual([value, origin]);
  });

  it.each([
    [{ flags: { group: 'a' }, env: { STARGATE_GROUP: 'b', KAFKA_CONSUMER_GROUP: 'c' } }, 'a'],
    [{ env: { STARGATE_GROUP: 'b', KAFKA_CONSUMER_GROUP: 'c' } }, 'b'],
    [{ env: { KAFKA_CONSUMER_GROUP: 'c' }, file: { group: 'd' } }, 'c'],
    [{ file: { group: 'd' } }, 'd'],
  ])('with names of Stargate 2.0 between environment and file: %j', (setup, group) => {
    expect(load(setup).config.group).toBe(group);
  });

  it('reads every setting from its own environment name and flag', () => {
    expect([envName('adminPort'), flagName('adminPort')]).toEqual(['STARGATE_ADMIN_PORT', '--admin-port']);
    expect([envName('replicas'), flagName('replicas')]).toEqual(['STARGATE_KAFKA_REPLICAS', '--replicas']);
    const samples: Record<string, string> = {
      port: '9',
      adminPort: 'off',
      host: '::1',
      workers: '3',
      dataMax: '1GB',
      drainWait: '2s',
      ack: 'log',
      partitionBy: 'visitor',
      delivery: 'at-least-once',
      from: 'latest',
      retentionDays: '30',
      watchConfig: 'true',
      log: 'memory:',
      warehouse: 'memory:',
      table: 't',
      group: 'g',
      data: 'd',
      allowedHosts: 'https://a.example',
      trustedProxies: '10.0.0.0/8,google',
    };
    for (const [name, text] of Object.entries(samples)) {
      const byEnv = load({ env: { [envName(name)]: text } });
      const byFlag = load({ flags: { [name]: text } });
      const fallback = load();
      const key = name as keyof typeof byEnv.config;
      expect(byEnv.config[key], name).toEqual(byFlag.config[key]);
      expect(byEnv.config[key], name).not.toEqual(fallback.config[key]);
      expect(byEnv.provenance[key]).toBe(`environment ${envName(name)}`);
    }
  });

  it('gives no secret and no list of objects a flag', () => {
    const without = SETTING_NAMES.filter((name) => !SETTINGS[name].flag);
    const kafka = ['kafkaUsername', 'kafkaPassword', 'kafkaTokenFile', 'kafkaCa', 'kafkaCert', 'kafkaKey'];
    expect(without).toEqual([...kafka, 'sources', 'writeKey', 'apiKey', 'apiSecret']);
    const { config } = load({ flags: { apiKey: 'x', apiSecret: 'y' } });
    expect(config.apiKey).toBeNull();
  });
});

describe('defaults', () => {
  it('follow the data folder', () => {
    expect(load().config.log).toBe('embedded:.stargate/log');
    const { log, warehouse } = load({ flags: { data: '/srv/x' } }).config;
    expect([log, warehouse]).toEqual(['embedded:/srv/x/log', 'duckdb:/srv/x/warehouse.duckdb']);
  });

  it('may differ by command', () => {
    expect(load({ command: 'worker' })).toMatchObject({
      config: { adminPort: 8002 },
      provenance: { adminPort: 'default of worker' },
    });
    expect(load({ command: 'serve' }).config).toMatchObject({ adminPort: 8001, host: '0.0.0.0' });
    expect(load({ command: 'dev' }).config).toMatchObject({ drainWait: 0, host: '127.0.0.1' });
    expect(load({ command: 'worker', env: { STARGATE_ADMIN_PORT: '1' } }).config.adminPort).toBe(1);
  });

  it('fit their own kinds, for every command', () => {
    for (const command of ['dev', 'serve', 'worker', 'query', 'tail', 'constructor']) load({ command });
  });
});

describe('the result', () => {
  it('is frozen to its depth', () => {
    const { config } = load({ file: { sources: [{ id: 'a', kind: 'server', key: 'k' }] } });
    expect(() => Object.assign(config, { port: 1 })).toThrow(TypeError);
    expect(() => Object.assign(config.sources[0]!.scrub, { keys: [] })).toThrow(TypeError);
  });

  it('names every fault at once, with its place', () => {
    const error = refusal({
      env: { STARGATE_WORKERS: 'many' },
      flags: { port: '70000' },
      file: {
        prot: 1,
        ack: 'maybe',
        sources: [{ id: 'a', kind: 'browser', key: 'k', origins: ['ftp://x'] }],
      },
    });
    expect(error.code).toBe('STG_CONFIG_INVALID');
    expect(error.items.map(({ at }) => at).sort()).toEqual([
      '--port',
      'STARGATE_WORKERS',
      'stargate.json /ack',
      'stargate.json /prot',
      'stargate.json /sources/0/origins/0',
    ]);
    expect(JSON.stringify(error.items)).toContain('Did you mean port?');
  });

  it('says one fault as expected and got', () => {
    expect(refusal({ flags: { port: 'x' } })).toMatchObject({
      code: 'STG_OPTION_INVALID',
      message: 'The value of --port cannot be used.',
      expected: 'a whole number from 0 to 65535',
      got: '“x”',
    });
  });
});
