/** `stargate setup`: what log and warehouse need before anything runs; a plan first, then its steps. */
import { type Connection, parseConnection } from '../config/connections.js';
import type { Loaded } from '../config/load.js';
import type { SettingName } from '../config/schema.js';
import { openLogSetup, type TopicWishes } from '../log/open.js';
import type { LogSetup, SetupPlan } from '../log/port.js';
import { openWarehouseSetup } from '../warehouse/open.js';
import { kafkaCredentials } from './kafka.js';
import { bigqueryOf } from './ports.js';

export interface Setup {
  readonly plan: SetupPlan;
  apply(): Promise<void>;
  close(): void;
}

/**
 * Looks at both, and plans. Nothing is changed before `apply`: first what the log needs, then the warehouse.
 * Errors: those of the setups of log and warehouse.
 */
export async function openSetup(loaded: Loaded): Promise<Setup> {
  const [log, warehouse] = [loaded.config.log, loaded.config.warehouse].map(parseConnection);
  const topic = await setupOf(log as Connection, loaded);
  try {
    const tables = await openWarehouseSetup(warehouse as Connection, bigqueryOf(loaded.config));
    const [first, second] = await Promise.all([topic?.plan(), tables?.plan()]);
    const notes = [...notesOf(log as Connection, first), ...notesOf(warehouse as Connection, second)];
    return {
      plan: { steps: [...(first?.steps ?? []), ...(second?.steps ?? [])], notes },
      async apply() {
        if (first) await topic?.apply(first);
        if (second) await tables?.apply(second);
      },
      close: () => topic?.close(),
    };
  } catch (error) {
    topic?.close();
    throw error;
  }
}

const notesOf = ({ scheme }: Connection, plan: Pick<SetupPlan, 'notes'> | undefined): readonly string[] =>
  plan?.notes ?? [`Nothing to set up for ${scheme}: what it needs is made when it is first used.`];

const setupOf = (log: Connection, loaded: Loaded): Promise<LogSetup | null> =>
  openLogSetup(log, kafkaCredentials(loaded.config), wishesOf(loaded));

/** What a topic is to be like, and which of it somebody chose. */
export function wishesOf({ config, provenance }: Loaded): TopicWishes {
  const chosen = (name: SettingName): boolean => !provenance[name].startsWith('default');
  const { partitions, replicas, topicRetention: retentionMs } = config;
  return {
    ...{ partitions, replicas, retentionMs },
    chosen: [
      ...(chosen('partitions') ? (['partitions'] as const) : []),
      ...(chosen('replicas') ? (['replicas'] as const) : []),
      ...(chosen('topicRetention') ? (['retentionMs'] as const) : []),
    ],
  };
}
