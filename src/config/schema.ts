import { connection } from './connections.js';
import { choice, integer, type Kind, orWord, path, text, toggle, type ValueOf } from './kinds.js';
import { origins } from './origins.js';
import { proxies } from './proxies.js';
import { duration, size } from './quantities.js';
import { secret } from './secrets.js';
import { sources } from './sources.js';

/** One setting. Its environment name is STARGATE_ and the name in capitals; its flag is the name with dashes. */
export interface Setting<T, O extends boolean = boolean> {
  readonly kind: Kind<T>;
  /** As a person would write it in stargate.json; `{data}` stands for the setting `data`. */
  readonly default: unknown;
  /** Without a value it is null. */
  readonly optional: O;
  /** Commands that begin with another default. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** False where no flag sets it: lists of objects, and secrets, which a process list would show. */
  readonly flag: boolean;
  readonly env: boolean;
  /** Its environment name behind STARGATE_, where that is another than the setting's. */
  readonly envAs?: string;
  readonly secret: boolean;
  readonly help: string;
}

type Extra = Partial<Pick<Setting<unknown>, 'defaults' | 'flag' | 'env' | 'envAs' | 'secret'>>;
const common = { flag: true, env: true, secret: false };

const setting = <T>(
  kind: Kind<T>,
  fallback: unknown,
  help: string,
  extra: Extra = {},
): Setting<T, false> => ({
  ...common,
  ...extra,
  kind,
  default: fallback,
  optional: false,
  help,
});
const optional = <T>(kind: Kind<T>, help: string, extra: Extra = {}): Setting<T, true> => ({
  ...common,
  ...extra,
  kind,
  default: null,
  optional: true,
  help,
});

/** Set by environment or file only: `--help` stays short. */
const hidden: Extra = { flag: false };

const port = integer(0, 65_535);
const name = (expected: string) => text('NAME', expected, /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);

/**
 * Every setting, once. Types, flags, environment names, help, defaults, `stargate config` and the JSON Schema of
 * stargate.json are derived from this table.
 */
