import { describe, expect, it, onTestFinished } from 'vitest';
import { openLog } from '../../src/log/open.js';
import { Collector, record, tempFolder, until } from '../helpers/log.js';

describe('openLog', () => {
  it.each(['kafka:host', 'embedded:', 'memory', 'file:///tmp/x', ''])('refuses %j', async (url) => {
    const error = { code: 'STG_CONNECTION_UNSUPPORTED', expected: expect.stringContaining('kafka://') };
    await expect(openLog(url, { role: 'both' })).rejects.toMatchObject(error);
  });

  it('does not repeat what may be a password', async () => {
    const refused = openLog('kafka://user:secret@host', { role: 'both' });
    await expect(refused).rejects.toMatchObject({ got: expect.not.stringContaining('secret') });
  });

  it.each(['embedded', 'memory'])(
    'opens %s with the topic, and for reading only when told so',
    async (scheme) => {
      const url = `${scheme}:${await tempFolder()}`;
      const log = await openLog(url, { role: 'read' });
      const other = await openLog(url, { role: 'append', topic: 'other' });
      onTestFinished(async () => void (await Promise.all([log.close(), other.close()])));
      expect([log.topic, other.topic, log.writable]).toEqual(['stargate_v2.realtime', 'other', false]);
      expect(await log.append([record('a')]).answer).toMatchObject({
        state: 'not_stored',
        error: { code: 'STG_LOG_CLOSED' },
      });
      const seen = new Collector();
      await log.consume('g', seen);
      await other.append([record('b')]).answer;
      await until('the record of the other', () => seen.texts.includes('b'));
      expect(log.id).toBe(other.id);
    },
  );
});
