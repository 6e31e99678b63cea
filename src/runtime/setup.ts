/** `stargate setup`: what log and warehouse need before anything runs; a plan first, then its steps. */
import { type Connection, parseConnection } from '../config/connections.js';
import type { Loaded } from '../config/load.js';
import type { SettingName } from '../config/schema.js';
import { openLogSetup } from '../log/open.js';
import type { LogSetup, SetupPlan } from '../log/port.js';
import { kafkaCredentials } from './kafka.js';

export interface Setup {
  readonly plan: SetupPlan;
  apply(): Promise<void>;
  close(): void;
}

/** Looks, and plans. Nothing is changed before `apply`. Errors: those of the log's setup. */
export async function openSetup(loaded: Loaded): Promise<Setup> {
  const log = parseConnection(loaded.config.log);
  const notes = [warehouseNote(parseConnection(loaded.config.warehouse))];
  const setup = await setupOf(log, loaded);
  if (setup === null) {
    const plan = { steps: [], notes: [`Nothing to set up for ${log.scheme}: ${MADE_AT_START}.`, ...notes] };
    return { plan, apply: async () => {}, close: () => {} };
  }
  try {
    const planned = await setup.plan();
    const plan = { ...planned, notes: [...planned.notes, ...notes] };
    return { plan, apply: () => setup.apply(plan), close: () => setup.close() };
  } catch (error) {
    setup.close();
    throw error;
  }
}

const MADE_AT_START = 'what it needs is made when it is first used';

async function setupOf(log: Connection, { config, provenance }: Loaded): Promise<LogSetup | null> {
  const chosen = (name: SettingName): boolean => !provenance[name].startsWith('default');
  const { partitions, replicas, topicRetention: retentionMs } = config;
  return openLogSetup(log, kafkaCredentials(config), {
    ...{ partitions, replicas, retentionMs },
    chosen: [
      ...(chosen('partitions') ? (['partitions'] as const) : []),
      ...(chosen('replicas') ? (['replicas'] as const) : []),
      ...(chosen('topicRetention') ? (['retentionMs'] as const) : []),
    ],
  });
}

function warehouseNote({ scheme }: Connection): string {
  if (scheme === 'bigquery') return 'Tables in BigQuery are not made by this version yet.';
  return `Nothing to set up for ${scheme}: the worker makes its tables and views when it starts.`;
}
