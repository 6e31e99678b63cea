import { readFileSync } from 'node:fs';
import type { KafkaConnection } from '../../config/connections.js';
import { StargateError } from '../../errors.js';
import type { KafkaCredentials } from '../options.js';
import type { ConnectOptions, Sasl } from './options.js';

export type { KafkaCredentials } from '../options.js';

/** How to reach the brokers, in no client's terms: the producer, the consumer and `setup` connect alike. */
export type KafkaSettings = ConnectOptions;

/** Puts URL and credentials together. Errors: STG_CONFIG_INVALID, where the two do not fit or a file cannot be read. */
export function kafkaSettings(
  connection: KafkaConnection,
  credentials: KafkaCredentials = {},
): KafkaSettings {
  return {
    brokers: connection.brokers,
    topic: connection.topic,
    clientId: connection.clientId ?? 'stargate',
    tls: tlsOf(connection, credentials),
    sasl: saslOf(connection, credentials),
  };
}

function tlsOf({ tls }: KafkaConnection, { ca, cert, key }: KafkaCredentials): KafkaSettings['tls'] {
  if (!tls) {
    if (!ca && !cert && !key) return null;
    throw invalid(
      'tls in the Kafka URL',
      'a certificate for a connection in plain text',
      'Add ?tls to --log.',
    );
  }
  if (Boolean(cert) !== Boolean(key))
    throw invalid(
      'a certificate together with its key',
      cert ? 'the certificate alone' : 'the key alone',
      'Set both STARGATE_KAFKA_CERT and STARGATE_KAFKA_KEY, or neither.',
    );
  return {
    ...(ca && { ca: pem(ca) }),
    ...(cert && key && { cert: pem(cert), key: pem(key) }),
  };
}

function saslOf({ sasl }: KafkaConnection, { username, password, token }: KafkaCredentials): Sasl | null {
  if (sasl === null) {
    if (!username && !password) return null;
    throw invalid(
      'sasl in the Kafka URL',
      'a user or password that nothing asks for',
      'Add ?sasl=scram-sha-256 (or plain, scram-sha-512) to --log.',
    );
  }
  if (sasl === 'oauthbearer') {
    if (token) return { mechanism: 'OAUTHBEARER', token };
    throw invalid(
      'a token for oauthbearer',
      'none',
      'Set STARGATE_KAFKA_TOKEN_FILE to the file that holds it.',
    );
  }
  if (!username || !password)
    throw invalid(
      `user and password for ${sasl}`,
      username ? 'no password' : 'no user',
      'Set STARGATE_KAFKA_USERNAME and STARGATE_KAFKA_PASSWORD.',
    );
  const mechanism = sasl.toUpperCase() as 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  return { mechanism, username, password };
}

function pem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalid('a PEM file that can be read', `${path}: ${(cause as NodeJS.ErrnoException).code}`);
  }
}

const invalid = (expected: string, got: string, next?: string): StargateError =>
  new StargateError('STG_CONFIG_INVALID', { expected, got, ...(next && { next }) });
