import { describe, expect, it } from 'vitest';
import type { Facts, Found } from '../../../src/warehouse/bigquery/facts.js';
import * as module from '../../../src/warehouse/bigquery/health.js';
import { tablesOf } from '../../../src/warehouse/bigquery/tables.js';
import { dataset, SETTINGS } from './dataset.js';

const health = { ...module };

const [EVENTS, , POSITIONS] = tablesOf(SETTINGS);
const of = (facts: Facts, settings = SETTINGS): module.Dataset => ({ settings, facts, setup: 'SETUP' });
const OLD = 'hitType page clientId eventCategory eventAction eventLabel utmSource utmMedium utmCampaign';
const old = `${OLD} timestampGTM key topic partition offset timestamp`.split(' ').map((name) => ({
  ...{ name, type: 'STRING', mode: 'NULLABLE' },
}));

describe('a dataset', () => {
  it('is sound as setup leaves it', () => {
    const sound = of(dataset());
    expect(health.judgeDataset(sound)).toMatchObject({ state: 'ok', detail: 'acme-demo.web in US' });
    for (const judge of [health.judgeColumns, health.judgeLayout, health.judgeExpiry])
      for (const table of tablesOf(SETTINGS))
        expect(judge(sound, table)?.state ?? 'ok', table.name).toBe('ok');
    expect(health.judgeViews(sound).state).toBe('ok');
  });

  it('may be missing, or elsewhere than said', () => {
    expect(health.judgeDataset(of({ ...dataset(), location: null }))).toMatchObject({
      ...{ state: 'failed', detail: 'there is no dataset acme-demo.web', fix: 'SETUP' },
    });
    const here = { ...SETTINGS, location: 'southamerica-east1' };
    expect(health.judgeDataset(of(dataset(), here)).state).toBe('warning');
    expect(health.judgeDataset(of(dataset(), { ...SETTINGS, location: 'us' })).state).toBe('ok');
  });

  it.each<[string, 'judgeColumns' | 'judgeLayout' | 'judgeExpiry', Partial<Found>, object]>([
    [
      'a missing column',
      'judgeColumns',
      { columns: EVENTS!.columns.slice(1) },
      { state: 'failed', detail: 'events: add column event_id to table events', fix: 'SETUP' },
    ],
    [
      'a column of another type',
      'judgeColumns',
      { columns: EVENTS!.columns.map((c) => (c.name === 'event_name' ? { ...c, type: 'INTEGER' } : c)) },
      { state: 'failed', detail: expect.stringContaining('event_name') },
    ],
    [
      'the columns of Stargate 2.0',
      'judgeColumns',
      { columns: old, partitionedBy: null, days: null },
      { state: 'failed', detail: expect.stringContaining('Stargate 2.0') },
    ],
    [
      'no partitions, of Stargate 2.0',
      'judgeLayout',
      { columns: old, partitionedBy: null, days: null },
      { state: 'failed', fix: expect.stringContaining('--warehouse bigquery://acme-demo/web.events') },
    ],
    [
      'other partitions',
      'judgeLayout',
      { partitionedBy: 'event_date' },
      { state: 'failed', detail: expect.stringContaining('got event_date') },
    ],
    [
      'no filter',
      'judgeLayout',
      { filter: false },
      {
        state: 'warning',
        fix: expect.stringMatching(/^bq query .*SET OPTIONS \(require_partition_filter = TRUE\)'$/),
      },
    ],
    [
      'another clustering',
      'judgeLayout',
      { cluster: [] },
      {
        state: 'warning',
        fix: 'bq update --clustering_fields=event_name,user_pseudo_id acme-demo:web.events',
      },
    ],
    [
      'partitions for ever',
      'judgeExpiry',
      { days: null },
      {
        state: 'warning',
        detail: 'events: partitions never expire, expected 395 days',
        fix: expect.stringContaining('partition_expiration_days = 395'),
      },
    ],
    ['partitions for less', 'judgeExpiry', { days: 30 }, { state: 'warning', fix: 'SETUP' }],
  ])('with %s is told', (_, judge, change, told) => {
    expect(health[judge](of(dataset(change)), EVENTS!)).toMatchObject(told);
  });

  it('without a table, or with views of another version', () => {
    const facts = dataset({ description: 'of an older one' }, 'sessions');
    expect(health.judgeViews(of(facts))).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('replace view sessions'),
    });
    const tables = new Map([...facts.tables].filter(([name]) => name !== POSITIONS!.name));
    const without = of({ ...facts, tables });
    expect(health.judgeColumns(without, POSITIONS!)).toMatchObject({
      ...{ state: 'failed', detail: 'there is no table stargate_positions' },
    });
    expect([health.judgeLayout(without, POSITIONS!), health.judgeExpiry(without, POSITIONS!)]).toEqual([
      null,
      null,
    ]);
  });
});
