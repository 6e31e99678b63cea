/** What `loadtest --verify` asks: the warehouse that a flag names, or the target's own /dev/query. */
import type { Config } from '../config/schema.js';
import { devWarehouse } from '../measure/dev-query.js';
import type { LoadtestOptions } from '../measure/load/options.js';
import { queryWarehouse } from '../runtime/ports.js';
import { refuse, timeOf } from './_load-values.js';

export interface Verifying {
  readonly option: Pick<LoadtestOptions, 'verify'>;
  close(): Promise<void>;
}

const PATIENCE_MS = 60_000;

/** @param from where the warehouse's name came from; @param devToken of a `dev` that others may reach. Errors: those of opening a warehouse; STG_OPTION_INVALID. */
export async function openVerify(
  target: URL,
  flags: Readonly<Record<string, unknown>>,
  config: Config,
  from: string,
  devToken: string | null,
): Promise<Verifying> {
  if (flags.rawBody !== undefined) refuse('--verify', 'events, which have ids', '--raw-body');
  const timeoutMs = timeOf(flags, 'verifyTimeout', '--verify-timeout') ?? PATIENCE_MS;
  const warehouse = from.startsWith('default')
    ? devWarehouse(target.origin, devToken)
    : await queryWarehouse(config);
  return { option: { verify: { ask: warehouse, timeoutMs } }, close: () => warehouse.close() };
}
