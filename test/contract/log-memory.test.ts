import { randomUUID } from 'node:crypto';
import { openLog } from '../../src/log/open.js';
import { logContract } from './log.js';

logContract('memory', async () => {
  const name = randomUUID();
  return { open: (options) => openLog(`memory:${name}`, { role: 'both', ...options }) };
});
