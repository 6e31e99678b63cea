/** Credentials of a log in Kafka, as the configuration has them. */
import { readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.js';
import type { KafkaCredentials } from '../log/open.js';

export function kafkaCredentials(config: Config): KafkaCredentials {
  const { kafkaTokenFile: file } = config;
  return {
    username: config.kafkaUsername,
    password: config.kafkaPassword,
    ca: config.kafkaCa,
    cert: config.kafkaCert,
    key: config.kafkaKey,
    // Whoever renews the token writes the file anew.
    token: file === null ? null : async () => (await readFile(file, 'utf8')).trim(),
  };
}
