import { StargateError } from '../../errors.js';
import type { QueryCost, QueryOptions, QueryResult } from '../port.js';
import type { BigQuery, Job, QueryRowsResponse } from './client-sql.js';
import { sqlError } from './errors-sql.js';
import { jsonOf } from './rows.js';
import type { BigquerySettings } from './settings.js';

const MAX_ROWS = 10_000;
const TIMEOUT_MS = 30_000;
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
      (job) => read(job, maxRows),
    );
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
      await ended(job);
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

/** After ten seconds BigQuery answers that the job still runs: no rows and no further page, as at the end of them. */
const isRunning = (answer: QueryRowsResponse[2] | undefined): boolean => answer?.jobComplete === false;

async function ended(job: Job): Promise<void> {
  for (;;) {
    const [, , answer] = await job.getQueryResults({ maxResults: 0, autoPaginate: false });
    if (!isRunning(answer)) return;
  }
}

async function read(job: Job, maxRows: number): Promise<QueryResult> {
  const rows: Readonly<Record<string, unknown>>[] = [];
  let columns: { name: string; type: string }[] = [];
  for (let pageToken: string | undefined; ; ) {
    const [page, next, answer] = await job.getQueryResults({
      ...{ autoPaginate: false, wrapIntegers: true, maxResults: Math.min(maxRows + 1 - rows.length, 10_000) },
      ...(pageToken !== undefined && { pageToken }),
    });
    if (isRunning(answer)) continue;
    columns = (answer?.schema?.fields ?? []).map(({ name = '', type = '' }) => ({ name, type }));
    for (const row of page) {
      if (rows.length >= maxRows) return { columns, rows, truncated: true };
      rows.push(jsonOf(row) as Record<string, unknown>);
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
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StargateError('STG_QUERY_TIMEOUT', { expected: `an answer within ${ms} ms` })),
      ms,
    );
  });
  const work = async (): Promise<QueryResult> => {
    job = await start();
    return then(job);
  };
  try {
    return await Promise.race([work(), late]);
  } catch (error) {
    if (error instanceof StargateError && error.code === 'STG_QUERY_TIMEOUT')
      await job?.cancel().catch(() => {});
    throw sqlError(error, 'STG_QUERY_FAILED');
  } finally {
    clearTimeout(timer);
  }
}
