/** The broker's disk is full: the broker ends itself. Nothing acknowledged is lost, and all goes on when there is room. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type Cluster, type KafkaNode, startCluster } from '../../helpers/kafka/index.js';
import { until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { send, workingFolder } from '../commands/support.js';
import { CLEAN, connected, judge, Load, plain, readAll } from './producing.js';
import { emptied, metric, serving } from './serving.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const done of cleanUp.splice(0).toReversed()) await done();
});

/** A disk of its own of so many MiB, or null where this user may not mount one. */
function smallDisk(mebibytes: number): string | null {
  const disk = mkdtempSync(join(tmpdir(), 'stargate-full-disk-'));
  cleanUp.push(() => rmSync(disk, { recursive: true, force: true }));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'stargate-test', disk], {
      stdio: 'ignore',
    });
  } catch {
    return null;
  }
  cleanUp.push(() => execFileSync('umount', [disk]));
  return disk;
}

/** Takes all room there is, to the byte. */
function fill(ballast: string): void {
  for (let size = 2 ** 20; size >= 1; ) {
    try {
      writeFileSync(ballast, Buffer.alloc(size), { flag: 'a' });
    } catch {
      size = size > 1 ? size >> 2 : 0;
    }
  }
}

const runs = (node: KafkaNode): boolean => {
  try {
    return node.pid > 0;
  } catch {
    return false;
  }
};

describeWith('kafka', 'a broker whose disk is full', () => {
  let cluster: Cluster;
  const folder = workingFolder();
  const { topic, serve } = serving(folder, () => cluster);

  it('0 acknowledged lost, 2xx from the spool meanwhile; goes on after room is made [needs to mount a tmpfs]', async (test) => {
    const disk = smallDisk(48);
    if (disk === null)
      return test.skip('this user may not mount a tmpfs: the broker’s disk cannot be filled');
    mkdirSync(join(disk, 'data'));
    const ballast = join(disk, 'ballast');
    const small = { 'log.segment.bytes': 4 * 2 ** 20, 'log.index.size.max.bytes': 65_536 };
    cluster = await startCluster({
      properties: { 'log.dirs': join(disk, 'data'), 'offsets.topic.num.partitions': 1, ...small },
    });
    cleanUp.push(() => cluster.close());
    const url = await topic();
    const collector = await serve(url);
    await cluster.createTopic('direct', { partitions: 3 });
    const { producer } = await connected(plain(cluster.brokers, 'direct'), { compression: 'none' });
    const load = new Load(producer, 10, 3_000);
    await until('records', () => load.stored > 200, 30_000);
    const sent = ['before'];
    expect((await send(collector.ready.collector!, 'before')).status).toBe(202);

    fill(ballast);
    await until('the end of the broker', () => !runs(cluster.node(1)), 60_000);
    expect(cluster.node(1).output).toMatch(/No space left on device|unsafe memory access/);
    for (let n = 0; n < 10; n++) {
      expect((await send(collector.ready.collector!, `full${n}`)).status).toBe(202);
      sent.push(`full${n}`);
    }
    await until('refusals', () => !producer.writable, 20_000);
    expect(await metric(collector, 'stargate_spool_records')).toBeGreaterThan(0);

    rmSync(ballast);
    await cluster.node(1).start();
    const before = load.stored;
    await until('records again', () => load.stored > before + 100, 60_000);
    await load.stop();
    expect(await judge(load, await readAll(cluster, 'direct'))).toMatchObject({ ...CLEAN, unknown: 0 });
    await emptied(collector);
    expect(await collector.stop()).toBe(0);
    const there = (await readAll(cluster, url.slice(url.lastIndexOf('/') + 1))).map(
      ({ value }) => (JSON.parse(value.toString()) as { event_name: string }).event_name,
    );
    expect(there.toSorted()).toEqual(sent.toSorted());
  });
});
