/** What BigQuery's REST API says, as what a person can act on. */
import { type ErrorCode, StargateError } from '../../errors.js';

interface ApiError {
  readonly code?: number | string;
  readonly message?: string;
  readonly errors?: readonly { readonly reason?: string; readonly message?: string }[];
}

const reasonOf = (error: unknown): string | undefined => (error as ApiError).errors?.[0]?.reason;

/** True where the thing that was asked for does not exist. */
export const isMissing = (error: unknown): boolean => (error as ApiError).code === 404;

const LOGIN = 'gcloud auth application-default login, or GOOGLE_APPLICATION_CREDENTIALS.';

const UNFILTERED = /without a filter over column/;
const FILTER =
  'Filter received_at, or ask events_between(TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY), CURRENT_TIMESTAMP()).';

/** Codes of failures that have nothing to do with what was asked. */
function outer({ code, message = '' }: ApiError, reason: string | undefined): [ErrorCode, string] | null {
  if (/default credentials|invalid_grant|invalid_rapt/i.test(message))
    return ['STG_WAREHOUSE_DENIED', `Give credentials: ${LOGIN}`];
  if (code === 401) return ['STG_WAREHOUSE_DENIED', `Give other credentials: ${LOGIN}`];
  if (code === 403 && reason !== 'quotaExceeded' && reason !== 'rateLimitExceeded')
    return [
      'STG_WAREHOUSE_DENIED',
      'Reading takes roles/bigquery.dataViewer and jobUser; setting up takes dataOwner.',
    ];
  const away = typeof code === 'string' || code === 403 || (typeof code === 'number' && code >= 500);
  return away ? ['STG_WAREHOUSE_UNREACHABLE', 'Try again; status.cloud.google.com tells of outages.'] : null;
}

/** `code` is for what BigQuery says of the request itself. */
export function sqlError(error: unknown, code: ErrorCode, next?: string): StargateError {
  if (error instanceof StargateError) return error;
  const { message = String(error), errors } = error as ApiError;
  const reason = reasonOf(error);
  const got = (errors?.[0]?.message ?? message).slice(0, 2_000);
  if (reason === 'bytesBilledLimitExceeded')
    return new StargateError('STG_QUERY_COST', { got, cause: error });
  const [other, what = UNFILTERED.test(got) ? FILTER : undefined] = outer(error as ApiError, reason) ?? [];
  return new StargateError(other ?? code, {
    ...{ got, cause: error },
    ...(what ? { next: what } : next ? { next } : {}),
  });
}
