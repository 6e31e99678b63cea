/** `doctor` as a person runs it, on machines in several states. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../../src/doctor/codes.js';
import type { Finding } from '../../../src/doctor/port.js';
import { type Run, stargate } from '../../helpers/cli.js';
import { start } from '../../helpers/running.js';
import { send, sources, stored, workingFolder } from './support.js';

const folder = workingFolder();
/** Neither a port nor the disk of this machine decides a test. */
const FREE = { STARGATE_PORT: '0', STARGATE_ADMIN_PORT: '0', STARGATE_DATA_MAX: '1MiB' };
const doctor = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  stargate(['doctor', ...args], { cwd: folder(), env: { ...FREE, ...env } });

async function findings(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Run & { readonly found: readonly Finding[] }> {
  const run = await doctor([...args, '--json'], env);
  return { ...run, found: JSON.parse(run.stdout) as Finding[] };
}
const of = (found: readonly Finding[], code: string) => found.filter((finding) => finding.code === code);

describe('doctor on a fresh machine', () => {
  it('finds no fault, makes nothing, and says what it could not look at', async () => {
    const { status, found } = await findings();
    expect(status, JSON.stringify(found)).toBe(0);
    expect(readdirSync(folder())).toEqual(['stargate.json']);
    for (const finding of found) {
      expect(Object.keys(finding)).toEqual(['code', 'component', 'state', 'detail', 'fix']);
      expect(CHECKS[finding.code].component).toBe(finding.component);
    }
    const [clock] = of(found, 'STG_CLOCK');
    expect(clock).toMatchObject({
      state: 'unknown',
      detail: 'nothing that is configured here tells the time',
    });
    expect([...new Set(found.map(({ component }) => component))]).toEqual([
      ...['machine', 'config', 'log', 'spool', 'warehouse'],
    ]);
  });

  it('is told of in aligned lines, without colours where nobody sees them', async () => {
    const { status, stdout } = await doctor();
    expect(status).toBe(0);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toMatch(/^ {2}This machine\n {4}✓ Node +\d+\.\d+\.\d+\n/);
    expect(stdout).toMatch(/\n {2}\d+ passed, \d+ warnings?, 0 failed, 1 could not be looked at\n$/);
    const details = stdout.split('\n').filter((line) => /^ {4}[✓?!] /.test(line));
    const columns = details.map((line) => /^ {4}. [\w. ]+? {2,}/.exec(line)?.[0].length);
    expect(new Set(columns).size, stdout).toBe(1);
    expect((await doctor([], { FORCE_COLOR: '1' })).stdout).toContain('\u001b[32m✓');
  });

  it('asks about one part, by its name or what it is', async () => {
    for (const [name, component] of [
      ['log', 'log'],
      ['kafka', 'log'],
      ['warehouse', 'warehouse'],
    ] as const) {
      const { found } = await findings([name]);
      expect(new Set(found.map((each) => each.component))).toEqual(new Set([component]));
    }
    expect((await doctor(['teeth'])).status).toBe(2);
  });
});

describe('doctor beside a running dev', () => {
  it('sees what it has open, and that nothing waits', async () => {
    const dev = await start(['dev', '--port', '0'], { cwd: folder() });
    expect((await send(dev.ready.collector!, 'hello')).status).toBe(202);
    await stored(folder(), 1);
    const port = new URL(dev.ready.collector!).port;
    const { status, found } = await findings(['--port', port]);
    expect(status, JSON.stringify(found)).toBe(0);
    expect(of(found, 'STG_LOG_FOLDER')[0]!.detail).toBe(`intact, in use by process ${dev.pid}`);
    expect(of(found, 'STG_WAREHOUSE')[0]!.detail).toContain(`open in process ${dev.pid}`);
    expect(of(found, 'STG_TABLE_SCHEMA')[0]).toMatchObject({ state: 'ok' });
    expect(of(found, 'STG_PORT')[0]!.detail).toContain('a process of Stargate answers');
    expect(await dev.stop()).toBe(0);
  });
});

describe('doctor and a configuration', () => {
  it('with faults tells each, ends with 3, and still looks at the machine', async () => {
    writeFileSync(join(folder(), 'stargate.json'), '{"prot": 1, "workers": "many"}');
    const { status, found } = await findings();
    expect(status).toBe(3);
    expect(of(found, 'STG_CONFIG').map(({ state, detail }) => [state, detail])).toEqual([
      [
        'failed',
        expect.stringMatching(/^stargate\.json \/prot expected a known setting.*Did you mean port\?/),
      ],
      ['failed', expect.stringContaining('stargate.json /workers')],
    ]);
    expect(of(found, 'STG_NODE')[0]).toMatchObject({ state: 'ok' });
    expect(of(found, 'STG_WAREHOUSE')[0]).toMatchObject({ state: 'unknown' });
  });

  it('that is ignored in part is told of', async () => {
    const { status, found } = await findings([], { STARGATE_PROT: '1', KAFKA_TOPIC_ACKS: '0' });
    expect(status).toBe(0);
    expect(
      of(found, 'STG_CONFIG_IGNORED')
        .map(({ detail }) => detail)
        .join(),
    ).toMatch(/STARGATE_PROT.*KAFKA_TOPIC_ACKS|KAFKA_TOPIC_ACKS.*STARGATE_PROT/);
  });

  it('whose secrets others can read is a warning, and shows none of them', async () => {
    const keys = join(folder(), 'keys');
    writeFileSync(keys, 'backend=the-secret-of-the-shop\n');
    chmodSync(keys, 0o644);
    const env = { STARGATE_WRITE_KEYS_FILE: 'keys', STARGATE_KAFKA_PASSWORD: 'another-secret-1' };
    const run = await findings(['config'], env);
    expect(of(run.found, 'STG_SECRET_FILE')).toMatchObject([{ state: 'warning', fix: 'chmod 600 keys' }]);
    const text = await doctor(['--verbose'], { ...env, STARGATE_LOG: 'kafka://127.0.0.1:1/t?sasl=plain' });
    for (const said of [run, text]) expect(said.stdout + said.stderr).not.toMatch(/secret-of|another-secret/);
    chmodSync(keys, 0o600);
    expect(of((await findings(['config'], env)).found, 'STG_SECRET_FILE')[0]).toMatchObject({ state: 'ok' });
  });

  it('that does not fit the URL of the log fails there', async () => {
    const { status, found } = await findings(['log', '--log', 'kafka://127.0.0.1:1/t?sasl=plain']);
    expect(status).toBe(3);
    expect(found).toMatchObject(
      [{ code: 'STG_KAFKA', state: 'failed', fix: /STARGATE_KAFKA_USERNAME/ }].map((each) => ({
        ...each,
        fix: expect.stringMatching(each.fix),
      })),
    );
  });
});

describe('doctor and ports', () => {
  it('says which command another program keeps from starting, and how to go on', async () => {
    const other = createServer((_, response) => response.end('something else'));
    await new Promise<void>((resolve) => other.listen(0, '0.0.0.0', resolve));
    try {
      const port = String((other.address() as AddressInfo).port);
      const { status, stdout } = await doctor(['machine', '--port', port]);
      expect(status).toBe(3);
      expect(stdout).toContain(`✗ STG_PORT  serve: another program has port ${port}`);
      expect(stdout).toMatch(
        /\n {2}Why +A port that somebody else has .*\n {2}Fix +stargate serve --port 0/s,
      );
    } finally {
      other.closeAllConnections();
      other.close();
    }
  });
});

describe('doctor and folders', () => {
  it('finds a spool that nobody carries over', async () => {
    sources(folder(), ['dev']);
    const log = 'kafka://127.0.0.1:1/t';
    const serve = ['serve', '--port', '0', '--admin-port', 'off', '--workers', '1', '--drain-wait', '0'];
    const collector = await start([...serve, '--log', log], { cwd: folder() });
    for (const name of ['one', 'two'])
      expect((await send(collector.ready.collector!, name)).status).toBe(202);
    const during = await findings(['spool', '--log', log, '--workers', '1']);
    expect(during.found[0]).toMatchObject({ code: 'STG_SPOOL_WAITING', state: 'warning' });
    await collector.kill();
    const after = await findings(['spool', '--log', log, '--workers', '1']);
    expect(after.status).toBe(3);
    expect(after.found[0]).toMatchObject({
      ...{
        state: 'failed',
        detail: expect.stringMatching(/^2 events of up to .*no process carries them over/),
      },
      fix: `stargate serve --log ${log} --workers 1`,
    });
  });

  it('finds what Kafka refused, whichever process wrote it', async () => {
    const refused = join(folder(), '.stargate', 'spool', 'refused');
    mkdirSync(refused, { recursive: true });
    writeFileSync(join(refused, '07-MESSAGE_TOO_LARGE.ndjson'), '{"event_id":"a"}\n{"event_id":"b"}\n');
    const { status, found } = await findings(['spool', '--log', 'kafka://127.0.0.1:1/t']);
    expect(status).toBe(3);
    expect(of(found, 'STG_SPOOL_REFUSED')).toMatchObject([
      {
        state: 'failed',
        detail: expect.stringContaining('2 acknowledged events'),
        fix: expect.stringContaining(refused),
      },
    ]);
    rmSync(refused, { recursive: true });
    const after = await findings(['spool', '--log', 'kafka://127.0.0.1:1/t']);
    expect(of(after.found, 'STG_SPOOL_REFUSED')).toMatchObject([{ state: 'ok' }]);
  });

  const canMount = process.platform === 'linux' && process.getuid?.() === 0;
  it('finds a full disk [needs to mount a tmpfs]', async (test) => {
    if (!canMount) return test.skip('this user may not mount a tmpfs');
    const disk = join(folder(), 'disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'stargate-test', disk], { stdio: 'ignore' });
    } catch {
      return test.skip('this root may not mount');
    }
    try {
      try {
        for (;;) writeFileSync(join(disk, 'ballast'), Buffer.alloc(65_536), { flag: 'a' });
      } catch {
        // Full.
      }
      const { status, found } = await findings(['--data', join(disk, 'data')]);
      expect(status).toBe(3);
      const told = of(found, 'STG_DISK').map(({ state, detail }) => [state, detail]);
      expect(told[0]).toEqual(['failed', expect.stringMatching(/^log: .* free for .*expected 64\.0 MiB/)]);
      expect(existsSync(join(disk, 'data'))).toBe(false);
    } finally {
      execFileSync('umount', ['-l', disk]);
      rmSync(disk, { recursive: true, force: true });
    }
  });
});
