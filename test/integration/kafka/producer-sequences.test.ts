import type { Connection } from '@platformatic/kafka';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Identity } from '../../../src/log/kafka/batch.js';
import { crc32c } from '../../../src/log/kafka/codecs.js';
import { connect, drop } from '../../../src/log/kafka/connection.js';
import { Leaders } from '../../../src/log/kafka/leaders.js';
import { PRODUCE_DEFAULTS } from '../../../src/log/kafka/options.js';
import { Producer } from '../../../src/log/kafka/producer.js';
import { encodeBatch, encodeTails } from '../../../src/log/kafka/records.js';
import { produce } from '../../../src/log/kafka/request.js';
import type { Answer } from '../../../src/log/kafka/verdict.js';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { record, until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { plain, readAll } from './producing.js';

/** What the answer table takes for granted of a broker, asked of a real one; and a producer whose numbers were stolen. */
describeWith('kafka', 'sequences on a real broker', () => {
  let cluster: Cluster;
  let connection: Connection;
  let leaders: Leaders;
  beforeAll(async () => {
    cluster = await startCluster();
    await cluster.createTopic('raw');
    connection = await connect(plain(cluster.brokers, 'raw'), {
      host: '127.0.0.1',
      port: cluster.node(1).ports.plain,
    });
    const events = { leaders: () => {}, changed: () => {}, unreachable: () => {} };
    leaders = new Leaders(plain(cluster.brokers, 'raw'), 1_500, events);
  });
  afterAll(async () => {
    leaders?.close();
    if (connection) drop(connection);
    await cluster?.close();
  });

  /** Sends one batch with exactly these numbers. */
  async function send(
    topic: string,
    identity: Identity,
    sequence: number,
    texts: readonly string[],
  ): Promise<Answer> {
    const slice = {
      of: { tails: encodeTails(texts.map((text) => record(text))) },
      from: 0,
      to: texts.length,
    };
    const bytes = encodeBatch([slice], slice.of.tails.weight, { ...identity, sequence }, null, crc32c);
    return new Promise((resolve) => {
      produce(connection, topic, 1_500, [{ partition: 0, bytes, identity }], (answers) =>
        resolve(answers!.get(0)!),
      );
    });
  }

  it('a batch sent again is acknowledged at its first offset; a gap, an old epoch and an old sequence are not', async () => {
    const mine = await leaders.identity();
    expect(await send('raw', mine, 0, ['a', 'b'])).toEqual({ code: 0, baseOffset: 0 });
    expect(await send('raw', mine, 2, ['c'])).toEqual({ code: 0, baseOffset: 2 });
    expect(await send('raw', mine, 0, ['a', 'b'])).toEqual({ code: 0, baseOffset: 0 });
    expect((await send('raw', mine, 10, ['gap']))!.code).toBe(45);
    expect((await send('raw', { ...mine, epoch: mine.epoch - 1 }, 3, ['old epoch']))!.code).not.toBe(0);
    for (let i = 3; i < 10; i++) await send('raw', mine, i, [`${i}`]);
    expect((await send('raw', mine, 2, ['c']))!.code, 'more than five batches ago').toBe(45);
    const texts = (await readAll(cluster, 'raw')).map(({ value }) => value.toString());
    expect(texts).toEqual(['a', 'b', 'c', '3', '4', '5', '6', '7', '8', '9']);
  });

  it('sequences go on at 0 behind 2^31 - 1', async () => {
    await cluster.createTopic('wrap');
    const mine = await leaders.identity();
    expect((await send('wrap', mine, 2 ** 31 - 2, ['a', 'b']))!.code).toBe(0);
    expect((await send('wrap', mine, 0, ['c']))!.code).toBe(0);
  });

  it('a producer whose numbers another one used never calls stored what is not', async () => {
    await cluster.createTopic('stolen');
    const { producer, identities } = await withIdentities('stolen');
    const append = (text: string) => producer.append([record(text)]).final;
    expect([(await append('a')).state, (await append('b')).state]).toEqual(['stored', 'stored']);
    // Someone else sends under our id: our next sequence is out of order, and nothing of it is stored.
    await send('stolen', identities[0]!, 2, ['foreign', 'foreign']);
    // The broker is made to give the same id again: sequence 0 is known to it, so it acknowledges without storing.
    identities.push(identities[0]!);
    expect(await append('c')).toMatchObject({
      state: 'unknown',
      error: { got: expect.stringContaining('offset 0') },
    });
    expect((await append('d')).state).toBe('stored');
    const texts = (await readAll(cluster, 'stolen')).map(({ value }) => value.toString());
    expect(texts).toEqual(['a', 'b', 'foreign', 'foreign', 'd']);
    expect(producer.counters.errors.OUT_OF_ORDER_SEQUENCE_NUMBER).toBe(1);
  });

  /** A producer on real brokers that takes the ids from a list as long as there are any. */
  async function withIdentities(topic: string) {
    const identities = [await leaders.identity()];
    let taken = 0;
    class Forged extends Leaders {
      override async identity(): Promise<Identity> {
        return identities[taken++] ?? super.identity();
      }
    }
    let own!: Leaders;
    const producer = new Producer(PRODUCE_DEFAULTS, {
      ...{ codec: null, crc32c, warn: () => {} },
      connect: (events) => {
        own = new Forged(plain(cluster.brokers, topic), 1_500, events);
        return own;
      },
    });
    onTestFinished(() => producer.close());
    await own.look();
    await until('the leader', () => own.connected(1));
    return { producer, identities };
  }
});
