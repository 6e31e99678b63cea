import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type KafkaConnection, parseConnection } from '../../../src/config/connections.js';
import { type KafkaCredentials, kafkaSettings } from '../../../src/log/kafka/connect.js';

const folder = mkdtempSync(join(tmpdir(), 'stargate-connect-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string): string => {
  writeFileSync(join(folder, name), `PEM of ${name}`);
  return join(folder, name);
};
const settings = (query: string, credentials: KafkaCredentials = {}) =>
  kafkaSettings(parseConnection(`kafka://a:1,b:2/t${query}`) as KafkaConnection, credentials);

describe('settings of a Kafka connection', () => {
  it('are plain text without credentials', () => {
    expect(settings('')).toEqual({
      ...{
        brokers: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
        topic: 't',
        clientId: 'stargate',
      },
      ...{ tls: null, sasl: null },
    });
  });

  it('take certificates and users from where the configuration names them', () => {
    const pems = { ca: file('ca'), cert: file('cert'), key: file('key') };
    const found = settings('?tls&sasl=scram-sha-512&client-id=me', { ...pems, username: 'u', password: 'p' });
    expect(found).toMatchObject({
      clientId: 'me',
      tls: { ca: 'PEM of ca', cert: 'PEM of cert', key: 'PEM of key' },
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'p' },
    });
    expect(settings('?tls').tls).toEqual({});
    const token = async () => 'bearer';
    expect(settings('?sasl=oauthbearer', { token }).sasl).toEqual({ mechanism: 'OAUTHBEARER', token });
  });

  it.each<[string, string, KafkaCredentials, string]>([
    ['a user without sasl', '', { username: 'u', password: 'secret' }, 'sasl in the Kafka URL'],
    ['sasl without a password', '?sasl=plain', { username: 'u' }, 'user and password for plain'],
    ['sasl without a user', '?sasl=plain', { password: 'secret' }, 'user and password for plain'],
    ['oauthbearer without a token', '?sasl=oauthbearer', {}, 'a token for oauthbearer'],
    ['a certificate without tls', '', { ca: '/nowhere' }, 'tls in the Kafka URL'],
    ['a certificate without its key', '?tls', { cert: '/nowhere' }, 'a certificate together with its key'],
    ['a file that is not there', '?tls', { ca: '/nowhere/ca.pem' }, 'a PEM file that can be read'],
  ])('refuse %s', (_name, query, credentials, expected) => {
    expect(() => settings(query, credentials)).toThrow(
      expect.objectContaining({
        code: 'STG_CONFIG_INVALID',
        expected,
        got: expect.not.stringContaining('secret'),
      }),
    );
  });
});
