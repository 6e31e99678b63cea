import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { examine } from '../../../src/doctor/examine.js';
import { kafkaChecks } from '../../../src/log/kafka/checks.js';

const wishes = { partitions: 6, replicas: 3, retentionMs: 86_400_000, chosen: [] };
const commands = { setup: 'SETUP', serve: 'SERVE', worker: 'WORKER' };

/** What is found where `greet` is all that a connection gets. */
async function found(greet: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    greet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const brokers = [{ host: '127.0.0.1', port: (server.address() as AddressInfo).port }];
  const settings = { brokers, topic: 't', clientId: 'test', tls: null, sasl: null };
  const { checks, close } = kafkaChecks(settings, { wishes, group: 'g', commands });
  try {
    return await examine(checks);
  } finally {
    await close();
    server.close();
  }
}

describe('what takes connections and is no broker', () => {
  it.each<[string, (socket: Socket) => void]>([
    ['ends them', (socket) => socket.end()],
    ['speaks something else', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['resets them', (socket) => socket.resetAndDestroy()],
  ])('and %s fails, and nothing behind it is known', async (_, greet) => {
    const [brokers, ...others] = await found(greet);
    expect(brokers).toMatchObject({ code: 'STG_KAFKA', state: 'failed' });
    expect(new Set(others.map(({ state }) => state))).toEqual(new Set(['unknown']));
  });
});
