/** What cannot work: each says what is wrong and what to do, with the exit status for it, and leaves nothing open. */
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stargate } from '../../helpers/cli.js';
import { start } from '../../helpers/running.js';
import { expectFault, workingFolder } from './support.js';

const folder = workingFolder();
const run = (args: readonly string[], env: Record<string, string> = {}) =>
  stargate(args, { cwd: folder(), env });
const DEV = ['dev', '--port', '0'];
const SERVE = ['serve', '--port', '0', '--admin-port', 'off', '--workers', '1', '--drain-wait', '0'];

describe('connections', () => {
  it.each([
    [DEV, 'log', 'kafka://h:9092/t', 'keeps its log on this machine'],
    [DEV, 'warehouse', 'bigquery://acme-x/d.t', 'BigQuery is not offered'],
    [SERVE, 'log', 'memory:', 'ends with its process'],
    [['worker'], 'warehouse', 'memory:', 'ends with its process'],
    [['query', 'SELECT 1'], 'warehouse', 'memory:', 'ends with its process'],
  ])('%j refuses --%s %s', async (args, setting, url, text) => {
    const fault = await run([...args, `--${setting}`, url]);
    expectFault(fault, 'STG_CONNECTION_UNSUPPORTED', 2, text, `flag --${setting}`);
    expect(fault.stderr).not.toContain('acme');
    expect(existsSync(join(folder(), '.stargate'))).toBe(false);
  });

  const legacy = {
    BOOTSTRAP_SERVERS: 'h:9092',
    KAFKA_TOPIC_NAME: 't',
    PROJECT_ID: 'acme-x',
    BIGQUERY_DATASET: 'd',
  };

  it('dev keeps to this machine in the environment of Stargate 2.0, and says so', async () => {
    const dev = await start(DEV, { cwd: folder(), env: legacy });
    expect(dev.stderr()).toContain('BOOTSTRAP_SERVERS, KAFKA_TOPIC_NAME, PROJECT_ID, BIGQUERY_DATASET');
    expect(readdirSync(join(folder(), '.stargate'))).toContain('log');
    expect(await dev.stop()).toBe(0);
  });
});

describe('settings that cannot be followed', () => {
  it.each([
    [['worker', '--delivery', 'at-least-once'], 'always written exactly once'],
    [['worker', '--table', 'events_rejected'], 'one of Stargate itself'],
    [['serve', '--workers', '2', '--partition-by', 'visitor'], 'one partition a process'],
    [[...DEV, '--ephemeral', '--data', 'x'], '--data says where to keep it'],
    [['tail', '--lines', 'many'], 'a whole number from 0'],
    [['query', 'SELECT 1', '--max-rows', '0'], 'a number from 1 to'],
    [[...SERVE, '--host', '192.0.2.1'], 'cannot listen on that address'],
    [
      ['serve', '--workers', '2', '--port', '0', '--admin-port', 'off', '--host', '192.0.2.1'],
      'cannot listen',
    ],
  ])('%j', async (args, text) => {
    const fault = await run(args);
    if (args.includes('--lines') || args.includes('--max-rows')) expect(fault.status).toBe(2);
    else expectFault(fault, 'STG_OPTION_INVALID', 2);
    expect(fault.stderr.replace(/\s+/g, ' ')).toContain(text);
    expect(fault.stderr.match(/✗/g)).toHaveLength(1);
  });

  it.each([
    [['worker', '--data-max', '1GiB'], '--data-max'],
    [['query', 'SELECT 1', '--table', 'x'], '--table'],
  ])('%j is no option of that command', async (args, flag) => {
    expectFault(await run(args), 'STG_OPTION_UNKNOWN', 2, flag);
  });

  it('a wrong stargate.json, with every fault and its place', async () => {
    writeFileSync(join(folder(), 'stargate.json'), '{"dataMax":"x","sources":[{"id":"a","kind":"browser"}]}');
    expectFault(await run(SERVE), 'STG_CONFIG_INVALID', 2, 'stargate.json /dataMax', 'source a');
  });

  it('a certificate that cannot be read, or is none', async () => {
    writeFileSync(join(folder(), 'empty'), '');
    const tls = (key: string) => run([...SERVE, '--tls-cert', 'empty', '--tls-key', key]);
    expectFault(await tls('missing'), 'STG_CONFIG_INVALID', 2, 'ENOENT: missing');
    expectFault(await tls('empty'), 'STG_CONFIG_INVALID', 2, 'cannot be used');
  });
});

