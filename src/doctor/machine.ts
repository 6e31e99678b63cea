/** What a process of Stargate needs of the machine itself. */
import type { Check } from './port.js';
import { ok, unknown, warning } from './port.js';

/** Where connections of visitors would be shed soon. */
const FEW_DESCRIPTORS = 4_096;

/** Older ones than Stargate takes do not come as far as here. */
export const nodeCheck = (version: string): Check => ({
  code: 'STG_NODE',
  look: async () => ok(version),
});

/** `limit`: open files that this process may have; Infinity where the system does not tell. */
export const descriptorsCheck = (limit: number): Check => ({
  code: 'STG_DESCRIPTORS',
  async look() {
    if (!Number.isFinite(limit)) return unknown('this system has no file that tells the limit');
    if (limit >= FEW_DESCRIPTORS) return ok(`${limit} at most, for a process of this shell`);
    return warning(
      `${limit} at most, for a process of this shell; a collector in public needs ${FEW_DESCRIPTORS} or more`,
      `ulimit -n ${FEW_DESCRIPTORS}`,
    );
  },
});
