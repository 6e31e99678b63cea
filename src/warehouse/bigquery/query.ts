import { StargateError } from '../../errors.js';
import type { QueryCost, QueryOptions, QueryResult } from '../port.js';
import type { BigQuery, Job, QueryResultsOptions, QueryRowsResponse } from './client-sql.js';
import { sqlError } from './errors-sql.js';
import { jsonOf } from './rows.js';
import type { BigquerySettings } from './settings.js';

const MAX_ROWS = 10_000;
const TIMEOUT_MS = 30_000;
/** Text that a result may hold before it is cut, in UTF-16 units: what a process can hold and print. */
const MAX_TEXT = 32 * 2 ** 20;
/** On demand, list price of the US multi-region; others are dearer: cloud.google.com/bigquery/pricing. */
const USD_PER_TIB = 6.25;
const TIB = 2 ** 40;
/** Of each table that a query reads, at least so much is billed. */
const LEAST_BYTES = 10 * 2 ** 20;

/** Values of `@name` in a statement. */
export type Parameters = Readonly<Record<string, unknown>>;

/** What reading so many bytes costs on demand. A query that reads none is free. */
export const costOf = (bytes: number): QueryCost => ({
  bytes,
  usd: bytes === 0 ? 0 : (Math.max(bytes, LEAST_BYTES) / TIB) * USD_PER_TIB,
});

/** Statements in the dataset of the warehouse: names without a dataset are its own. */
export class Queries {
  readonly #client: BigQuery;
  readonly #settings: BigquerySettings;
  readonly #running = new Set<Job>();
  #closed = false;

  constructor(client: BigQuery, settings: BigquerySettings) {
    this.#client = client;
    this.#settings = settings;
  }

  /** Errors: STG_QUERY_REFUSED for anything but one SELECT, as BigQuery itself reads it; STG_QUERY_FAILED. */
  async cost(sql: string): Promise<QueryCost> {
    const statistics = await this.#dryRun(sql);
    const { statementType } = statistics.query ?? {};
    if (statementType !== 'SELECT')
      throw new StargateError('STG_QUERY_REFUSED', { got: `a statement of type ${statementType}` });
    return { ...costOf(Number(statistics.totalBytesProcessed ?? 0)), least: costOf(LEAST_BYTES) };
  }

  /** One SELECT. Errors: those of `cost`, STG_QUERY_COST, STG_QUERY_TIMEOUT. */
  async query(sql: string, options: QueryOptions = {}): Promise<QueryResult> {
    const { maxRows = MAX_ROWS, timeoutMs = TIMEOUT_MS, maxBytes, fresh } = options;
    const { bytes } = await this.cost(sql);
    if (maxBytes !== undefined && bytes > maxBytes)
      throw new StargateError('STG_QUERY_COST', {
        expected: `at most ${maxBytes} bytes to read`,
        got: `${bytes} bytes`,
      });
    const terms = {
      jobTimeoutMs: timeoutMs,
      ...(maxBytes !== undefined && { maxBytes }),
      fresh: fresh === true,
    };
    return within(
      timeoutMs,
      () => this.#start(sql, {}, terms),
      (job) => this.#cancellable(job, () => read(job, maxRows)),
    );
  }

