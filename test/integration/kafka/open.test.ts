import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type OpenLogOptions, openLog } from '../../../src/log/open.js';
import type { Log } from '../../../src/log/port.js';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { Collector, record, tempFolder, until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { freePorts } from '../../helpers/ports.js';
import { DRIVER_NAMES } from './consumer-support.js';

describeWith('kafka', 'opening kafka://', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ tls: true, users: { alice: 'wonder' } });
  });
  afterAll(() => cluster?.close());

  async function open(url: string, options: Partial<OpenLogOptions> = {}): Promise<Log> {
    const log = await openLog(url, { role: 'both', onWarning: () => {}, ...options });
    onTestFinished(() => log.close());
    return log;
  }
  const topic = async (): Promise<string> => {
    const name = `t-${randomUUID()}`;
    await cluster.createTopic(name, { partitions: 2 });
    return name;
  };
  const at = (name: string, brokers = cluster.brokers): string => `kafka://${brokers.join()}/${name}`;

  it.each(DRIVER_NAMES)('appends and consumes as a user, over TLS, by %s', async (kafkaDriver) => {
    const ca = join(await tempFolder(), 'ca.pem');
    writeFileSync(ca, cluster.ca!);
    const credentials = { username: 'alice', password: 'wonder', ca };
    const url = `${at(await topic(), cluster.secureBrokers)}?tls&sasl=scram-sha-256`;
    const log = await open(url, { credentials, kafkaDriver });
    expect(await log.append([record('a')]).answer).toMatchObject({ state: 'stored' });
    const seen = new Collector();
    await log.consume('g', seen);
    await until('the record', () => seen.texts.includes('a'), 20_000);
    const denied = { code: 'STG_LOG_DENIED' };
    await expect(
      open(url, { credentials: { ...credentials, password: 'no' }, kafkaDriver }),
    ).rejects.toMatchObject(denied);
    const untrusted = { username: 'alice', password: 'wonder' };
    await expect(open(url, { credentials: untrusted, kafkaDriver })).rejects.toMatchObject({
      ...denied,
      message: /certificate/,
    });
  });

  const ways = DRIVER_NAMES.flatMap((driver) => [['append', driver] as const, ['read', driver] as const]);
  it.each(ways)('to %s by %s says that the topic is missing', async (role, kafkaDriver) => {
    const begin = performance.now();
    await expect(open(at('missing'), { role, kafkaDriver })).rejects.toMatchObject({
      code: 'STG_LOG_TOPIC_MISSING',
    });
    expect(performance.now() - begin).toBeLessThan(8_000);
  });

  it.each(DRIVER_NAMES)('gives up on brokers that are not there after 10 s, by %s', async (kafkaDriver) => {
    const [port] = await freePorts(1);
    const error = { code: 'STG_LOG_UNREACHABLE', expected: expect.stringContaining(String(port)) };
    await expect(open(at('t', [`127.0.0.1:${port}`]), { role: 'append', kafkaDriver })).rejects.toMatchObject(
      error,
    );
  });

  it('has an id by cluster and topic, another one when the topic is made anew', async () => {
    const name = await topic();
    const ids = [(await open(at(name))).id, (await open(at(name), { role: 'read' })).id];
    ids.push((await open(at(name), { kafkaDriver: 'kafkajs' })).id);
    expect(new Set(ids).size).toBe(1);
    expect((await open(at(await topic()))).id).not.toBe(ids[0]);
    await cluster.admin.deleteTopics({ topics: [name] });
    await until('its end', async () => !(await cluster.admin.listTopics()).includes(name));
    await cluster.createTopic(name);
    expect((await open(at(name))).id).not.toBe(ids[0]);
  });

  it('opened for reading only takes nothing', async () => {
    const log = await open(at(await topic()), { role: 'read' });
    expect(log.writable).toBe(false);
    expect(await log.append([record('a')]).answer).toMatchObject({ state: 'not_stored' });
  });
});
