/** What `doctor` asks a log in a folder of this machine. Only reads: whoever owns the log does not notice. */
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  type Check,
  type Commands,
  count,
  failed,
  type Observation,
  ok,
  shared,
  span,
  told,
  warning,
  word,
} from '../../doctor/port.js';
import { isStargateError } from '../../errors.js';
import { judgeLag } from '../lag.js';
import type { PartitionLag } from '../port.js';
import { isMissing, realDisk } from './disk.js';
import { EndReader } from './end-file.js';
import { Ends } from './ends.js';
import { Groups } from './groups.js';
import { LagMeter } from './lag.js';
import { ownerOf } from './lock.js';
import { readMeta } from './meta.js';
import { checkHeader, listSegments, segmentName } from './segment.js';

export interface EmbeddedCheckOptions {
  readonly group: string;
  readonly commands: Commands;
}

export function embeddedChecks(folder: string, { group, commands }: EmbeddedCheckOptions): Check[] {
  return [
    { code: 'STG_LOG_FOLDER', look: () => folderState(folder) },
    {
      code: 'STG_GROUP_LAG',
      async look() {
        if ((await partitions(folder)).length === 0) return ok('nothing has been written yet');
        return judgeLag(await lagOf(folder, group), { group, retention: null, worker: commands.worker });
      },
    },
  ];
}

/** Spools of the processes of `serve`, one folder each. Processes beyond `processes` are from an earlier start. */
export function spoolChecks(spool: string, processes: number, { serve }: Commands): Check[] {
  const look = shared(() => spoolStates(spool));
  return [
    {
      code: 'STG_SPOOL_WAITING',
      look: async () => waiting(await look(), serve),
    },
    {
      code: 'STG_SPOOL_ABANDONED',
      async look() {
        const left = (await look()).filter(({ slot, records }) => slot >= processes && records > 0);
        if (left.length === 0) return ok('none');
        const names = left.map(({ slot }) => String(slot).padStart(2, '0')).join(', ');
        const records = left.reduce((sum, each) => sum + each.records, 0);
        return warning(
          `${count(records, 'event')} in ${names}, which none of ${count(processes, 'process')} writes any more`,
          `${serve} carries them over at its start`,
        );
      },
    },
  ];
}

interface SpoolState {
  readonly slot: number;
  readonly records: number;
  readonly seconds: number;
  /** Whether a living process has it. */
  readonly owned: boolean;
}

async function spoolStates(spool: string): Promise<SpoolState[]> {
  const names = (await namesIn(spool)).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    names.map(async (name) => {
      const folder = join(spool, name);
      const lags = await lagOf(folder, 'replay');
      const owners = await Promise.all((await partitions(folder)).map(ownerOf));
      return {
        slot: Number(name),
        records: lags.reduce((sum, lag) => sum + lag.records, 0),
        seconds: Math.max(0, ...lags.map(({ seconds }) => seconds ?? 0)),
        owned: owners.some((owner) => owner !== null),
      };
    }),
  );
}

function waiting(all: readonly SpoolState[], serve: string): Observation {
  const records = all.reduce((sum, each) => sum + each.records, 0);
  if (records === 0) return ok('nothing waits');
  const told = `${count(records, 'event')} of up to ${span(Math.max(...all.map(({ seconds }) => seconds)))}`;
  if (all.some(({ records: some, owned }) => some > 0 && !owned))
    return failed(`${told} wait, and no process carries them over`, serve);
  return warning(`${told} wait while the log does not take them`, 'stargate doctor log says why');
}

/** Folders of partitions; none where the log is not there. */
async function partitions(folder: string): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => /^\d{5}$/.test(name)).map((name) => join(folder, name));
}

const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error) => {
    if (isMissing(error)) return [];
    throw error;
  });

async function lagOf(folder: string, group: string): Promise<readonly PartitionLag[]> {
  const log = resolve(folder);
  if ((await partitions(log)).length === 0) return [];
  const ends = new Ends(log);
  const meter = new LagMeter(log, ends, new Groups(realDisk, log));
  try {
    return await meter.measure(group);
  } finally {
    await meter.close();
    ends.close();
  }
}

async function folderState(folder: string): Promise<Observation> {
  const all = await partitions(folder);
  if (all.length === 0) return ok('not there yet: made when it is first written');
  try {
    const id = await readMeta(join(folder, 'stargate-log.json'));
    if (id === null) return failed(`${folder} has partitions and no stargate-log.json, which holds its id`);
    const short = (await Promise.all(all.map(shortfall))).find((each) => each !== null);
    if (short) return failed(short, 'restore that file; the next start goes on without its records');
    const kept = (await Promise.all(all.map((each) => namesIn(join(each, 'corrupt'))))).flat().length;
    if (kept > 0)
      return warning(`${count(kept, 'damaged piece')} of it kept aside`, `ls -l ${word(folder)}/*/corrupt`);
    const owners = (await Promise.all(all.map(ownerOf))).filter((owner) => owner !== null);
    const used = owners.map(({ pid }) => `process ${pid}`).join(', ');
    return ok(used === '' ? 'intact, and free' : `intact, in use by ${used}`);
  } catch (error) {
    if (!isStargateError(error)) throw error;
    return failed(told(error), error.next);
  }
}

/** What was published as durable, and of which the disk has no bytes; null where all is there. */
async function shortfall(folder: string): Promise<string | null> {
  const reader = new EndReader(folder);
  const end = reader.read()?.end;
  reader.close();
  for (const base of await listSegments(folder)) await checkHeader(folder, base).catch(unlessGone);
  if (!end) return null;
  const name = segmentName(end.base);
  const size = await stat(join(folder, name)).then(
    (found) => found.size,
    () => 0,
  );
  // A newer segment has begun meanwhile, and the older one may be deleted.
  if (size >= end.bytes || (await listSegments(folder)).some((base) => base > end.base)) return null;
  return `${join(folder, name)} has ${size} bytes, and ${end.bytes} were acknowledged`;
}

/** Segments that all have read are deleted meanwhile. */
function unlessGone(error: unknown): void {
  if (!isMissing(error)) throw error;
}
