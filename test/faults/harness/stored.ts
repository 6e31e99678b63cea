/** Everything that is stored at the end of a run, wherever it stands. */
import { readTopic } from '../../helpers/kafka/read.js';
import type { Found, Place } from './check.js';
import type { Stage } from './stage.js';
import { ask } from './warehouse.js';

export async function found(stage: Stage): Promise<Found> {
  const log: Place[] = [];
  await readTopic(stage.cluster, stage.topic, ({ partition, offset, value }) => {
    log.push({ id: JSON.parse(value.toString()).event_id, partition, offset });
  });
  const { spool } = stage;
  if (stage.options.warehouse === false)
    return { log, rows: null, repeatedInView: 0, committed: new Map(), spool };
  const committed = await stage.committed();
  return { log, rows: await rows(stage.file), repeatedInView: await repeated(stage.file), committed, spool };
}

async function rows(file: string): Promise<Place[]> {
  const all = await ask(file, 'SELECT event_id, kafka_partition, kafka_offset FROM events');
  return all.map(({ event_id, kafka_partition, kafka_offset }) => ({
    id: String(event_id),
    partition: Number(kafka_partition),
    offset: Number(kafka_offset),
  }));
}

async function repeated(file: string): Promise<number> {
  const sql = 'SELECT count(*) - count(DISTINCT event_id) AS n FROM events_deduped';
  return Number((await ask(file, sql))[0]!.n);
}
