/** `serve` over a Kafka that never answers: it says so, serves from its spool, and ends in time. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freePorts } from '../../helpers/ports.js';
import { start } from '../../helpers/running.js';
import { send, workingFolder } from './support.js';

const folder = workingFolder();
const args = ['serve', '--port', '0', '--drain-wait', '0'];

it('says while it starts that it still tries; 2xx from the spool; exit 0, and how many events wait', async () => {
  const [port] = await freePorts(1);
  const more = ['--admin-port', 'off', '--workers', '1'];
  const running = await start([...args, ...more, '--log', `kafka://127.0.0.1:${port}/t`], { cwd: folder() });
  expect(running.stderr()).toContain('Kafka has not opened yet');
  for (let n = 0; n < 5; n++) expect((await send(running.ready.collector!, `e${n}`)).status).toBe(202);
  const begin = performance.now();
  expect(await running.stop()).toBe(0);
  // Each try to open the log takes ten seconds.
  expect(performance.now() - begin).toBeLessThan(8_000);
  expect(running.stderr()).toMatch(/5 events wait in the spool/);
});

it.each(['1', '2'])(
  'a figure that cannot be read takes neither the others of a scrape with it, nor one of %s processes',
  async (workers) => {
    const [port] = await freePorts(1);
    const more = ['--admin-port', '0', '--workers', workers, '--log', `kafka://127.0.0.1:${port}/t`];
    const running = await start([...args, ...more], { cwd: folder() });
    const { collector, admin } = running.ready;
    // Where the folder of refused records would be.
    writeFileSync(join(folder(), '.stargate', 'spool', 'refused'), '');
    expect((await send(collector!, 'e')).status).toBe(202);
    const answer = await fetch(`${admin}/metrics`);
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toMatch(/^stargate_spool_records 1$/m);
    expect(text).toMatch(/^stargate_events_acknowledged_total 1$/m);
    expect(text).not.toMatch(/^stargate_refused_records/m);
    expect((await send(collector!, 'e')).status).toBe(202);
    expect(running.stderr()).not.toMatch(/STG_BUG|process_died/);
    expect(await running.stop()).toBe(0);
  },
);
