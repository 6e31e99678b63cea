/** Credentials of a log in Kafka, as the configuration has them. */
import { readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.js';
import { StargateError } from '../errors.js';
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
    token: file === null ? null : () => tokenIn(file),
  };
}

async function tokenIn(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new StargateError('STG_CONFIG_INVALID', {
      message: 'The file with the Kafka token cannot be read.',
      expected: 'a token in the file of STARGATE_KAFKA_TOKEN_FILE',
      got: `${(cause as NodeJS.ErrnoException).code ?? 'an error'}: ${file}`,
      next: 'Let whatever renews the token write it there, readable for this user.',
      cause,
    });
  }
}
