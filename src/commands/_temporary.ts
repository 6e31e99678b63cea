/** The folder of `dev --ephemeral`: gone when the process is, however it ends, short of SIGKILL. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StargateError } from '../errors.js';

/** Flags that keep log and warehouse in a folder of their own. Errors: STG_OPTION_INVALID beside flags that say otherwise. */
export function ephemeralFlags(flags: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const other = ['data', 'log', 'warehouse'].find((name) => flags[name] !== undefined);
  if (other !== undefined) {
    throw new StargateError('STG_OPTION_INVALID', {
      message: `--ephemeral keeps nothing, and --${other} says where to keep it.`,
      expected: 'one of the two',
      got: `--ephemeral and --${other}`,
      next: `Leave --ephemeral or --${other} out.`,
    });
  }
  const data = mkdtempSync(join(tmpdir(), 'stargate-dev-'));
  // Also when a second Ctrl-C ends the process at once.
  process.once('exit', () => rmSync(data, { recursive: true, force: true }));
  return {
    ...flags,
    data,
    log: `embedded:${join(data, 'log')}`,
    warehouse: `duckdb:${join(data, 'warehouse.duckdb')}`,
  };
}
