import { resolve } from 'node:path';
import { type Connection, type KafkaConnection, parseConnection } from '../config/connections.js';
import type { Check, Checks, Commands } from '../doctor/port.js';
import { StargateError } from '../errors.js';
import type { EraseOptions } from './embedded/erase.js';
import type { TopicWishes } from './kafka/admin-plan.js';
import type { KafkaCredentials } from './kafka/connect.js';
import type { OpenLogOptions } from './options.js';
import type { ErasedRecords, Log, LogSetup } from './port.js';

export type { TopicWishes } from './kafka/admin-plan.js';
export type { KafkaCredentials } from './kafka/connect.js';
export type { OpenLogOptions } from './options.js';

/**
 * Opens the log that a URL names: `kafka://HOST:PORT/TOPIC`, `embedded:DIR`, a folder of this machine, or
 * `memory:NAME`, a log that lives as long as the process and is shared by name. Throws STG_CONNECTION_UNSUPPORTED for
 * anything else, and what the log itself says when it cannot be opened.
 */
export async function openLog(url: string, options: OpenLogOptions): Promise<Log> {
  const [, scheme, rest = ''] = /^([a-z]+):(.*)$/s.exec(url) ?? [];
  if (scheme === 'embedded' && rest !== '') {
    const { openEmbedded } = await import('./embedded/index.js');
    return openEmbedded(resolve(rest), options);
  }
  if (scheme === 'kafka') {
    const connection = parseConnection(url) as KafkaConnection;
    const { openKafka } = await import('./kafka/index.js');
    return openKafka(connection, options);
  }
  if (scheme === 'memory') {
    const { openMemory } = await import('./memory.js');
    return openMemory(rest, options);
  }
  throw new StargateError('STG_CONNECTION_UNSUPPORTED', {
    expected: 'kafka://HOST:PORT/TOPIC, embedded:FOLDER or memory:NAME',
    // A URL of another log may hold a password.
    got: scheme ? `${scheme}:` : 'no scheme',
  });
}

/** What prepares the log that is named there; null for logs that need no preparation. Errors: STG_CONFIG_INVALID. */
export async function openLogSetup(
  connection: Connection,
  credentials: KafkaCredentials,
  wishes: TopicWishes,
): Promise<LogSetup | null> {
  if (connection.scheme !== 'kafka') return null;
  const { kafkaSettings } = await import('./kafka/connect.js');
  const settings = kafkaSettings(connection, credentials);
  const { KafkaSetup } = await import('./kafka/admin.js');
  return new KafkaSetup(settings, wishes);
}

/**
 * Takes records out of a log on this machine that nobody owns; null for logs elsewhere, which only age takes records
 * from. Errors: STG_LOG_LOCKED.
 */
export async function eraseFromLog(
  connection: Connection,
  options: EraseOptions,
): Promise<ErasedRecords | null> {
  if (connection.scheme !== 'embedded') return null;
  const { eraseRecords } = await import('./embedded/erase.js');
  return eraseRecords(resolve(connection.folder), options);
}

export interface LogCheckOptions {
  readonly credentials: KafkaCredentials;
  readonly wishes: TopicWishes;
  readonly group: string;
  readonly commands: Commands;
}

/** What `doctor` asks the log that is named there. Errors: STG_CONFIG_INVALID, where URL and credentials do not fit. */
export async function openLogChecks(connection: Connection, options: LogCheckOptions): Promise<Checks> {
  if (connection.scheme === 'kafka') {
    const { kafkaSettings } = await import('./kafka/connect.js');
    const { kafkaChecks } = await import('./kafka/checks.js');
    return kafkaChecks(kafkaSettings(connection, options.credentials), options);
  }
  const close = async (): Promise<void> => {};
  if (connection.scheme !== 'embedded') return { checks: [], close };
  const { embeddedChecks } = await import('./embedded/checks.js');
  return { checks: embeddedChecks(connection.folder, options), close };
}

/** What `doctor` asks of the spools in a folder, of so many processes. */
export async function openSpoolChecks(
  folder: string,
  processes: number,
  commands: Commands,
): Promise<Check[]> {
  const { spoolChecks } = await import('./embedded/checks.js');
  return spoolChecks(resolve(folder), processes, commands);
}