export const SETTINGS = {
  log: setting(connection('kafka', 'embedded', 'memory'), 'embedded:{data}/log', 'where events go first'),
  warehouse: setting(
    connection('bigquery', 'duckdb', 'memory'),
    'duckdb:{data}/warehouse.duckdb',
    'where rows are written and queried',
  ),
  bigqueryStorageEndpoint: optional(
    text('URL', 'http://HOST:PORT or https://HOST', /^https?:\/\/[A-Za-z0-9.:[\]-]{1,253}\/?$/),
    "address of BigQuery's Storage API, where it is not Google's: an emulator, or a private endpoint",
  ),
  bigqueryEndpoint: optional(
    text('URL', 'http://HOST:PORT or https://HOST', /^https?:\/\/[A-Za-z0-9.:[\]-]{1,253}\/?$/),
    "BigQuery's address, where it is not Google's: an emulator, or a private endpoint",
  ),
  bigqueryRecount: setting(
    duration,
    '0',
    'pause after which the rows of a taken-over stream are counted again, until the number stands still; 0 = once',
  ),
  bigqueryLocation: optional(
    text('REGION', 'a location such as southamerica-east1 or EU', /^[A-Za-z][A-Za-z0-9-]{1,40}$/),
    'where setup makes a new dataset',
  ),
  table: optional(name('the name of a table'), 'event table, where the warehouse URL names none'),
  kafkaDriver: setting(choice('DRIVER', 'own', 'kafkajs'), 'own', 'what speaks with the Kafka brokers'),
  kafkaUsername: optional(text('NAME', 'a user name', /^\S.{0,255}$/), 'user of sasl in the log URL', hidden),
  kafkaPassword: optional(secret, 'password of that user', { ...hidden, secret: true }),
  kafkaTokenFile: optional(
    path('FILE'),
    'file with the token of oauthbearer, read anew for each connection',
    hidden,
  ),
  kafkaCa: optional(path('FILE'), 'authorities trusted for tls in the log URL, in PEM', hidden),
  kafkaCert: optional(path('FILE'), 'certificate to show to the brokers, in PEM', hidden),
  kafkaKey: optional(path('FILE'), 'private key of that certificate, in PEM', hidden),
  kafkaCompression: setting(
    choice('CODEC', 'none', 'snappy', 'lz4', 'gzip'),
    'gzip',
    'compression of batches sent to Kafka',
  ),
  partitions: setting(integer(1, 10_000), 6, 'partitions of the Kafka topic', { envAs: 'KAFKA_PARTITIONS' }),
  replicas: setting(integer(1, 32), 3, 'brokers that keep each record', { envAs: 'KAFKA_REPLICAS' }),
  topicRetention: setting(duration, '7d', 'age at which Kafka deletes records, at most 7d', {
    envAs: 'KAFKA_RETENTION',
  }),
  group: setting(name('the name of a consumer group'), 'stargate', 'consumer group of the worker'),
  data: setting(
    path('DIR'),
    '.stargate',
    'folder of the embedded log, of DuckDB, and of notes of a worker on Kafka',
  ),
  dataMax: setting(size, '10GiB', 'size at which the embedded log takes no more'),
  host: setting(
    text('ADDRESS', 'an address or host name', /^[A-Za-z0-9.:_-]{1,253}$/),
    '127.0.0.1',
    'address to listen on',
    { defaults: { serve: '0.0.0.0' } },
  ),
  port: setting(port, 8000, 'port of the collector; 0 = any free one'),
  adminPort: setting(orWord(port, 'off'), 8001, 'port of metrics and health detail', {
    defaults: { dev: 'off', worker: 8002, latency: 'off' },
  }),
  workers: setting(orWord(integer(1, 256), 'auto'), 'auto', 'processes that serve'),
  ack: setting(choice('PROMISE', 'log', 'spool', 'fast'), 'spool', 'what a success answer promises'),
  spool: setting(path('DIR'), '{data}/spool', 'folder that keeps events while Kafka is away'),
  spoolMax: setting(size, '1GiB', 'size at which a spool takes no more, over all processes'),
  sources: setting(sources, [], 'who may send', { flag: false, env: false }),
  writeKeysFile: optional(path('FILE'), 'file of lines SOURCE_ID=KEY'),
  allowedHosts: setting(origins, [], 'further origins that may send'),
  trustedProxies: setting(proxies, [], 'proxies whose X-Forwarded-For is believed'),
  tlsCert: optional(path('FILE'), 'certificate chain in PEM'),
  tlsKey: optional(path('FILE'), 'private key in PEM'),
  drainWait: setting(duration, '5s', 'time to serve on after readiness turned red', {
    defaults: { dev: '0' },
  }),
  partitionBy: setting(choice('KEY', 'none', 'visitor'), 'none', 'what decides the partition of an event'),
  delivery: setting(
    choice('GUARANTEE', 'exactly-once', 'at-least-once'),
    'exactly-once',
    'guarantee towards the warehouse',
  ),
  from: setting(choice('WHERE', 'earliest', 'latest'), 'earliest', 'where a new group begins'),
  retentionDays: setting(integer(1, 761), 395, 'days that rows are kept'),
  watchConfig: setting(toggle, false, 'read the sources again when the configuration file changes'),
  writeKey: optional(secret, 'server key that loadtest and latency send with', { flag: false, secret: true }),
  apiKey: optional(secret, 'API_KEY of Stargate 2.0, for its route', { flag: false, secret: true }),
  apiSecret: optional(secret, 'API_SECRET of Stargate 2.0, for its route', { flag: false, secret: true }),
} as const;

export type SettingName = keyof typeof SETTINGS;
type Settled<S extends Setting<unknown>> = ValueOf<S['kind']> | (S['optional'] extends true ? null : never);

/** Every effective value. Sizes are bytes, durations milliseconds, URLs and paths text. */
export type Config = { readonly [N in SettingName]: Settled<(typeof SETTINGS)[N]> };

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

const separate = (camel: string, by: string) => camel.replace(/[A-Z]/g, (letter) => `${by}${letter}`);

/** `adminPort` → `STARGATE_ADMIN_PORT` */
export const envName = (setting: string): string => {
  const { envAs } = (SETTINGS as Readonly<Record<string, Pick<Setting<unknown>, 'envAs'>>>)[setting] ?? {};
  return `STARGATE_${envAs ?? separate(setting, '_').toUpperCase()}`;
};

/** `adminPort` → `--admin-port` */
export const flagName = (setting: string): string => `--${separate(setting, '-').toLowerCase()}`;
