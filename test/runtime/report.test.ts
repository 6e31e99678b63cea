import { describe, expect, it } from 'vitest';
import { type ErrorDetails, StargateError } from '../../src/errors.js';
import { retryLogger } from '../../src/runtime/report.js';

function lineOf(error: unknown): unknown {
  const lines: unknown[] = [];
  retryLogger((event, fields) => lines.push({ event, ...fields })).retrying(3, error);
  expect(lines).toHaveLength(1);
  return lines[0];
}

describe('the line about what is tried again', () => {
  it('tells the reason and what to do, as the exit text of an error would', () => {
    const details: ErrorDetails = {
      message: 'BigQuery could not append rows.',
      got: `7 PERMISSION_DENIED: ${'x'.repeat(400)}`,
      next: 'Give the worker the role roles/bigquery.dataEditor on the dataset.',
    };
    expect(lineOf(new StargateError('STG_WAREHOUSE_UNREACHABLE', details))).toEqual({
      ...{ event: 'warehouse_retry', partition: 3, code: 'STG_WAREHOUSE_UNREACHABLE' },
      message: 'BigQuery could not append rows.',
      got: details.got!.slice(0, 300),
      next: details.next,
    });
  });

  it('is another for a commit, and says what it can of an error that nobody foresaw', () => {
    expect(lineOf(new StargateError('STG_LOG_WRITE', { got: 'COORDINATOR_NOT_AVAILABLE' }))).toMatchObject({
      ...{ event: 'commit_retry', code: 'STG_LOG_WRITE', got: 'COORDINATOR_NOT_AVAILABLE' },
    });
    expect(lineOf(new Error('odd'))).toEqual({
      ...{ event: 'warehouse_retry', partition: 3, code: 'STG_BUG', message: 'odd' },
    });
  });
});
