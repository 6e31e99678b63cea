import { describe, expect, it } from 'vitest';
import { judgeLag } from '../../src/log/lag.js';
import type { PartitionLag, Position } from '../../src/log/port.js';

const terms = { group: 'stargate', retention: 7 * 86_400, worker: 'stargate worker' };
const lag = (records: number, seconds: number | null, committed: number | null = 5): PartitionLag => ({
  ...{ partition: 0, committed: committed as Position | null, end: 100 as Position, records, seconds },
});

describe('lag', () => {
  it.each<[string, PartitionLag[], string, RegExp]>([
    ['of nothing', [lag(0, 0), lag(0, 0)], 'ok', /nothing waits for group stargate/],
    ['of a moment', [lag(10, 2), lag(1, 4)], 'ok', /^11 records of up to 4 s wait/],
    ['of an unknown age', [lag(10, null)], 'ok', /^10 records/],
    ['of minutes', [lag(10, 600)], 'warning', /10 min wait/],
    ['that comes near the retention', [lag(1, 4 * 86_400)], 'failed', /deletes them after 7 days/],
    ['of a group that has never committed', [lag(3, 1, null)], 'warning', /never committed/],
  ])('%s', (_, lags, state, detail) => {
    expect(judgeLag(lags, terms)).toMatchObject({ state, detail: expect.stringMatching(detail) });
  });

  it('is no loss where the log waits for the group', () => {
    expect(judgeLag([lag(1, 90 * 86_400)], { ...terms, retention: null }).state).toBe('warning');
  });
});
