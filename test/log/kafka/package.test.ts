import * as kafka from '@platformatic/kafka';
import { expect, it } from 'vitest';

/** The parts of the package that we stand on are not its public clients: an update that moves them must be seen here. */
it('the protocol layer of the package has what we use', () => {
  const { Connection, Writer, produceV9, metadataV12, initProducerIdV4, compressionsAlgorithms } = kafka;
  for (const method of ['connect', 'close', 'send', 'on', 'once'] as const) {
    expect(typeof Connection.prototype[method], method).toBe('function');
  }
  expect('socket' in Connection.prototype).toBe(true);
  for (const method of [
    'appendInt16',
    'appendInt32',
    'appendString',
    'appendUnsignedVarInt',
    'append',
  ] as const) {
    expect(typeof Writer.prototype[method], method).toBe('function');
  }
  expect(typeof Writer.prototype.appendTaggedFields).toBe('function');
  expect(Writer.create().append(Buffer.from('ab')).dynamicBuffer.length).toBe(2);
  expect(typeof produceV9.parseResponse).toBe('function');
  for (const { api } of [metadataV12, initProducerIdV4]) expect(typeof api.async).toBe('function');
  expect([metadataV12.api.key, metadataV12.api.version]).toEqual([3, 12]);
  expect([initProducerIdV4.api.key, initProducerIdV4.api.version]).toEqual([22, 4]);
  expect([compressionsAlgorithms.snappy.bitmask, compressionsAlgorithms.lz4.bitmask]).toEqual([2, 3]);
  expect(typeof kafka.crc32c).toBe('function');
});
