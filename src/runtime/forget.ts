/** `stargate forget`: a person out of warehouse, log and spool. First counted, then erased. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseConnection } from '../config/connections.js';
import type { Config } from '../config/schema.js';
import { aboutPerson, type Person } from '../event/person.js';
import { eraseFromLog } from '../log/open.js';
import type { ErasedRecords } from '../log/port.js';
import { openErasure } from '../warehouse/open.js';
import type { PersonRows } from '../warehouse/port.js';
import { bigqueryOf } from './ports.js';
import { eraseRefused } from './refused.js';

export interface Forgotten {
  readonly warehouse: PersonRows;
  /** Null where the log is elsewhere. */
  readonly log: ErasedRecords | null;
  readonly spool: ErasedRecords;
}

export interface Forgetting {
  find(): Promise<Forgotten>;
  erase(): Promise<Forgotten>;
  /** Sentences about what is left, and until when. */
  remains(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Opens the warehouse as its owner. Errors: STG_WAREHOUSE_LOCKED beside a running dev or worker, and of opening. */
export async function openForgetting(config: Config, person: Person): Promise<Forgetting> {
  const log = parseConnection(config.log);
  const erasure = await openErasure(parseConnection(config.warehouse), {
    bigquery: bigqueryOf(config),
    ...(config.table !== null && { table: config.table }),
  });
  const about = aboutPerson(person);
  const archives = async (dryRun: boolean) => ({
    log: await eraseFromLog(log, { about, dryRun, waitingToo: false }),
    // What waits there is in no log yet: what stands in its place is carried over as a rejected record. The spools go first:
    // whose owner runs, so that their files may be written, ends it here.
    spool: sumOf(
      await spools(config, (folder) =>
        eraseFromLog({ scheme: 'embedded', folder }, { about, dryRun, waitingToo: true }),
      ),
      await eraseRefused(config, about, dryRun),
    ),
  });
  return {
    find: async () => ({ warehouse: await erasure.find(person), ...(await archives(true)) }),
    // The log first: what it still held could be stored once more by a new group.
    async erase() {
      const found = await archives(false);
      return { warehouse: await erasure.erase(person), ...found };
    },
    remains: async () => [...(await erasure.remains()), ...logRemains(log.scheme)],
    close: () => erasure.close(),
  };
}

const logRemains = (scheme: string): readonly string[] =>
  scheme === 'kafka'
    ? ['Kafka keeps its records until they are as old as the retention of the topic: 7 days by default.']
    : [];

const sumOf = (one: ErasedRecords, other: ErasedRecords): ErasedRecords => ({
  erased: one.erased + other.erased,
  waiting: one.waiting + other.waiting,
});

async function spools(
  { spool }: Config,
  erase: (folder: string) => Promise<ErasedRecords | null>,
): Promise<ErasedRecords> {
  const names = await readdir(spool).catch(() => []);
  let sum: ErasedRecords = { erased: 0, waiting: 0 };
  for (const name of names.filter((each) => /^\d+$/.test(each)))
    sum = sumOf(sum, (await erase(join(spool, name))) ?? { erased: 0, waiting: 0 });
  return sum;
}
