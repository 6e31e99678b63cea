/** What the service says, as what the worker can act on. Codes: grpc.io/docs/guides/status-codes. */
import { type ErrorCode, StargateError } from '../../errors.js';

export const CODE = {
  OK: 0,
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  UNAUTHENTICATED: 16,
} as const;

/** An error of a call, or one inside an answer. */
export interface Failure {
  readonly code?: number | null;
  readonly message?: string | null;
  readonly details?: unknown;
}

export const codeOf = (error: unknown): number | undefined => {
  const { code } = error as Failure;
  return typeof code === 'number' ? code : undefined;
};

/** As one short line. */
export function wordsOf(error: unknown): string {
  const { message, code } = error as Failure;
  const line = String(message ?? error).split('\n', 1)[0] ?? '';
  return `${typeof code === 'number' && !/^\d/.test(line) ? `${code} ` : ''}${line}`.slice(0, 300);
}

const NEXT: Partial<Record<number, string>> = {
  [CODE.PERMISSION_DENIED]: 'Give the worker the role roles/bigquery.dataEditor on the dataset.',
  [CODE.UNAUTHENTICATED]:
    'Check the credentials: gcloud auth application-default login, or a service account.',
  [CODE.NOT_FOUND]: 'Run stargate setup with the same --warehouse to make its tables.',
  [CODE.RESOURCE_EXHAUSTED]: 'Writing goes on by itself; where this stays, raise the quota of the project.',
};

/** The partition has to be opened again, as after a crash: nothing else is known of the rows. */
export function failed(doing: string, error: unknown): StargateError {
  if (error instanceof StargateError) return error;
  const next = NEXT[codeOf(error) ?? -1];
  return new StargateError('STG_WAREHOUSE_UNREACHABLE', {
    message: `BigQuery could not ${doing}.`,
    got: wordsOf(error),
    next: next ?? 'The worker tries again by itself.',
    cause: error,
  });
}

export const fenced = (got: string, code: ErrorCode = 'STG_WAREHOUSE_FENCED'): StargateError =>
  new StargateError(code, { got, next: 'Open the partition again.' });

/** Whether the stream was finalized: by its next owner, or by us. */
export const isFinalized = (error: Failure): boolean =>
  error.code === CODE.INVALID_ARGUMENT && /finalized/i.test(error.message ?? '');

/** Whether there is no such stream, or no more: Google's documentation says NOT_FOUND, another implementation the name. */
export const isUnknownStream = (error: unknown): boolean =>
  codeOf(error) === CODE.NOT_FOUND ||
  (codeOf(error) === CODE.INVALID_ARGUMENT && /invalid stream name/i.test(wordsOf(error)));
