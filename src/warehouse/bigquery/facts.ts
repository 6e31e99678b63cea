/** What a dataset holds, as far as setting up has to know. */
import type { OldTable } from './views/index.js';

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly mode: string;
  readonly description?: string | undefined;
  readonly fields?: readonly Column[] | undefined;
}

export interface Found {
  /** TABLE, VIEW, and others that are never ours. */
  readonly type: string;
  readonly description: string;
  readonly columns: readonly Column[];
  /** Column by whose day it is partitioned; null where it is not, or otherwise. */
  readonly partitionedBy: string | null;
  /** Null: for ever. */
  readonly days: number | null;
  readonly filter: boolean;
  readonly cluster: readonly string[];
}

export interface Facts {
  /** Null where there is no dataset. */
  readonly location: string | null;
  readonly tables: ReadonlyMap<string, Found>;
  /** Descriptions of table functions. */
  readonly functions: ReadonlyMap<string, string>;
  /** Tables of Stargate 2.0. */
  readonly old: readonly (OldTable & { readonly name: string })[];
}

const TEN =
  'hitType page clientId eventCategory eventAction eventLabel utmSource utmMedium utmCampaign timestampGTM';
const OLD = [...TEN.split(' '), 'key', 'topic', 'partition', 'offset', 'timestamp'];

/** Whether Stargate 2.0 made the table: its columns, and no partitions. */
export const isOld = ({ type, partitionedBy, columns }: Found): boolean =>
  type === 'TABLE' &&
  partitionedBy === null &&
  OLD.every((name) => columns.some((column) => column.name === name)) &&
  !columns.some(({ name }) => name === 'received_at');
