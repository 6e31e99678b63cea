import { availableParallelism } from 'node:os';
import type { Config } from '../config/schema.js';

/** How many processes `--workers` means. */
export const processesOf = ({ workers }: Pick<Config, 'workers'>): number =>
  workers === 'auto' ? availableParallelism() : workers;
