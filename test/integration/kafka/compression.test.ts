/** `--kafka-compression`: the codec that was chosen is the one that lies on the broker's disk, and our consumer reads it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigResourceTypes } from 'kafkajs';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { openLog } from '../../../src/log/open.js';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { Collector, record, until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { eventually } from '../../helpers/running.js';
import { send, workingFolder } from '../commands/support.js';
import { serving } from './serving.js';

/** Attribute bits of a record batch (kafka.apache.org/documentation, "Record Batch"). */
const BITS = { none: 0, gzip: 1, snappy: 2, lz4: 3 } as const;
const CODECS = ['none', 'gzip', 'snappy', 'lz4'] as const;

describeWith('kafka', 'compression by choice', () => {
  const data = mkdtempSync(join(tmpdir(), 'stargate-compression-'));
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ properties: { 'log.dirs': data } });
  });
  afterAll(async () => {
    await cluster?.close();
    rmSync(data, { recursive: true, force: true });
  });
  const folder = workingFolder();
  const { topic, serve } = serving(folder, () => cluster);

  /** Codec bits and size of the first batch of each partition, as the broker has written them. */
  function onDisk(url: string): { bits: number; bytes: number }[] {
    const name = url.slice(url.lastIndexOf('/') + 1);
    const files = readdirSync(data)
      .filter((entry) => entry.startsWith(`${name}-`))
      .map((entry) => readFileSync(join(data, entry, '00000000000000000000.log')));
    // A segment is allocated before it is written: zeros are no batch.
    const batches = files.filter((file) => file.length > 61 && file[16] === 2);
    return batches.map((file) => ({ bits: file.readInt16BE(21) & 7, bytes: 12 + file.readInt32BE(8) }));
  }

  it.each(CODECS)('%s', async (compression) => {
    const url = await topic();
    const log = await openLog(url, { role: 'both', compression, onWarning() {} });
    onTestFinished(() => log.close());
    const texts = Array.from({ length: 300 }, (_, i) => `${i} ${'visitor '.repeat(20)}`);
    expect((await log.append(texts.map((text) => record(text))).answer).state).toBe('stored');
    const seen = new Collector();
    await log.consume('reader', seen);
    await until('all records', () => seen.records.length === texts.length, 20_000);
    expect(seen.texts).toEqual(texts);
    const [batch, ...more] = onDisk(url);
    expect(more).toEqual([]);
    expect(batch!.bits).toBe(BITS[compression]);
    if (compression !== 'none') expect(batch!.bytes).toBeLessThan(300 * 160 * 0.2);
  });

  it.each([
    [[], 'gzip'],
    [['--kafka-compression', 'lz4'], 'lz4'],
  ] as const)('serve %j', async (flags, codec) => {
    const url = await topic();
    const { configEntries } = (
      await cluster.admin.describeConfigs({
        includeSynonyms: false,
        resources: [
          {
            type: ConfigResourceTypes.TOPIC,
            name: url.slice(url.lastIndexOf('/') + 1),
            configNames: ['compression.type'],
          },
        ],
      })
    ).resources[0]!;
    expect(configEntries[0]).toMatchObject({ configName: 'compression.type', configValue: 'producer' });
    const collector = await serve(url, ...flags);
    expect((await send(collector.ready.collector!, 'a')).status).toBe(202);
    const batch = await eventually(
      () => onDisk(url)[0],
      () => 'a batch on disk',
    );
    expect(batch.bits).toBe(BITS[codec]);
    expect(await collector.stop()).toBe(0);
  });
});
