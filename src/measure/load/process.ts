/** A sending process: the entry that `fleet.ts` forks. It ends when its parent does. */

import type { FromSender, ToSender } from './messages.js';
import { packedError } from './messages.js';
import { rehearse } from './rehearsal.js';
import type { Sender } from './sender.js';
import { createSender } from './sending.js';

let sender: Sender | null = null;

const tell = (message: FromSender): void => void process.send?.(message);

async function hear(message: ToSender): Promise<void> {
  if ('plan' in message) {
    await rehearse(message.plan);
    sender = createSender(message.plan, (delta) => tell({ delta }));
    await sender.open();
    tell({ ready: true });
  } else if ('startAt' in message) {
    const end = await sender!.run(message.startAt - performance.timeOrigin);
    process.send?.({ end } satisfies FromSender, () => process.disconnect());
  } else sender?.stop(message.stop);
}

process.on('message', (message: ToSender) => {
  hear(message).catch((error: unknown) => tell({ failed: packedError(error) }));
});
// Ctrl-C goes to every process of the terminal; the parent decides what it means.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => {
  process.exitCode = 0;
  sender?.stop(0);
});
