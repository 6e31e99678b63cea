import { onTestFinished } from 'vitest';
import type { OpenLogOptions } from '../../src/log/open.js';
import type { Log } from '../../src/log/port.js';
import { Collector, until } from '../helpers/log.js';

/** What a suite needs of an adapter: a new empty log, opened as often as a test likes. */
export interface LogUnderTest {
  open(options?: Partial<OpenLogOptions>): Promise<Log>;
}

/** What every part of the suite does with it. */
export interface Suite {
  readonly name: string;
  readonly make: () => Promise<LogUnderTest>;
  /** A new log, closed after the test. */
  fresh(options?: Partial<OpenLogOptions>): Promise<Log>;
}

export const suiteOf = (name: string, make: () => Promise<LogUnderTest>): Suite => ({
  name,
  make,
  async fresh(options) {
    const log = await (await make()).open(options);
    onTestFinished(() => log.close());
    return log;
  },
});

/** Reads until so many records are there. */
export async function collect(log: Log, count: number, group = 'check'): Promise<Collector> {
  const seen = new Collector();
  const consumer = await log.consume(group, seen);
  await until(`${count} records`, () => seen.records.length >= count);
  await consumer.close();
  return seen;
}
