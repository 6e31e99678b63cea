/** `stargate doctor`: the checks of every room, over one configuration. */
import { dirname } from 'node:path';
import { type Connection, parseConnection } from '../config/connections.js';
import type { Loaded } from '../config/load.js';
import type { SecretFile } from '../config/secret-files.js';
import { certificateCheck } from '../doctor/certificate.js';
import { clockCheck } from '../doctor/clock.js';
import { CHECKS, type Component } from '../doctor/codes.js';
import { diskCheck } from '../doctor/disk.js';
import { examine } from '../doctor/examine.js';
import { secretFileCheck } from '../doctor/files.js';
import { type Listening, portCheck } from '../doctor/listening.js';
import { descriptorsCheck, nodeCheck } from '../doctor/machine.js';
import type { Check, Checks, Commands, Finding } from '../doctor/port.js';
import { faultChecks, ignoredChecks, settingsCheck, untoldChecks } from '../doctor/settings.js';
import { isStargateError, type StargateError } from '../errors.js';
import { openLogChecks, openSpoolChecks } from '../log/open.js';
import { descriptors } from '../server/descriptors.js';
import { openWarehouseChecks } from '../warehouse/open.js';
import { kafkaCredentials } from './kafka.js';
import { bigqueryOf } from './ports.js';
import { processesOf } from './processes.js';
import { refusedCheck } from './refused.js';
import { wishesOf } from './setup.js';

export interface Patient {
  /** The configuration as `serve` has it, or why it has none. */
  readonly serve: Loaded | StargateError;
  /** Admin port of `worker`, whose default is another. */
  readonly workerPort: number | 'off';
  readonly secrets: readonly SecretFile[];
  readonly commands: Commands;
  readonly node: string;
}

/** What was found, by component and in the order of the checks. Nothing is changed. */
export async function diagnose(patient: Patient, only: Component | null): Promise<readonly Finding[]> {
  const rooms = await roomsOf(patient, only);
  try {
    const checks = rooms.flatMap(({ checks: all }) => all);
    return await examine(checks.filter(({ code }) => only === null || CHECKS[code].component === only));
  } finally {
    await Promise.all(rooms.map(({ close }) => close()));
  }
}

const plain = (checks: readonly Check[]): Checks => ({ checks, close: async () => {} });

async function roomsOf(patient: Patient, only: Component | null): Promise<Checks[]> {
  const { serve, secrets, node, commands } = patient;
  const machine = [nodeCheck(node), descriptorsCheck(descriptors())];
  if (isStargateError(serve)) return [plain([...machine, ...faultChecks(serve), ...untoldChecks(UNTOLD)])];
  const { config } = serve;
  const [log, warehouse] = [config.log, config.warehouse].map(parseConnection) as [Connection, Connection];
  const wants = (component: Component) => only === null || only === component;
  return [
    plain([
      ...machine,
      clockCheck(warehouse.scheme === 'bigquery' ? (config.bigqueryEndpoint ?? GOOGLE) : null),
      ...disks(serve, log, warehouse),
      ...ports(patient, serve),
    ]),
    plain([settingsCheck(serve.file), ...ignoredChecks(serve.notices), ...secrets.map(secretFileCheck)]),
    plain(config.tlsCert && config.tlsKey ? [certificateCheck(config.tlsCert, config.tlsKey)] : []),
    wants('log') ? await logChecks(log, serve, commands) : plain([]),
    plain([...(await openSpoolChecks(config.spool, processesOf(config), commands)), refusedCheck(config)]),
    wants('warehouse') ? await warehouseChecks(warehouse, serve, commands) : plain([]),
  ];
}

const GOOGLE = 'https://bigquery.googleapis.com/';

/** One of each part that only a configuration leads to. */
const UNTOLD = ['STG_DISK', 'STG_PORT', 'STG_KAFKA', 'STG_SPOOL_WAITING', 'STG_WAREHOUSE'] as const;

function disks({ config }: Loaded, log: Connection, warehouse: Connection): Check[] {
  const { dataMax, spool, spoolMax, ack } = config;
  return [
    ...(log.scheme === 'embedded'
      ? [diskCheck({ what: 'log', folder: log.folder, most: dataMax, flag: '--data-max' })]
      : []),
    ...(log.scheme === 'kafka' && ack === 'spool'
      ? [diskCheck({ what: 'spool', folder: spool, most: spoolMax, flag: '--spool-max' })]
      : []),
    ...(warehouse.scheme === 'duckdb'
      ? [diskCheck({ what: 'warehouse', folder: dirname(warehouse.file), most: null, flag: null })]
      : []),
  ];
}

function ports({ workerPort }: Patient, { config }: Loaded): Check[] {
  const { host, port, adminPort, tlsCert } = config;
  const loopback = { host: '127.0.0.1', tls: false, flag: '--admin-port' };
  const all: Listening[] = [
    { command: 'serve', flag: '--port', host, port, tls: tlsCert !== null },
    ...(adminPort === 'off' ? [] : [{ ...loopback, command: 'serve', port: adminPort }]),
    ...(workerPort === 'off' ? [] : [{ ...loopback, command: 'worker', port: workerPort }]),
  ];
  return all.map(portCheck);
}

async function logChecks(log: Connection, loaded: Loaded, commands: Commands): Promise<Checks> {
  const { config } = loaded;
  const wishes = wishesOf(loaded);
  try {
    const credentials = kafkaCredentials(config);
    return await openLogChecks(log, { credentials, wishes, group: config.group, commands });
  } catch (error) {
    // URL and credentials do not fit: no broker was asked.
    if (!isStargateError(error, 'STG_CONFIG_INVALID')) throw error;
    return plain(faultChecks(error).map(({ look }) => ({ code: 'STG_KAFKA', look })));
  }
}

function warehouseChecks(warehouse: Connection, { config }: Loaded, commands: Commands): Promise<Checks> {
  return openWarehouseChecks(warehouse, {
    table: config.table ?? 'events',
    bigquery: bigqueryOf(config),
    storageEndpoint: config.bigqueryStorageEndpoint,
    commands,
  });
}
