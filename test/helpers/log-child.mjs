import { createInterface } from 'node:readline';
import { openLog } from '../../dist/log/open.js';

/**
 * A process of its own that uses a log. `append`: prints each acknowledged record as `ack POSITION TEXT`, until it
 * is killed. `hold`: opens, prints `open`, and closes at the end of its input. Of the build, which starts ten times as
 * fast as sources do: a run in full starts a thousand of these.
 */
const [what, folder, life, slot] = process.argv.slice(2);
const log = await openLog(`embedded:${folder}`, {
  role: 'both',
  slot: Number(slot ?? 0),
  segmentBytes: 200_000,
});
const say = (line) => process.stdout.write(`${line}\n`);
say('open');

async function appendForEver(caller) {
  for (let i = 0; ; i++) {
    const texts = Array.from({ length: 1 + (i % 3) }, (_, n) => `${life}.${caller}.${i}.${n}`);
    const records = texts.map((text) => ({
      key: null,
      value: Buffer.from(`${text}|${'x'.repeat((i * 37) % 900)}|${text}`),
      timestamp: Date.now(),
    }));
    const { state, first, error } = await log.append(records).answer;
    if (state !== 'stored') throw error;
    for (const [n, text] of texts.entries()) say(`ack ${first + n} ${text}`);
  }
}

if (what === 'append') await Promise.all(Array.from({ length: 32 }, (_, caller) => appendForEver(caller)));
else {
  for await (const _ of createInterface({ input: process.stdin }));
  await log.close();
}
