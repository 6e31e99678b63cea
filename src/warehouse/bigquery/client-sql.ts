/** Google's client of BigQuery's REST API. The only file that loads it. */
import { BigQuery, type Job, type QueryResultsOptions, type QueryRowsResponse } from '@google-cloud/bigquery';
import { OAuth2Client } from 'google-auth-library';
import type { BigquerySettings } from './settings.js';

export type { BigQuery, Job, QueryResultsOptions, QueryRowsResponse };

/** An emulator on this machine asks for no credentials, and must not be shown any. */
export const isLoopback = (endpoint: string): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(endpoint).hostname);

/** Once more after a failure that may pass; a person who waits for an answer sees the second one. */
const retryOptions = { autoRetry: true, maxRetries: 1 };

export function openClient({ project, endpoint }: BigquerySettings): BigQuery {
  if (endpoint === null) return new BigQuery({ projectId: project, retryOptions });
  const apiEndpoint = endpoint.replace(/\/+$/, '');
  if (!isLoopback(endpoint)) return new BigQuery({ projectId: project, apiEndpoint, retryOptions });
  const authClient = new OAuth2Client();
  // Never renewed: nobody would be asked for another.
  authClient.setCredentials({ access_token: 'none', expiry_date: Date.now() + 10 * 365 * 86_400_000 });
  return new BigQuery({ projectId: project, apiEndpoint, authClient, retryOptions });
}
