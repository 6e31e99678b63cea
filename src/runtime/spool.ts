/** The log that a collector appends to: where the configuration asks for it, with a spool of this machine above it. */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseConnection } from '../config/connections.js';
import type { Config } from '../config/schema.js';
import { isStargateError } from '../errors.js';
import { FastLog } from '../log/fast/index.js';
import { openLog } from '../log/open.js';
import type { Log, LogRecord } from '../log/port.js';
import { Aside, LateLog, openSpooled, type SpooledLog } from '../log/spooled/index.js';
import type { Logger } from '../server/logger.js';
import type { CollectorMetrics } from '../server/metrics.js';
import { writableFolder } from './folders.js';
import { type Leaving, NONE_LEFT, plainly } from './leaving.js';
import { logOf } from './ports.js';
import { processesOf } from './processes.js';
import { refusedFolder, refusedText } from './refused.js';
import type { RunOptions } from './worker.js';

interface Options extends RunOptions {
  readonly metrics: CollectorMetrics;
}

/** An embedded log is on this machine already: `spool` is the same as `log` there. */
export async function collectingLog(config: Config, slot: number, options: Options): Promise<Leaving> {
  const { onWarning } = options;
  const open = () => logOf(config, { role: 'append', slot, onWarning });
  if (parseConnection(config.log).scheme !== 'kafka') return plainOrFast(config, await open(), options);
  const slow = setTimeout(onWarning, SLOW_MS, SLOW);
  const opening =
    config.ack === 'spool'
      ? overSpool(config, slot, open, options)
      : open().then((log) => plainOrFast(config, log, options));
  return opening.finally(() => clearTimeout(slow));
}

/** Opening may take ten seconds: nobody should wonder for so long. */
const SLOW_MS = 2_000;
const SLOW =
  'Kafka has not opened yet: no broker has answered so far, or none leads the topic. Still trying.';

const plainOrFast = ({ ack }: Config, log: Log, options: Options): Leaving =>
  ack === 'fast' ? fast(log, options) : plainly(log);

function fast(inner: Log, { logger, metrics }: Options): Leaving {
  const onLost = (events: number, error: unknown) => logger('events_lost', { events, code: codeOf(error) });
  const log = new FastLog(inner, { onLost });
  metrics.watchLost(log.lost);
  const { lost } = log;
  const left = async () => ({ ...NONE_LEFT, lost: lost.not_stored + lost.unknown + log.pending });
  return { log, left };
}

async function overSpool(
  config: Config,
  slot: number,
  open: () => Promise<Log>,
  options: Options,
): Promise<Leaving> {
  const { onWarning, logger, metrics } = options;
  const aside = asideOf(config, slot);
  const told = telling(logger, metrics, aside);
  await warnOfRefused(aside, onWarning);
  const spool = await ownSpool(config, slot, onWarning);
  const log = await openOrLater(open, config.log, told.onRetry).catch(async (error) => {
    await spool.close();
    throw error;
  });
  // What processes left that there are no more is the first one's to carry over.
  const abandoned = slot === 0 ? await abandonedSpools(config, onWarning) : [];
  const spooled = await openSpooled(log, spool, { ...told, abandoned });
  metrics.watchSpool(spooled, spoolBytes(config));
  metrics.watchRefused(() => aside.figures());
  return { log: spooled, left: () => leftIn(spooled, aside) };
}

async function leftIn(spooled: SpooledLog, aside: Aside) {
  const [waiting, refused] = await Promise.all([spooled.waiting(), aside.figures()]);
  return { ...NONE_LEFT, waiting: waiting.records, refused: refused.records };
}

/** Beside the spools, and bounded like one. The first process counts for those that there are no more. */
function asideOf(config: Config, slot: number): Aside {
  const own = folderOf(slot);
  const isOurs = (one: string) => one === own || (slot === 0 && Number(one) >= processesOf(config));
  return new Aside(refusedFolder(config), own, spoolBytes(config), isOurs);
}

async function warnOfRefused(aside: Aside, onWarning: (message: string) => void): Promise<void> {
  const { records } = await aside.figures();
  if (records > 0) onWarning(refusedText(records, aside.folder));
}

/** Brokers that are away now may come: what cannot be mended by waiting is thrown. */
async function openOrLater(
  open: () => Promise<Log>,
  url: string,
  onRetry: (error: unknown) => void,
): Promise<Log> {
  try {
    return await open();
  } catch (error) {
    if (!isStargateError(error, 'STG_LOG_UNREACHABLE')) throw error;
    onRetry(error);
    return new LateLog(url.slice(url.lastIndexOf('/') + 1), open, onRetry);
  }
}

/** Each process has a spool of its own, so that one that is started again finds what it left. */
async function ownSpool(config: Config, slot: number, onWarning: (message: string) => void): Promise<Log> {
  const folder = join(config.spool, folderOf(slot));
  await writableFolder(folder, 'STG_LOG_WRITE');
  return openLog(`embedded:${resolve(folder)}`, { role: 'both', maxBytes: spoolBytes(config), onWarning });
}

const spoolBytes = (config: Config): number => Math.floor(config.spoolMax / processesOf(config));

const folderOf = (slot: number): string => String(slot).padStart(2, '0');

/** Spools of processes of an earlier start, which had more of them. */
async function abandonedSpools(config: Config, onWarning: (message: string) => void): Promise<Log[]> {
  const used = new Set(Array.from({ length: processesOf(config) }, (_, slot) => folderOf(slot)));
  const names = (await readdir(config.spool)).filter((name) => /^\d+$/.test(name) && !used.has(name));
  return Promise.all(
    names.map((name) => openLog(`embedded:${resolve(config.spool, name)}`, { role: 'both', onWarning })),
  );
}

function telling(logger: Logger, metrics: CollectorMetrics, aside: Aside) {
  return {
    async setAside(record: LogRecord, why: string): Promise<void> {
      const file = await aside.put(record, why);
      logger('record_refused', { code: 'STG_LOG_REFUSED', got: why, file });
    },
    onRetry: (error: unknown) => logger('log_away', { code: codeOf(error) }),
    onUnreadable: (error: unknown) => {
      const { code = 'STG_BUG', message } = error as NodeJS.ErrnoException;
      logger('spool_unreadable', { code, message: message.slice(0, 300) });
    },
    onReplayed: (records: number) => {
      metrics.replayed += records;
    },
  };
}

const codeOf = (error: unknown): string => (isStargateError(error) ? error.code : 'STG_LOG_WRITE');