  /** Cancels what is under way, for somebody who no longer waits: it would be billed, and take slots. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map(cancelled));
  }

  async #cancellable<T>(job: Job, work: () => Promise<T>): Promise<T> {
    if (this.#closed) await cancelled(job);
    this.#running.add(job);
    try {
      return await work();
    } finally {
      this.#running.delete(job);
    }
  }

  /** Rows of a statement of ours, with parameters; also DML. */
  async rows(sql: string, params: Parameters = {}): Promise<readonly Readonly<Record<string, unknown>>[]> {
    try {
      return (await read(await this.#start(sql, params), Number.POSITIVE_INFINITY)).rows;
    } catch (error) {
      throw sqlError(error, 'STG_QUERY_FAILED');
    }
  }

  /** Starts a statement whose end nobody waits for. Errors: STG_QUERY_FAILED where it does not start. */
  async start(sql: string): Promise<void> {
    try {
      await this.#start(sql, {});
    } catch (error) {
      throw sqlError(error, 'STG_QUERY_FAILED');
    }
  }

  /** Runs a statement that changes something, and tells how many rows it changed. */
  async change(sql: string, params: Parameters = {}): Promise<number> {
    try {
      const job = await this.#start(sql, params);
      await pageOf(job, { maxResults: 0 });
      const [{ statistics }] = await job.getMetadata();
      return Number(statistics.query?.numDmlAffectedRows ?? 0);
    } catch (error) {
      throw sqlError(error, 'STG_QUERY_FAILED');
    }
  }

  async #dryRun(query: string) {
    try {
      const [job] = await this.#client.createQueryJob({ ...this.#common(), query, dryRun: true });
      return job.metadata.statistics;
    } catch (error) {
      throw sqlError(error, 'STG_QUERY_FAILED');
    }
  }

  async #start(
    query: string,
    params: Parameters,
    terms: { readonly jobTimeoutMs?: number; readonly maxBytes?: number; readonly fresh?: boolean } = {},
  ): Promise<Job> {
    const [job] = await this.#client.createQueryJob({
      ...{ ...this.#common(), query, params },
      ...(terms.jobTimeoutMs !== undefined && { jobTimeoutMs: terms.jobTimeoutMs }),
      ...(terms.maxBytes !== undefined && {
        maximumBytesBilled: String(Math.max(terms.maxBytes, LEAST_BYTES)),
      }),
      ...(terms.fresh && { useQueryCache: false }),
    });
    return job;
  }

  #common() {
    const { project, dataset } = this.#settings;
    return {
      defaultDataset: { projectId: project, datasetId: dataset },
      labels: { app: 'stargate' },
      useLegacySql: false,
    };
  }
}

const cancelled = (job: Job): Promise<unknown> => job.cancel().catch(() => {});

/** Asks until the job is done: BigQuery answers after some seconds in any case, with no rows where it is not. */
async function pageOf(job: Job, options: QueryResultsOptions): Promise<QueryRowsResponse> {
  for (;;) {
    const answer = await job.getQueryResults({ ...options, autoPaginate: false });
    if (answer[2]?.jobComplete !== false) return answer;
  }
}

async function read(job: Job, maxRows: number): Promise<QueryResult> {
  const rows: Readonly<Record<string, unknown>>[] = [];
  let columns: { name: string; type: string }[] = [];
  let text = 0;
  for (let pageToken: string | undefined; ; ) {
    const [page, next, answer] = await pageOf(job, {
      ...{ wrapIntegers: true, maxResults: Math.min(maxRows + 1 - rows.length, 10_000) },
      ...(pageToken !== undefined && { pageToken }),
    });
    columns = (answer?.schema?.fields ?? []).map(({ name = '', type = '' }) => ({ name, type }));
    for (const row of page) {
      if (rows.length >= maxRows || text > MAX_TEXT) return { columns, rows, truncated: true };
      const whole = jsonOf(row) as Record<string, unknown>;
      text += JSON.stringify(whole).length;
      rows.push(whole);
    }
    pageToken = (next as { pageToken?: string } | null)?.pageToken;
    if (!pageToken) return { columns, rows, truncated: false };
  }
}

/** Starts and reads; a job that is not done in time is cancelled, so that it costs no slots. */
async function within(
  ms: number,
  start: () => Promise<Job>,
  then: (job: Job) => Promise<QueryResult>,
): Promise<QueryResult> {
  let job: Job | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      reject(new StargateError('STG_QUERY_TIMEOUT', { expected: `an answer within ${ms} ms` }));
    }, ms);
  });
  const work = async (): Promise<QueryResult> => {
    job = await start();
    if (isLate) await cancelled(job);
    return then(job);
  };
  try {
    return await Promise.race([work(), late]);
  } catch (error) {
    if (job && isLate) await cancelled(job);
    throw sqlError(error, 'STG_QUERY_FAILED');
  } finally {
    clearTimeout(timer);
  }
}
