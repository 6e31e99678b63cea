import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as kafka from '@platformatic/kafka';
import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { clientOf } from '../../../src/log/kafka/kafkajs-client.js';
import * as parts from '../../../src/log/kafka/package.js';
import { tempFolder } from '../../helpers/log.js';
import { plain } from '../../integration/kafka/producing.js';

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

it('the parts are where we look for them: its index takes three times as long to load', () => {
  const index = pathToFileURL(createRequire(import.meta.url).resolve('@platformatic/kafka'));
  for (const path of parts.PARTS) expect(existsSync(new URL(path, index)), path).toBe(true);
  expect(parts.Connection).toBe(kafka.Connection);
});

it('kafkajs packs and unpacks every codec', async () => {
  clientOf(plain(['127.0.0.1:1'], 't'));
  const plainText = Buffer.from('visitor '.repeat(100));
  for (const type of [1, 2, 3] as const) {
    const codec = kafkajs.CompressionCodecs[type]();
    const packed = await codec.compress({ buffer: plainText });
    expect(packed.length).toBeLessThan(plainText.length / 2);
    expect((await codec.decompress(packed)).equals(plainText)).toBe(true);
  }
});

it('hides one warning of kafkajs, and no other', async () => {
  clientOf(plain(['127.0.0.1:1'], 't'));
  const seen: string[] = [];
  const hear = (warning: Error): void => void seen.push(`${warning.name}: ${warning.message}`);
  process.on('warning', hear);
  const folder = join(await tempFolder(), 'node_modules', 'kafkajs');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'warn.cjs'), 'module.exports = (...args) => process.emitWarning(...args);');
  const theirs = createRequire(import.meta.url)(join(folder, 'warn.cjs')) as typeof process.emitWarning;
  theirs('of kafkajs', 'TimeoutNegativeWarning');
  theirs('another of kafkajs', 'DeprecationWarning');
  process.emitWarning('ours', 'TimeoutNegativeWarning');
  await new Promise(setImmediate);
  process.off('warning', hear);
  expect(seen).toEqual(['DeprecationWarning: another of kafkajs', 'TimeoutNegativeWarning: ours']);
});
