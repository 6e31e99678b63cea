import type { EventItem } from '../../event/fields.js';
import type { LiveEvent } from '../../event/live.js';
import { useStore, useTexts } from './context.js';
import { scrubbedParts } from './json.js';
import { eventRow, rejectedRow } from './payload.js';

interface Column {
  readonly name: string;
  readonly type: string;
}

const REJECTED: readonly Column[] = [
  { name: 'received_at', type: 'TIMESTAMP' },
  { name: 'reason', type: 'STRING' },
  { name: 'pointer', type: 'STRING' },
  { name: 'source_id', type: 'STRING' },
  { name: 'raw', type: 'STRING' },
  { name: 'kafka_topic', type: 'STRING' },
  { name: 'kafka_partition', type: 'INT64' },
  { name: 'kafka_offset', type: 'INT64' },
];

type Row = Readonly<Record<string, unknown>>;

/** The row as the warehouse will hold it, by group; columns without a value only when asked for. */
export function RowTab({ event }: { event: LiveEvent }) {
  const store = useStore();
  const t = useTexts();
  const { hello, showEmpty } = store.state();
  const good = eventRow(event) as Row | null;
  const bad = rejectedRow(event) as Row | null;
  if (bad) {
    return (
      <>
        <p class="bar2">{t.plain('rejectedInfo')}</p>
        <Group title="events_rejected" row={bad} columns={REJECTED} showEmpty />
      </>
    );
  }
  if (!good) return <p class="bar2">{t.plain('notYet')}</p>;
  const groups = hello?.groups ?? [];
  const empty = groups.flatMap(({ columns }) => columns).filter(({ name }) => isEmpty(good[name])).length;
  return (
    <>
      <div class="bar2">
        <span>
          {t.plain('rowInfo')} <code>events</code>
        </span>
        <label>
          <input
            type="checkbox"
            checked={showEmpty}
            onChange={(change) => store.set({ showEmpty: change.currentTarget.checked })}
          />
          {t.count('showEmpty', empty)}
        </label>
      </div>
      {groups.map(({ group, columns }) => (
        <Group
          key={group}
          title={t.find(`group_${group}`) ?? group}
          row={good}
          columns={columns}
          showEmpty={showEmpty}
        />
      ))}
    </>
  );
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

interface GroupProps {
  readonly title: string;
  readonly row: Row;
  readonly columns: readonly Column[];
  readonly showEmpty: boolean;
}

function Group({ title, row, columns, showEmpty }: GroupProps) {
  const shown = columns.filter(({ name }) => showEmpty || !isEmpty(row[name]));
  if (!shown.length) return null;
  return (
    <section class="grp">
      <h3>{title}</h3>
      <dl>
        {shown.map(({ name, type }) => (
          <Entry key={name} name={name} type={type} value={row[name]} />
        ))}
      </dl>
    </section>
  );
}

function Entry({ name, type, value }: Column & { value: unknown }) {
  const t = useTexts();
  const rows = Array.isArray(value) && typeof value[0] === 'object' ? (value as readonly EventItem[]) : null;
  return (
    <div class="kv">
      <dt>{name}</dt>
      <dd>
        {isEmpty(value) ? (
          <span class="nil">null</span>
        ) : rows ? (
          t.count('rows', rows.length)
        ) : (
          <Scrubbed text={asText(value)} />
        )}
      </dd>
      <dd class="type" aria-hidden="true">
        {type}
      </dd>
      {rows && <ItemTable name={name} rows={rows as readonly Row[]} />}
    </div>
  );
}

const LONG = 400;

/** Long values are cut here: the Payload tab and the copy button have them whole. */
function asText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ');
  return text.length > LONG ? `${text.slice(0, LONG)}…` : text;
}

/** A text with the scrubber's replacements marked. */
export function Scrubbed({ text }: { text: string }) {
  return (
    <>
      {scrubbedParts(text).map((part, index) =>
        part.scrubbed ? <mark key={index}>{part.text}</mark> : part.text,
      )}
    </>
  );
}

/** Items as a table, with the columns that any of them fills. */
function ItemTable({ name, rows }: { name: string; rows: readonly Row[] }) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row).filter((key) => !isEmpty(row[key]))))];
  const isNumber = (column: string) => ['price', 'quantity', 'discount', 'index'].includes(column);
  return (
    <dd class="items">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section aria-label={name} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col" class={isNumber(column) ? 'r' : ''}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                {columns.map((column) => (
                  <td key={column} class={isNumber(column) ? 'r' : ''}>
                    {isEmpty(row[column]) ? '' : asText(row[column])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </dd>
  );
}
