/** What a query costs, said before it runs. */
import { bytesOf } from '../config/quantities.js';
import { StargateError } from '../errors.js';
import type { QueryCost, Warehouse } from '../warehouse/port.js';
import { agreed } from './_agree.js';
import type { Context } from './_command.js';
import { refuse } from './_load-values.js';

/** A query that reads more is asked for first, unless --max-bytes names the limit. */
const ASK_BYTES = 2 ** 30;

/**
 * Shows what the query costs, where it costs anything, and asks where that is much. Resolves to the limit for the
 * query. Errors: STG_OPTION_INVALID, STG_CONFIRMATION_NEEDED, and what the warehouse says of the statement.
 */
export async function affordable(
  warehouse: Pick<Warehouse, 'cost'>,
  sql: string,
  given: unknown,
  context: Context,
): Promise<number | null> {
  const limit = given === undefined ? null : bytesOf(String(given));
  if (limit === undefined) refuse('--max-bytes', 'a size with its unit, such as 500MB or 1GiB', given);
  const cost = await warehouse.cost?.(sql);
  if (!cost) return limit;
  context.output.note(context.output.noteStyle.dim(costText(cost)));
  if (limit === null && cost.bytes > ASK_BYTES && !(await agreed('Run it?', costText(cost), context)))
    throw new StargateError('STG_CONFIRMATION_NEEDED', { message: 'The query was not run.', got: 'no' });
  return limit;
}

export function costText({ bytes, usd }: QueryCost): string {
  const price = usd === 0 ? 'free' : usd < 0.01 ? 'less than US$ 0.01' : `about US$ ${usd.toFixed(2)}`;
  return `Reads ${sizeText(bytes)}: ${price} on demand.`;
}

function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `${power === 0 ? bytes : (bytes / 2 ** (10 * power)).toFixed(1)} ${units[power]}`;
}
