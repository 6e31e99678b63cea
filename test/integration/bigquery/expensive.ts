/** A door before the SQL engine that says of every dry run how many bytes it would read. */
import { door } from './door.js';

interface JobRequest {
  readonly configuration?: {
    readonly dryRun?: boolean;
    readonly query?: { readonly maximumBytesBilled?: string; readonly useQueryCache?: boolean };
  };
}

export async function expensive(endpoint: string, bytes: number) {
  const limits: (string | undefined)[] = [];
  let fresh = 0;
  const { endpoint: told, close } = await door(endpoint, async ({ method, body }, pass) => {
    const job = method === 'POST' && body.startsWith('{') ? (JSON.parse(body) as JobRequest) : {};
    const { dryRun, query } = job.configuration ?? {};
    if (query && !dryRun) limits.push(query.maximumBytesBilled);
    if (query?.useQueryCache === false && !dryRun) fresh++;
    const said = await pass();
    return dryRun ? said.replace(/"totalBytesProcessed":"0"/g, `"totalBytesProcessed":"${bytes}"`) : said;
  });
  return {
    endpoint: told,
    /** Queries that ran, and what each was to be billed at most. */
    run: () => limits.length,
    limits: () => limits,
    /** Queries that no cache was to answer. */
    fresh: () => fresh,
    close,
  };
}
