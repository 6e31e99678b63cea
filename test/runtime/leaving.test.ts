import { expect, it } from 'vitest';
import { openLog } from '../../src/log/open.js';
import type { Log } from '../../src/log/port.js';
import { leave, NOTHING, plainly, together } from '../../src/runtime/leaving.js';

const untold = (error: unknown): never => {
  throw error;
};
const memory = () => openLog('memory:', { role: 'both' });
/** A log whose closing ends when `release` is called, if ever. */
async function hanging(): Promise<{ log: Log; release: () => void }> {
  const inner = await memory();
  let release = () => {};
  const over = new Promise<void>((resolve) => {
    release = resolve;
  });
  const log = Object.assign(Object.create(inner) as Log, { close: () => over.then(() => inner.close()) });
  return { log, release };
}

it('a log that closes in time leaves nothing', async () => {
  expect(await leave(plainly(await memory()), 1_000, untold)).toEqual({
    late: 0,
    waiting: 0,
    refused: 0,
    lost: 0,
  });
});

it('a log that does not close is left at the deadline, with what waits', async () => {
  const { log, release } = await hanging();
  const begin = performance.now();
  const left = async () => ({ waiting: 3, refused: 0, lost: 0 });
  expect(await leave({ log, left }, 100, untold)).toEqual({ late: 1, waiting: 3, refused: 0, lost: 0 });
  expect(performance.now() - begin).toBeGreaterThan(95);
  release();
});

it('a log that cannot be closed is told of, and what waits in it all the same', async () => {
  const inner = await memory();
  const close = () => inner.close().then(() => Promise.reject(new Error('no space left on device')));
  const log = Object.assign(Object.create(inner) as Log, { close });
  const told: unknown[] = [];
  const left = async () => ({ waiting: 3, refused: 0, lost: 0 });
  const ended = await leave({ log, left }, 1_000, (error) => told.push(error));
  expect(ended).toEqual({ late: 1, waiting: 3, refused: 0, lost: 0 });
  expect(told).toMatchObject([{ message: 'no space left on device' }]);
});

it('counts when it is closed, and falls back on what it knew when counting fails', async () => {
  const figures = [5, 2];
  const counting = async () => ({ waiting: figures.shift()!, refused: 0, lost: 0 });
  expect(await leave({ log: await memory(), left: counting }, 1_000, untold)).toMatchObject({ waiting: 2 });
  let asked = 0;
  const failing = async () => {
    if (asked++ > 0) throw new Error('the disk is gone');
    return { waiting: 7, refused: 0, lost: 1 };
  };
  expect(await leave({ log: await memory(), left: failing }, 1_000, untold)).toMatchObject({
    waiting: 7,
    lost: 1,
  });
});

it('adds up processes', () => {
  const one = { cut: 1, late: 0, waiting: 10, refused: 3, lost: 2 };
  expect([one, one, NOTHING].reduce(together)).toEqual({ cut: 2, late: 0, waiting: 20, refused: 6, lost: 4 });
});
