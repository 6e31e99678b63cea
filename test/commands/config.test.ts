import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt, folder, stargate } from '../helpers/cli.js';

beforeAll(ensureBuilt, 180_000);

const PLANTED = 'planted-secret-4711';
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

function workingDirectory(files: Readonly<Record<string, string>>): string {
  const { path, remove } = folder(files);
  cleanups.push(remove);
  return path;
}

const file = {
  port: 9000,
  sources: [
    { id: 'shop', kind: 'browser', key: 'pk_shop', origins: ['https://a.example'] },
    { id: 'backend', kind: 'server', key: { file: 'backend.key' } },
    { id: 'plain', kind: 'server', key: `${PLANTED}-plain` },
  ],
};
const env = {
  API_KEY: `${PLANTED}-k`,
  API_SECRET: `${PLANTED}-s`,
  STARGATE_GROUP: 'g',
  KAFKA_TOPIC_ACKS: '1',
};
const files = {
  'stargate.json': JSON.stringify(file),
  'backend.key': PLANTED,
  keys: `more=${PLANTED}-more\n`,
};

describe('stargate config', () => {
  it('shows every value with its origin, and no secret', async () => {
    const args = ['config', '--ack', 'log', '--write-keys-file', 'keys'];
    const { status, stdout, stderr } = await stargate(args, { cwd: workingDirectory(files), env });
    expect(status).toBe(0);
    const line = (name: string) => stdout.split('\n').find((each) => each.startsWith(`${name} `));
    expect(line('ack')).toMatch(/ log +flag --ack$/);
    expect(line('group')).toMatch(/ g +environment STARGATE_GROUP$/);
    expect(line('port')).toMatch(/ 9000 +stargate\.json$/);
    expect(line('apiSecret')).toMatch(/ \*\*\* +environment API_SECRET \(Stargate 2\.0\)$/);
    expect(line('adminPort')).toMatch(/ 8001 +default; dev off, worker 8002, latency off$/);
    expect(line('sources')).toContain('shop (browser), backend (server), plain (server), more (server)');
    expect(stderr).toContain('KAFKA_TOPIC_ACKS (Stargate 2.0) is ignored');
    expect(stdout + stderr).not.toContain(PLANTED);
  });

  it('prints one JSON document with values in their units, and no secret', async () => {
    const cwd = workingDirectory(files);
    const { stdout } = await stargate(['config', '--json', '--verbose', '--drain-wait', '2s'], { cwd, env });
    const { file: name, settings } = JSON.parse(stdout);
    expect(name).toBe('stargate.json');
    expect(settings.drainWait).toEqual({ value: 2000, from: 'flag --drain-wait' });
    expect(settings.apiKey).toEqual({ value: '***', from: 'environment API_KEY (Stargate 2.0)' });
    expect(settings.tlsKey).toEqual({ value: null, from: 'not set' });
    expect(settings.sources.value.map(({ key }: { key: string }) => key)).toEqual(['pk_shop', '***', '***']);
    expect(stdout).not.toContain(PLANTED);
  });

  it('lists every fault with its place', async () => {
    const cwd = workingDirectory({ 'stargate.json': '{"prot":1,"ack":"maybe"}' });
    const { status, stdout, stderr } = await stargate(['config', '--port', 'x'], { cwd });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(
      [
        '✗ STG_CONFIG_INVALID  3 values cannot be used.',
        '',
        '  stargate.json /prot  expected a known setting; got an unknown key. Did you',
        '                       mean port?',
        '  --port               expected a whole number from 0 to 65535; got “x”.',
        '  stargate.json /ack   expected log, spool or fast; got “maybe”.',
        '',
        '  Next  Mend all of them; nothing was started.',
        '',
      ].join('\n'),
    );
  });

  it('prints the JSON Schema', async () => {
    const { stdout } = await stargate(['config', '--schema'], { env: { STARGATE_PORT: 'broken' } });
    expect(JSON.parse(stdout)).toMatchObject({ properties: { port: { type: 'integer', default: 8000 } } });
  });

  it('lets no control character of a value reach the terminal', async () => {
    const { stdout, stderr } = await stargate(['config', '--data', 'a\u001b]0;title\u0007b']);
    expect(stdout).toContain('a�]0;title�b');
    expect(stdout + stderr).not.toContain('\u001b');
  });
});