describe('a port that is taken', () => {
  it('names the flag of that port, before anything else is open', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const port = String((server.address() as { port: number }).port);
    try {
      expectFault(await run(['dev', '--port', port]), 'STG_PORT_TAKEN', 1, `Choose another with --port`);
      const serve = await run(['serve', '--workers', '2', '--port', '0', '--admin-port', port]);
      expectFault(serve, 'STG_PORT_TAKEN', 1, 'Choose another with --admin-port');
      expectFault(await run(['worker', '--admin-port', port]), 'STG_PORT_TAKEN', 1, '--admin-port');
    } finally {
      server.close();
    }
  });
});

describe('folders', () => {
  it('that are none, or that cannot exist', async () => {
    writeFileSync(join(folder(), 'file'), '');
    expectFault(await run([...DEV, '--data', 'file']), 'STG_LOG_WRITE', 1, 'ENOTDIR');
    if (existsSync('/proc/self'))
      expectFault(await run([...DEV, '--data', '/proc/nowhere']), 'STG_LOG_WRITE', 1, 'ENOENT');
  });

  it('that this user may not write', async () => {
    mkdirSync(join(folder(), 'mine'));
    chmodSync(join(folder(), 'mine'), 0o500);
    // Modes do not bind root; the kernel's own file systems do.
    const [data, code] = process.getuid?.() === 0 ? ['/sys/nowhere', 'EPERM'] : ['mine/data', 'EACCES'];
    expectFault(await run([...DEV, '--data', data]), 'STG_LOG_WRITE', 1, code);
  });

  it('of a newer version, and a file that is no database', async () => {
    mkdirSync(join(folder(), 'newer', 'log'), { recursive: true });
    writeFileSync(join(folder(), 'newer', 'log', 'stargate-log.json'), '{"format":99,"id":"x"}');
    expectFault(await run([...DEV, '--data', 'newer']), 'STG_LOG_VERSION', 1, 'format 99');
    mkdirSync(join(folder(), 'garbage'));
    writeFileSync(join(folder(), 'garbage', 'warehouse.duckdb'), 'no database at all');
    for (const args of [DEV, ['query', 'SELECT 1']]) {
      const fault = await run([...args, '--data', 'garbage']);
      expectFault(fault, 'STG_WAREHOUSE_UNREACHABLE', 1, 'not a valid DuckDB database');
    }
  });

  it('that another process uses; it can be used as soon as that one was killed', async () => {
    const dev = await start(DEV, { cwd: folder() });
    expectFault(await run(DEV), 'STG_LOG_LOCKED', 1, `process ${dev.pid}`);
    expectFault(await run(SERVE), 'STG_LOG_LOCKED', 1, `process ${dev.pid}`);
    expectFault(
      await run(['worker', '--admin-port', 'off']),
      'STG_WAREHOUSE_LOCKED',
      1,
      `process ${dev.pid}`,
    );
    await dev.kill();
    const next = await start(DEV, { cwd: folder() });
    expect(next.stderr()).toBe('');
  });
});

describe('queries', () => {
  it('without a warehouse', async () => {
    expectFault(await run(['query', 'SELECT 1']), 'STG_WAREHOUSE_MISSING', 1, 'Start stargate dev');
    expectFault(await run(['tail']), 'STG_WAREHOUSE_MISSING', 1, 'Start stargate dev');
  });

  it('that are none, beside a running dev and without', async () => {
    const dev = await start(DEV, { cwd: folder() });
    const refuse = async () => {
      const { status, stderr } = await run(['query', 'DROP TABLE events']);
      expect({ status, stderr }).toMatchObject({ status: 2 });
      expect(stderr).toContain('STG_QUERY_REFUSED');
      expect((await run(['query', 'SELECT nothing_there FROM events'])).stderr).toContain('STG_QUERY_FAILED');
    };
    await refuse();
    await dev.stop();
    await refuse();
  });
});
