/** The tables that Stargate has in a dataset, as they should be. Pure. */
import { type BigQueryColumn, bigQuerySchema } from '../../event/derive/bigquery.js';
import { FIELDS, type Field, REJECTED_FIELDS } from '../../event/fields.js';
import type { BigquerySettings } from './settings.js';

export const REJECTED = 'events_rejected';
export const POSITIONS = 'stargate_positions';

/** The highest position of a log and partition counts. */
export const POSITION_FIELDS = [
  { name: 'log', type: 'STRING', mode: 'REQUIRED', doc: 'Id of the log.' },
  { name: 'topic', type: 'STRING', mode: 'REQUIRED', doc: 'Its topic, as in kafka_topic.' },
  { name: 'partition', type: 'INT64', mode: 'REQUIRED', doc: 'Partition.' },
  { name: 'position', type: 'INT64', doc: 'Highest offset whose record is stored; null when it was opened.' },
  { name: 'updated_at', type: 'TIMESTAMP', mode: 'REQUIRED', doc: 'When the row was written.' },
] as const satisfies readonly Field[];

export interface Table {
  readonly name: string;
  readonly description: string;
  readonly columns: readonly BigQueryColumn[];
  /** By day of `received_at`, each kept for so many days. */
  readonly days: number | null;
  /** Whether queries must name the partitions that they read. */
  readonly filter: boolean;
  readonly cluster: readonly string[];
}

/** What is rejected is for people who mend a page: they look within days. */
const REJECTED_DAYS = 30;

export function tablesOf({ table, retentionDays }: BigquerySettings): readonly Table[] {
  return [
    {
      name: table,
      description: 'Events of Stargate, one row each. Queries must filter received_at.',
      columns: bigQuerySchema(FIELDS),
      days: retentionDays,
      filter: true,
      cluster: ['event_name', 'user_pseudo_id'],
    },
    {
      name: REJECTED,
      description: 'What came in and is no event, with the reason and the place.',
      columns: bigQuerySchema(REJECTED_FIELDS),
      days: Math.min(REJECTED_DAYS, retentionDays),
      filter: false,
      cluster: ['reason'],
    },
    {
      name: POSITIONS,
      description: 'How far each partition of the log is stored. Not to be deleted: Stargate resumes by it.',
      columns: bigQuerySchema(POSITION_FIELDS),
      days: null,
      filter: false,
      cluster: ['log'],
    },
  ];
}
