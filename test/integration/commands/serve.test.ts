/** `serve --workers 2`: processes with a partition each, started again when they die, one configuration, one sum. */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { describe, expect, it } from 'vitest';
import { stargate } from '../../helpers/cli.js';
import { generator, judge } from '../../helpers/ledger.js';
import { eventually, type Running, start } from '../../helpers/running.js';
import { rows, send, sources, stored, workingFolder } from './support.js';

const folder = workingFolder();
const SERVE = ['serve', '--port', '0', '--admin-port', '0', '--drain-wait', '0', '--workers', '2'];
const serve = (...more: string[]) => start([...SERVE, ...more], { cwd: folder() });
const worker = () => start(['worker', '--admin-port', '0'], { cwd: folder() });

const children = ({ pid }: Running): number[] =>
  execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)
    .map(Number);

const argumentsOf = (pid: number): string =>
  execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const readiness = async ({ ready }: Running) =>
  (await (await fetch(`${ready.admin}/readyz`)).json()) as Record<string, unknown>;

async function metric({ ready }: Running, name: string): Promise<number> {
  const text = await (await fetch(`${ready.admin}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

async function sendMany(collector: Running, count: number): Promise<void> {
  for (let n = 0; n < count; n++)
    expect((await send(collector.ready.collector!, 'page_view')).status).toBe(202);
}

const storedIds = async (): Promise<Map<string, number>> => {
  const found = await rows<{ id: string; n: number }>(
    folder(),
    'SELECT event_id AS id, count(*) AS n FROM events GROUP BY 1 LIMIT 1000000',
  );
  return new Map(found.map(({ id, n }) => [id, n]));
};

describe('serve --workers 2', () => {
  it('gives each process a partition and traffic; a worker reads both, also after a shrink to one', async () => {
    const two = await serve();
    expect(two.ready.processes).toBe(2);
    for (const pid of children(two)) expect(argumentsOf(pid)).toContain('--max-semi-space-size=32');
    await sendMany(two, 10);
    const bytes = (slot: string) => {
      const path = join(folder(), '.stargate', 'log', slot);
      const [segment] = readdirSync(path).filter((name) => name.endsWith('.log'));
      return statSync(join(path, segment!)).size;
    };
    expect([bytes('00000') > 32, bytes('00001') > 32]).toEqual([true, true]);
    expect(await two.stop()).toBe(0);

    const one = await start(
      ['serve', '--port', '0', '--admin-port', 'off', '--workers', '1', '--drain-wait', '0'],
      {
        cwd: folder(),
      },
    );
    await sendMany(one, 5);
    await worker();
    await stored(folder(), 15);
    const partitions = await rows<{ p: number }>(
      folder(),
      'SELECT DISTINCT kafka_partition AS p FROM events ORDER BY 1',
    );
    expect(partitions.map(({ p }) => p)).toEqual([0, 1]);
  });

  it('adds up its metrics, and they do not go down when a process dies', async () => {
    const collector = await serve();
    await sendMany(collector, 8);
    expect(await metric(collector, 'stargate_events_acknowledged_total')).toBe(8);
    expect(await readiness(collector)).toEqual({
      ready: true,
      processes: 2,
      serving: 2,
      storing: 2,
      restarts: 0,
    });
    process.kill(children(collector)[0]!, 'SIGKILL');
    await eventually(
      async () => (await readiness(collector)).restarts === 1,
      () => 'a restart',
    );
    expect(await metric(collector, 'stargate_events_acknowledged_total')).toBe(8);
    await eventually(
      async () => (await readiness(collector)).serving === 2,
      () => 'both serving',
    );
    await sendMany(collector, 4);
    expect(await metric(collector, 'stargate_events_acknowledged_total')).toBe(12);
  });

  // Fewer than are open already; or less room for a program's environment than it takes. The first is told, the second thrown.
  it.runIf(process.platform === 'linux').each([
    ['descriptors', '--nofile=10:', '--nofile=1000:'],
    ['room', '--stack=524288:', '--stack=8388608:'],
  ])(
    'lives on when no process can be started for want of %s, and starts one when it can again',
    async (_, little, enough) => {
      const large = Object.fromEntries([1, 2, 3].map((n) => [`FILLING_${n}`, 'x'.repeat(60_000)]));
      const collector = await start(SERVE, { cwd: folder(), env: large });
      const limit = (what: string) => execFileSync('prlimit', ['--pid', String(collector.pid), what]);
      limit(little);
      process.kill(children(collector)[0]!, 'SIGKILL');
      const deaths = () => collector.stderr().match(/"process_died"/g)?.length ?? 0;
      await eventually(
        () => deaths() >= 3,
        () => `three deaths in ${collector.stderr()}`,
      );
      limit(enough);
      await eventually(
        async () => (await readiness(collector)).serving === 2,
        () => 'both serving',
      );
      await sendMany(collector, 4);
      expect(await collector.stop()).toBe(0);
    },
  );

  it('starts a killed process again in its slot, and loses nothing acknowledged', async () => {
    const collector = await serve();
    await worker();
    const load = generator({ run: 'cluster', senders: 4 });
    load.target(collector.ready.collector!);
    for (let round = 1; round <= 3; round++) {
      const before = load.ledger.acknowledged.size;
      await eventually(
        () => load.ledger.acknowledged.size > before + 30,
        () => 'traffic',
      );
      process.kill(children(collector)[round % 2]!, 'SIGKILL');
      await eventually(
        async () => (await readiness(collector)).restarts === round,
        () => `restart ${round}`,
      );
      await eventually(
        async () => (await readiness(collector)).serving === 2,
        () => 'both serving',
      );
    }
    await load.stop();
    expect(await collector.stop()).toBe(0);
    await stored(folder(), load.ledger.acknowledged.size);
    expect(judge(load.ledger, await storedIds())).toEqual({ lost: [], duplicates: [], phantoms: [] });
    expect(collector.stderr()).toContain('"event":"process_died"');
  });

  it('leaves no orphan when the primary is killed, and starts again at once', async () => {
    const collector = await serve();
    const orphans = children(collector);
    expect(orphans).toHaveLength(2);
    await collector.kill();
    await eventually(
      () => !orphans.some(alive),
      () => 'the end of the orphans',
    );
    const again = await serve();
    expect(again.stderr()).toBe('');
    await sendMany(again, 2);
  });

  it('drains on SIGTERM: a keep-alive client that goes elsewhere on Connection: close loses no request', async () => {
    const collector = await serve('--drain-wait', '2s');
    const agent = new Agent({ connections: 6 });
    let accepted = 0;
    const body = JSON.stringify({ v: 1, k: 'dev', events: [{ name: 'page_view' }] });
    /** Sends until it is told to leave. Any error, and any other status, is a failed request. */
    const loop = async () => {
      for (;;) {
        const answer = await request(`${collector.ready.collector}/v1/events`, {
          method: 'POST',
          dispatcher: agent,
          headers: { 'content-type': 'application/json' },
          body,
        });
        await answer.body.dump();
        expect(answer.statusCode).toBe(202);
        accepted++;
        if (answer.headers.connection === 'close') return;
      }
    };
    const loops = Promise.all(Array.from({ length: 6 }, loop));
    await eventually(
      () => accepted > 100,
      () => 'traffic',
    );
    expect(await collector.stop()).toBe(0);
    await loops;
    await agent.destroy();
    await worker();
    await stored(folder(), accepted);
  });

  it('ends with 1, and says so, when a process is killed while it drains', async () => {
    const collector = await serve('--drain-wait', '3s');
    await sendMany(collector, 4);
    const over = collector.stop();
    await eventually(
      async () => (await fetch(`${collector.ready.collector}/readyz`)).status === 503,
      () => 'draining',
    );
    process.kill(children(collector)[0]!, 'SIGKILL');
    expect(await over).toBe(1);
    expect(collector.stderr()).toContain('1 process broke off at the end');
  });

  it('fails as a whole, with the error of the process that could not start', async () => {
    const holder = await start(
      ['serve', '--port', '0', '--admin-port', 'off', '--workers', '1', '--drain-wait', '0'],
      { cwd: folder() },
    );
    await expect(serve()).rejects.toThrow(/STG_LOG_LOCKED/);
    await holder.stop();
    await serve();
  });
});

describe.each([1, 2])('new sources, with %s processes', (workers) => {
  const answers = async (collector: Running, key: string) => {
    // Several connections, so that each process is asked.
    const statuses = await Promise.all(
      [1, 2, 3, 4].map(() => send(collector.ready.collector!, 'hello', key)),
    );
    return [...new Set(statuses.map(({ status }) => status))];
  };
  const takes = (collector: Running, key: string, status: number) =>
    eventually(
      async () => (await answers(collector, key)).every((each) => each === status),
      () => `${status} for ${key}`,
    );

  it('come with SIGHUP; a broken file keeps the old ones, also in a process that is started again', async () => {
    const collector = await serve('--workers', String(workers));
    await takes(collector, 'second', 401);
    sources(folder(), ['dev', 'second']);
    collector.signal('SIGHUP');
    await takes(collector, 'second', 202);
    writeFileSync(join(folder(), 'stargate.json'), '{ broken');
    collector.signal('SIGHUP');
    await collector.saw('The sources stay as they were');
    await collector.saw('STG_CONFIG_INVALID');
    expect(await answers(collector, 'second')).toEqual([202]);
    if (workers === 1) return;
    process.kill(children(collector)[0]!, 'SIGKILL');
    await eventually(
      async () => (await readiness(collector)).restarts === 1,
      () => 'a restart',
    );
    await eventually(
      async () => (await readiness(collector)).serving === 2,
      () => 'both serving',
    );
    expect(await answers(collector, 'second')).toEqual([202]);
  });

  it('come by themselves with --watch-config', async () => {
    const collector = await serve('--workers', String(workers), '--watch-config');
    await takes(collector, 'second', 401);
    sources(folder(), ['second']);
    await takes(collector, 'second', 202);
    await takes(collector, 'dev', 401);
  });
});

describe('worker --from earliest', () => {
  it('asks before it stores again what is there, and then has done so', async () => {
    const collector = await serve();
    await sendMany(collector, 4);
    const first = await worker();
    await stored(folder(), 4);
    expect(await first.stop()).toBe(0);
    const again = ['worker', '--admin-port', '0', '--group', 'again', '--from', 'earliest'];
    const asked = await stargate(again, { cwd: folder() });
    expect(asked.status).toBe(4);
    for (const text of ['STG_CONFIRMATION_NEEDED', 'rows up to', '--yes'])
      expect(asked.stderr).toContain(text);
    await stored(folder(), 4);
    await start([...again, '--yes'], { cwd: folder() });
    await stored(folder(), 8);
    expect([...(await storedIds()).values()]).toEqual([2, 2, 2, 2]);
  });
});
