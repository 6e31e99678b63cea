import { createHash } from 'node:crypto';
import { type BigquerySettings, pathOf } from '../settings.js';
import { between, deduped } from './deduped.js';
import { ga4 } from './ga4.js';
import { sessions } from './sessions.js';
import { type OldTable, v2Compat } from './v2.js';

export type { OldTable } from './v2.js';

/** A view, or a table function of a span of received_at, over the event table. */
export interface View {
  readonly name: string;
  readonly kind: 'view' | 'function';
  /** Ends with a hash of the text: BigQuery may keep the text itself in other words. */
  readonly description: string;
  /** CREATE OR REPLACE. */
  readonly sql: string;
}

const SPAN = '(start_time TIMESTAMP, end_time TIMESTAMP)';

/** In an order in which they can be made. `columns` are those of the table: a view is made anew when they change. */
export function viewsOf(
  settings: BigquerySettings,
  columns: readonly string[],
  old: readonly OldTable[],
): readonly View[] {
  const events = pathOf(settings, settings.table);
  const view = (name: string, doc: string, select: string, kind: View['kind'] = 'view'): View => {
    const hash = createHash('sha256').update(`${select}\n${columns.join()}`).digest('hex').slice(0, 12);
    const description = `${doc} Layout ${hash}.`;
    const head = kind === 'view' ? 'VIEW' : 'TABLE FUNCTION';
    const what = `${pathOf(settings, name)}${kind === 'view' ? '' : SPAN}`;
    const sql = `CREATE OR REPLACE ${head} ${what}\nOPTIONS (description = '${description}')\nAS ${kind === 'view' ? select : `SELECT * FROM (\n${select}\n)`}`;
    return { name, kind, description, sql };
  };
  const once = pathOf(settings, 'events_deduped');
  const span = `${pathOf(settings, 'events_between')}(start_time, end_time)`;
  return [
    view('events_between', 'Events without repeats, of a span of received_at.', between(events), 'function'),
    view('events_deduped', 'Events without repeats. Reads the whole table.', deduped(events)),
    view('events_ga4', 'Events in the shape of the export of GA4. Reads the whole table.', ga4(once)),
    view('events_ga4_between', 'The same, of a span of received_at.', ga4(span), 'function'),
    view('events_v2_compat', 'Events in the columns of Stargate 2.0.', v2Compat(events, old)),
    view('sessions', 'One row a session. Reads the whole table.', sessions(once)),
    view('sessions_between', 'The same, of a span of received_at.', sessions(span), 'function'),
  ];
}
