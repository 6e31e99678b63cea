/** OAUTHBEARER against a real broker, by Kafka's unsecured tokens: from the file to the row, and what a bad one says. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stargate } from '../../helpers/cli.js';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { describeWith } from '../../helpers/needs.js';
import { eventually, start } from '../../helpers/running.js';
import { expectFault, rows, send, workingFolder } from '../commands/support.js';
import { SERVE } from './serving.js';

const LOGIN = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule';
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token without a signature (RFC 7515, alg "none") that ends so many seconds from now. */
const token = (seconds: number, alg = 'none'): string => {
  const now = Date.now() / 1_000;
  return `${part({ alg })}.${part({ sub: 'alice', iat: now - 3_600, exp: now + seconds })}.`;
};

describeWith('kafka', 'serve with a token of OAUTHBEARER', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({
      users: {},
      properties: {
        'listener.name.secure.sasl.enabled.mechanisms': 'OAUTHBEARER',
        'listener.name.secure.oauthbearer.sasl.jaas.config': `${LOGIN} required unsecuredLoginStringClaim_sub="broker";`,
      },
    });
  });
  afterAll(() => cluster?.close());
  const folder = workingFolder();

  async function given(text: string | null): Promise<{ url: string; env: Record<string, string> }> {
    const file = join(folder(), 'token');
    if (text !== null) writeFileSync(file, `${text}\n`);
    const name = `t-${randomUUID()}`;
    await cluster.createTopic(name);
    const url = `kafka://${cluster.secureBrokers.join()}/${name}?sasl=oauthbearer`;
    return { url, env: { STARGATE_KAFKA_TOKEN_FILE: file } };
  }

  it('serves and works, and reads a token anew for each connection', async () => {
    const { url, env } = await given(token(3_600));
    const options = { cwd: folder(), env };
    const collector = await start([...SERVE, '--workers', '1', '--log', url], options);
    expect((await send(collector.ready.collector!, 'first')).status).toBe(202);
    // Connections that there are stay; those of the worker would be refused with the old one.
    writeFileSync(env.STARGATE_KAFKA_TOKEN_FILE!, token(-60));
    expect((await send(collector.ready.collector!, 'second')).status).toBe(202);
    expectFault(
      await stargate(['worker', '--log', url, '--admin-port', 'off'], options),
      'STG_LOG_DENIED',
      1,
      'STARGATE_KAFKA_TOKEN_FILE',
    );
    writeFileSync(env.STARGATE_KAFKA_TOKEN_FILE!, token(3_600));
    const worker = await start(['worker', '--log', url, '--admin-port', '0'], options);
    await eventually(
      async () => (await rows<{ n: number }>(folder(), 'SELECT count(*) AS n FROM events'))[0]!.n === 2,
      () => `two rows; ${worker.stderr()}`,
    );
    expect(await worker.stop()).toBe(0);
    expect(await collector.stop()).toBe(0);
  });

  it.each([
    ['expired', () => token(-60)],
    ['of another kind', () => token(3_600, 'RS256')],
    ['that is none', () => 'not a token'],
  ])('a token %s: STG_LOG_DENIED, and where it came from', async (_, make) => {
    const text = make();
    const { url, env } = await given(text);
    const begin = performance.now();
    const run = await stargate([...SERVE, '--workers', '1', '--log', url], { cwd: folder(), env });
    expectFault(run, 'STG_LOG_DENIED', 1, 'STARGATE_KAFKA_TOKEN_FILE');
    expect(run.stderr).not.toContain(text);
    expect(performance.now() - begin).toBeLessThan(9_000);
  });

  it('a file that is not there is named', async () => {
    const { url, env } = await given(null);
    const run = await stargate([...SERVE, '--workers', '1', '--log', url], { cwd: folder(), env });
    expectFault(run, 'STG_CONFIG_INVALID', 2, env.STARGATE_KAFKA_TOKEN_FILE!);
  });
});
