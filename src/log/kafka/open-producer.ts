import { CODECS, crc32c } from './codecs.js';
import { Leaders } from './leaders.js';
import { type ConnectOptions, PRODUCE_DEFAULTS, type ProduceOptions } from './options.js';
import { Producer } from './producer.js';

export interface OpenedProducer {
  readonly producer: Producer;
  readonly leaders: Leaders;
}

/** A producer on real brokers. It knows no leaders yet: `leaders.look()` or `leaders.refresh()` finds them. */
export function openProducer(
  connect: ConnectOptions,
  more: Partial<ProduceOptions>,
  warn: (message: string) => void,
): OpenedProducer {
  const options: ProduceOptions = { ...PRODUCE_DEFAULTS, ...more };
  let leaders!: Leaders;
  const producer = new Producer(options, {
    ...{ codec: CODECS[options.compression], crc32c, warn },
    connect: (events) => {
      leaders = new Leaders(connect, options.ackMs, events);
      return leaders;
    },
  });
  return { producer, leaders };
}
