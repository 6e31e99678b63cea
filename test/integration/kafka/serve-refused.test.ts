/** What Kafka comes to refuse when it is in the spool: set aside and put back; or waiting, where a right is missing. */
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ConfigResourceTypes,
  ResourcePatternTypes,
} from 'kafkajs';
import { expect, it } from 'vitest';
import { stargate } from '../../helpers/cli.js';
import { describeWith } from '../../helpers/needs.js';
import { eventually, type Running } from '../../helpers/running.js';
import { readAll } from './producing.js';
import { emptied, metric, servingOver } from './serving.js';

describeWith('kafka', 'what Kafka refuses', () => {
  const { folder, cluster, topic, serve } = servingOver({
    properties: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
    },
  });
  const ANYBODY = {
    ...{ principal: 'User:ANONYMOUS', host: '*' },
    ...{ resourceType: AclResourceTypes.TOPIC, resourcePatternType: ResourcePatternTypes.LITERAL },
  };
  const refused = () => join(folder(), '.stargate', 'spool', 'refused');

  /** An event with so many bytes that gzip cannot make fewer of. */
  async function send({ ready }: Running, name: string, bytes = 0): Promise<void> {
    const filling = Array.from({ length: bytes / 10 }, () => Math.random().toString(36).slice(2, 12)).join(
      '',
    );
    const events = [{ id: `id-${name}`, name, data_layer: { filling } }];
    const { status } = await fetch(`${ready.collector}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ v: 1, k: 'dev', events }),
    });
    expect(status, name).toBe(202);
  }

  const largest = (name: string, bytes: number) =>
    cluster().admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          ...{ type: ConfigResourceTypes.TOPIC, name },
          configEntries: [{ name: 'max.message.bytes', value: String(bytes) }],
        },
      ],
    });

  async function namesIn(name: string): Promise<string[]> {
    const all = (await readAll(cluster(), name)).map(
      ({ value }) => (JSON.parse(value.toString()) as { event_name: string }).event_name,
    );
    return [...new Set(all)].toSorted();
  }

  it('because the topic takes less than it did: set aside, told of, and put back by replay', async () => {
    const url = await topic();
    const name = url.split('/').at(-1)!;
    const first = await serve(url);
    await largest(name, 5_000);
    await cluster().node(1).kill();
    try {
      await send(first, 'before');
      for (const n of [1, 2]) await send(first, `large${n}`, 20_000);
      await send(first, 'behind');
    } finally {
      await cluster().node(1).start();
    }
    await emptied(first);
    expect(await metric(first, 'stargate_refused_records')).toBe(2);
    expect(await namesIn(name)).toEqual(['before', 'behind']);
    const [file, ...others] = readdirSync(refused());
    expect([file, others]).toEqual(['00-MESSAGE_TOO_LARGE.ndjson', []]);
    const lines = readFileSync(join(refused(), file!), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).event_name)).toEqual(['large1', 'large2']);
    expect(first.stderr()).toMatch(/"event":"record_refused".*"got":"MESSAGE_TOO_LARGE"/);
    expect(await first.stop()).toBe(0);
    expect(first.stderr()).toContain('2 acknowledged events are set aside');
    // The next process tells of it, and counts it.
    const second = await serve(url);
    expect(second.stderr()).toContain('2 acknowledged events are set aside');
    expect(await metric(second, 'stargate_refused_records')).toBe(2);
    await largest(name, 1_000_000);
    renameSync(join(refused(), file!), join(folder(), 'again.ndjson'));
    const replayed = await stargate(['replay', 'again.ndjson', '--log', url, '--yes', '--json'], {
      cwd: folder(),
    });
    expect(replayed, replayed.stderr).toMatchObject({ status: 0 });
    expect(JSON.parse(replayed.stdout)).toMatchObject({ sent: true, read: 2, accepted: 2, refused: {} });
    expect(await metric(second, 'stargate_refused_records')).toBe(0);
    expect(await namesIn(name)).toEqual(['before', 'behind', 'large1', 'large2']);
    const values = (await readAll(cluster(), name)).map(({ value }) => value.toString());
    for (const line of lines) expect(values.filter((value) => value === line)).toHaveLength(1);
    expect(await second.stop()).toBe(0);
  });

  it('because a right was taken away: all of it waits, nothing is set aside, and it goes on when the right is back', async () => {
    const url = await topic();
    const name = url.split('/').at(-1)!;
    const running = await serve(url);
    await send(running, 'before');
    const everybody = { ...ANYBODY, resourceName: name };
    const denied = {
      ...everybody,
      operation: AclOperationTypes.WRITE,
      permissionType: AclPermissionTypes.DENY,
    };
    // With the first rule for a topic, whoever has none has no right to it.
    const allowed = {
      ...everybody,
      operation: AclOperationTypes.ALL,
      permissionType: AclPermissionTypes.ALLOW,
    };
    await cluster().admin.createAcls({ acl: [allowed, denied] });
    const refusals = () =>
      metric(running, 'stargate_producer_errors_total{kind="TOPIC_AUTHORIZATION_FAILED"}').catch(() => 0);
    const sent = ['before'];
    await eventually(
      async () => {
        sent.push(`denied${sent.length}`);
        await send(running, sent.at(-1)!);
        return (await refusals()) > 5;
      },
      () => `refusals; ${running.stderr()}`,
    );
    expect(await metric(running, 'stargate_refused_records')).toBe(0);
    expect(await metric(running, 'stargate_spool_records')).toBeGreaterThan(1);
    expect(running.stderr()).toMatch(/"event":"log_away".*"code":"STG_LOG_DENIED"/);
    await cluster().admin.deleteAcls({ filters: [denied] });
    await emptied(running);
    await send(running, 'after');
    sent.push('after');
    expect(await running.stop()).toBe(0);
    expect(await namesIn(name)).toEqual(sent.toSorted());
    expect(existsSync(refused())).toBe(false);
  });

  it('while it is set aside processes are killed: nothing that was answered 2xx is missing', async () => {
    const url = await topic();
    const name = url.split('/').at(-1)!;
    let running = await serve(url);
    await largest(name, 5_000);
    await cluster().node(1).kill();
    const sent: string[] = [];
    try {
      for (let n = 0; n < 60; n++) {
        sent.push(`e${n}`);
        await send(running, `e${n}`, n % 3 === 0 ? 20_000 : 0);
      }
    } finally {
      await cluster().node(1).start();
    }
    const aside = () => {
      const path = join(refused(), '00-MESSAGE_TOO_LARGE.ndjson');
      const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
      return text.split('\n').filter(Boolean);
    };
    for (let kills = 0; kills < 3; kills++) {
      const before = aside().length;
      await eventually(
        async () => aside().length > before || (await metric(running, 'stargate_spool_records')) === 0,
        () => `one more aside; ${running.stderr()}`,
      );
      await running.kill();
      running = await serve(url);
    }
    await emptied(running);
    expect(await running.stop()).toBe(0);
    const names = aside().map((line) => JSON.parse(line).event_name as string);
    expect(new Set(names)).toEqual(new Set(sent.filter((_, n) => n % 3 === 0)));
    expect(await namesIn(name)).toEqual(sent.filter((_, n) => n % 3 !== 0).toSorted());
  });
});
