/** Everything that is stored at the end of a run, wherever it stands. */
import { readTopic } from '../../helpers/kafka/read.js';
import type { Found, Place } from './check.js';
import type { Stage } from './stage.js';

export async function found(stage: Stage): Promise<Found> {
  const log: Place[] = [];
  await readTopic(stage.cluster, stage.topic, ({ partition, offset, value }) => {
    const id = idOf(value);
    if (id !== null) log.push({ id, partition, offset });
  });
  const { spool, sink } = stage;
  if (sink === null) return { log, rows: null, repeatedInView: null, committed: new Map(), spool };
  const committed = await stage.committed();
  return { log, rows: await sink.rows(), repeatedInView: await sink.repeatedInView(), committed, spool };
}

/** Of an event; null for what was put into the log to be rejected. */
function idOf(value: Buffer): string | null {
  try {
    return JSON.parse(value.toString()).event_id ?? null;
  } catch {
    return null;
  }
}
