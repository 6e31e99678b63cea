import { openLog } from '../../src/log/open.js';
import { tempFolder } from '../helpers/log.js';
import { logContract } from './log.js';

logContract('embedded', async () => {
  const folder = await tempFolder();
  return { open: (options) => openLog(`embedded:${folder}`, { role: 'both', ...options }) };
});
