import { describe, expect, it } from 'vitest';
import type { Column, Facts, Found } from '../../../src/warehouse/bigquery/facts.js';
import { planDataset } from '../../../src/warehouse/bigquery/plan.js';
import { tablesOf } from '../../../src/warehouse/bigquery/tables.js';
import { dataset, SETTINGS } from './dataset.js';

const COLUMNS: readonly Column[] = tablesOf(SETTINGS)[0]!.columns;
const plan = (facts: Facts) => planDataset(SETTINGS, facts);

describe('the plan of a dataset', () => {
  it('is empty where everything is in place', () => {
    expect(plan(dataset())).toEqual({ steps: [], notes: [] });
  });

  it('takes the names of types that BigQuery answers with for the same', () => {
    const columns = COLUMNS.map((column) => ({
      ...column,
      type: column.type === 'INTEGER' ? 'INT64' : column.type,
    }));
    expect(plan(dataset({ columns })).steps).toEqual([]);
  });

  it('adds a field of a record behind those that are there, and keeps everything else of the column', () => {
    const columns = COLUMNS.map((column) =>
      column.name === 'items'
        ? { ...column, policyTags: 'theirs', fields: column.fields?.filter(({ name }) => name !== 'price') }
        : column,
    );
    const { steps } = plan(dataset({ columns }));
    expect(steps).toEqual([
      expect.objectContaining({ do: 'change columns', title: 'add column items.price to table events' }),
    ]);
    const [step] = steps as unknown as [{ columns: readonly Column[] }];
    const items = step.columns.find(({ name }) => name === 'items');
    expect(items).toMatchObject({ policyTags: 'theirs', mode: 'REPEATED' });
    expect(items?.fields?.at(-1)).toMatchObject({ name: 'price', type: 'NUMERIC' });
  });

  it('adds a required column as one that may be empty: there are rows without it', () => {
    const { steps } = plan(dataset({ columns: COLUMNS.filter(({ name }) => name !== 'event_id') }));
    const [step] = steps as unknown as [{ columns: readonly Column[] }];
    expect(step.columns.at(-1)).toMatchObject({ name: 'event_id', mode: 'NULLABLE' });
  });

  it.each(['stargate_positions', 'events_rejected', 'events_between', 'sessions'])(
    'is refused where the event table would have the name of %s',
    (table) => {
      const refused = expect.objectContaining({ code: 'STG_WAREHOUSE_SCHEMA', got: table });
      expect(() => planDataset({ ...SETTINGS, table }, dataset())).toThrow(refused);
    },
  );

  it('leaves columns of others where they are', () => {
    const columns = [{ name: 'theirs', type: 'GEOGRAPHY', mode: 'NULLABLE' }, ...COLUMNS];
    expect(plan(dataset({ columns })).steps).toEqual([]);
  });

  it.each<[string, Partial<Column>, string, string]>([
    ['session_id', { type: 'STRING' }, 'column session_id of events as INTEGER', 'STRING'],
    ['truncated', { mode: 'NULLABLE' }, 'column truncated of events as ARRAY of STRING', 'STRING'],
    ['user_id', { mode: 'REQUIRED' }, 'column user_id of events as STRING', 'STRING that must not be null'],
  ])('refuses another type of %s', (name, change, expected, got) => {
    const columns = COLUMNS.map((column) => (column.name === name ? { ...column, ...change } : column));
    expect(() => plan(dataset({ columns }))).toThrow(
      expect.objectContaining({ code: 'STG_WAREHOUSE_SCHEMA', expected, got }),
    );
  });

  it.each<[Partial<Found>, string, string]>([
    [{ type: 'VIEW' }, 'events', 'a view'],
    [{ partitionedBy: null }, 'events', 'no such partitions'],
    [{ partitionedBy: 'event_timestamp' }, 'events', 'event_timestamp'],
    [{ type: 'TABLE' }, 'sessions', 'a table'],
  ])('refuses what stands in the way: %o of %s', (change, name, got) => {
    expect(() => plan(dataset(change, name))).toThrow(
      expect.objectContaining({ code: 'STG_WAREHOUSE_SCHEMA', got }),
    );
  });

  it.each<[Partial<Found>, RegExp]>([
    [{ days: null }, /keeps its partitions for ever, not 395 days: shortening that deletes rows/],
    [{ days: 500 }, /for 500 days, not 395 days/],
    [{ filter: false }, /require_partition_filter is off/],
    [{ cluster: ['user_id'] }, /clustered by user_id, not event_name,user_pseudo_id/],
  ])('only says what it will not change: %o', (change, note) => {
    const { steps, notes } = plan(dataset(change));
    expect(steps).toEqual([]);
    expect(notes).toEqual([expect.stringMatching(note)]);
  });

  it('makes views anew where a table of Stargate 2.0 came or went', () => {
    const old = [{ name: 'realtime', path: '`acme-demo.web.realtime`', bytesKey: false }];
    expect(plan({ ...dataset(), old }).steps.map(({ title }) => title)).toEqual([
      'replace view events_v2_compat',
    ]);
  });
});
