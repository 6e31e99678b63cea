import { quoteName } from '../../../event/derive/duckdb.js';
import { deduped } from './deduped.js';
import { ga4 } from './ga4.js';
import { sessions } from './sessions.js';
import { v2Compat } from './v2.js';

export interface View {
  readonly name: string;
  readonly sql: string;
}

/** The views over the event table, in an order in which they can be made. */
export function viewsOf(table: string): readonly View[] {
  const views = [
    { name: 'events_deduped', select: deduped(quoteName(table)) },
    { name: 'events_ga4', select: ga4('events_deduped') },
    { name: 'events_v2_compat', select: v2Compat(quoteName(table)) },
    { name: 'sessions', select: sessions('events_deduped') },
  ];
  // Queries and docs say `events`, whatever the table is called.
  if (table !== 'events') views.unshift({ name: 'events', select: `SELECT * FROM ${quoteName(table)}` });
  return views.map(({ name, select }) => ({
    name,
    sql: `CREATE OR REPLACE VIEW ${quoteName(name)} AS ${select}`,
  }));
}
