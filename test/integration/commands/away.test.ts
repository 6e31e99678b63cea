/** `serve` over a Kafka that never answers: it says so, serves from its spool, and ends in time. */
import { expect, it } from 'vitest';
import { freePorts } from '../../helpers/kafka/process.js';
import { start } from '../../helpers/running.js';
import { send, workingFolder } from './support.js';

const folder = workingFolder();

it('says while it starts that it still tries; 2xx from the spool; exit 0, and how many events wait', async () => {
  const [port] = await freePorts(1);
  const args = ['serve', '--port', '0', '--admin-port', 'off', '--workers', '1', '--drain-wait', '0'];
  const running = await start([...args, '--log', `kafka://127.0.0.1:${port}/t`], { cwd: folder() });
  expect(running.stderr()).toContain('Kafka has not opened yet');
  for (let n = 0; n < 5; n++) expect((await send(running.ready.collector!, `e${n}`)).status).toBe(202);
  const begin = performance.now();
  expect(await running.stop()).toBe(0);
  // Each try to open the log takes ten seconds.
  expect(performance.now() - begin).toBeLessThan(8_000);
  expect(running.stderr()).toMatch(/5 events wait in the spool/);
});
