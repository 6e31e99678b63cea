/**
 * Members whose processes are killed, with a session far longer than anybody would wait: whoever starts on the same
 * machine takes their partitions over at once, and members that live are left alone.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { Brokers } from '../../../src/log/kafka/connect-brokers.js';
import { evictDead } from '../../../src/log/kafka/consumer-evict.js';
import { Member } from '../../../src/log/kafka/consumer-member.js';
import { MemberNote } from '../../../src/log/kafka/consumer-note.js';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { endAll, start } from '../../helpers/running.js';
import { eventValue } from '../../worker/scripted.js';
import { Family, type Member as Process } from './consumer-family.js';
import { consume, DRIVER_NAMES, type DriverName, newTopic, produce, settingsOf } from './consumer-support.js';

const SESSION_MS = 300_000;
const PATIENCE_MS = 60_000;
const TIMES = { sessionMs: SESSION_MS, heartbeatMs: 1_000 };
const PARTITIONS = 6;
const group = 'workers';

function newFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'stargate-evict-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return parent;
}

/** Members that are noted in the folder. */
const notedIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).member)
    .sort();

describeWith('kafka', 'a member whose process was killed', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(async () => {
    await endAll();
    await cluster?.close();
  });

  /** Ids as the coordinator has them. */
  const members = async (name = group): Promise<string[]> => {
    const { groups } = await cluster.admin.describeGroups([name]);
    return groups[0]!.members.map(({ memberId }) => memberId).sort();
  };

  async function family(
    driver: DriverName,
  ): Promise<{ family: Family; topic: string; folder: string; own: string }> {
    const topic = await newTopic(cluster, { partitions: PARTITIONS });
    const [folder, own] = [newFolder(), `g-${topic}`];
    const made = new Family({
      ...{ brokers: cluster.brokers, topic, group: own, driver },
      ...{ membersFolder: folder, sessionMs: SESSION_MS },
    });
    onTestFinished(() => made.end());
    return { family: made, topic, folder, own };
  }

  let events = 0;
  async function more(topic: string, { warehouse }: Family): Promise<void> {
    const before = warehouse.size;
    const records = Array.from({ length: 10 * PARTITIONS }, (_, i) => ({
      ...{ partition: i % PARTITIONS, value: eventValue(`e-${events++}`) },
    }));
    await produce(cluster, topic, records);
    await until('the rows', () => warehouse.size >= before + records.length, PATIENCE_MS);
  }
  /** Those noted are those of the group. */
  const untilNoted = (folder: string, own: string) =>
    until('their notes', async () => `${notedIn(folder)}` === `${await members(own)}`, PATIENCE_MS);
  const assigned = (process: Process) =>
    until('a partition', () => process.news.some((text) => text.startsWith('assigned')), PATIENCE_MS);

  it.each(DRIVER_NAMES)('is followed at once by the next start (%s)', async (driver) => {
    const { family: workers, topic, folder, own } = await family(driver);
    let before: string[] = [];
    for (let round = 0; round < 3; round++) {
      const worker = workers.join();
      // Without the eviction all of this would wait for the session.
      await more(topic, workers);
      await untilNoted(folder, own);
      expect(notedIn(folder)).not.toEqual(before);
      before = notedIn(folder);
      await worker.kill();
    }
    expect(workers.stored).toHaveLength(new Set(workers.stored).size);
    const last = workers.join();
    await assigned(last);
    await last.close();
    expect([readdirSync(folder), await members(own)]).toEqual([[], []]);
  });

  it.each(DRIVER_NAMES)('is told from those that live (%s)', async (driver) => {
    const { family: workers, topic, folder, own } = await family(driver);
    const three = [workers.join(), workers.join(), workers.join()];
    await until('three members', async () => (await members(own)).length === 3, PATIENCE_MS);
    await Promise.all(three.map(assigned));
    await untilNoted(folder, own);
    const before = notedIn(folder);
    await three[1]!.kill();
    await assigned(workers.join());
    const after = await members(own);
    // As many again, and both that live with the ids that they had: who is evicted gets another.
    expect([after.length, after.filter((id) => before.includes(id)).length]).toEqual([3, 2]);
    await more(topic, workers);
    await untilNoted(folder, own);
  });

  it('holds up no group that it was about to join', async () => {
    const topic = await newTopic(cluster, { partitions: 2 });
    const options = { group: topic, ...TIMES, membersFolder: newFolder() };
    const owned: number[] = [];
    const handlers = {
      onAssigned: async ({ partition }: { partition: number }) => void owned.push(partition),
      onBatch: async () => {},
      onRevoked: async () => {},
    };
    await consume(cluster, topic, handlers, options);
    await until('both partitions', () => owned.length === 2);
    const brokers = new Brokers(settingsOf(cluster.brokers, topic));
    onTestFinished(() => brokers.close());
    await brokers.refresh();
    const note = new MemberNote(
      options.membersFolder,
      { cluster: brokers.clusterId, group: topic },
      () => {},
    );
    // Dies when it has been given an id, before it has joined: the group waits for it all the same.
    let known: readonly string[] = [];
    const write = async (id: string): Promise<never> => {
      await note.write(id);
      known = await members(topic);
      throw new Error('killed');
    };
    const dying = { write };
    const joining = new Member(brokers, topic, TIMES, dying as unknown as MemberNote).join();
    await expect(joining).rejects.toThrow('killed');
    expect(known).toHaveLength(1);
    await note.end(false);
    owned.length = 0;
    await consume(cluster, topic, handlers, options);
    await until('a partition for each', () => owned.length === 2, PATIENCE_MS);
    expect(await members(topic)).toHaveLength(2);
  });

  it('is evicted behind the join, so that its group never becomes a new one, which would wait for others', async () => {
    const topic = await newTopic(cluster, { partitions: 2 });
    const options = { membersFolder: newFolder(), onWarning: () => {} };
    const place = async () => {
      const brokers = new Brokers(settingsOf(cluster.brokers, topic));
      onTestFinished(() => brokers.close());
      await brokers.refresh();
      return brokers;
    };
    const [old, next] = [await place(), await place()];
    const note = new MemberNote(options.membersFolder, { cluster: old.clusterId, group: topic }, () => {});
    const first = await new Member(old, topic, TIMES, note).join();
    first.stop();
    await note.end(false);
    const evicting = evictDead(next, topic, options, new AbortController().signal);
    const second = await new Member(next, topic, TIMES).join();
    second.stop();
    await evicting;
    // A group that has become empty has counted once more.
    expect([second.id, await members(topic)]).toEqual([first.id + 1, [second.member]]);
  });

  it('is noted by `stargate worker`, for its user alone, in the folder of its data', async () => {
    const topic = await newTopic(cluster, { partitions: 2 });
    const data = newFolder();
    const folder = join(data, 'members');
    const log = ['--log', `kafka://${cluster.brokers.join(',')}/${topic}`, '--group', topic, '--data', data];
    const worker = () => start(['worker', '--admin-port', '0', ...log]);
    const joined = () => until('a member', async () => (await members(topic)).length === 1, PATIENCE_MS);
    const first = await worker();
    await joined();
    const [before] = await members(topic);
    expect(notedIn(folder)).toEqual([before]);
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json')))
      expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    await first.kill();
    expect(notedIn(folder)).toEqual([before]);
    const second = await worker();
    await until('another member', async () => !(await members(topic)).includes(before!), PATIENCE_MS);
    await untilNoted(folder, topic);
    expect(await second.stop()).toBe(0);
    expect([readdirSync(folder), second.stderr()]).toEqual([[], expect.not.stringContaining('could not')]);
  });
});
