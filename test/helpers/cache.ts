import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where `test/tools/setup` puts what the heavier tiers need. */
export const testCache = (): string =>
  process.env.STARGATE_TEST_CACHE ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'stargate-test');
