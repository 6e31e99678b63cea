import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { aboutPerson, patternOf } from '../../src/event/person.js';

const record = (event: object): Buffer => Buffer.from(JSON.stringify(event));
const client = { clientId: '1234567890.1700000000', userId: null };

describe('a record about a person', () => {
  it.each<[object, boolean]>([
    [{ user_pseudo_id: '1234567890.1700000000' }, true],
    [{ clientId: '1234567890.1700000000' }, true],
    [{ data_layer: { deep: ['x 1234567890.1700000000 y'] } }, true],
    [{ rejected: { reason: 'field_type' }, raw: '{"cid":"1234567890.1700000000"}' }, true],
    // Digits of another id, and ids of others.
    [{ user_pseudo_id: '1234567890.17000000001' }, false],
    [{ user_pseudo_id: '91234567890.1700000000' }, false],
    [{ user_pseudo_id: '1234567890x1700000000' }, false],
    [{ user_id: 'somebody' }, false],
  ])('%j: %s', (event, is) => {
    expect(aboutPerson(client)(record(event))).toBe(is);
  });

  it('is told by its columns alone where the id is short', () => {
    const short = { clientId: null, userId: '42' };
    expect(patternOf(short)).toBeNull();
    expect(aboutPerson(short)(record({ user_id: '42' }))).toBe(true);
    expect(aboutPerson(short)(record({ user_id: '142', page: '/42' }))).toBe(false);
  });

  it('is found whatever stands in the id', () => {
    for (const userId of ['a.b*c+(d)', 'maría"josé', 'back\\slash', 'tab\tid-7'])
      expect(aboutPerson({ clientId: null, userId })(record({ user_id: userId }))).toBe(true);
    expect(aboutPerson({ clientId: null, userId: 'a.b*c+d' })(record({ data_layer: 'axb*c+d' }))).toBe(false);
  });

  it('is found by RE2, which the warehouses have, as by JavaScript', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    for (const userId of [
      'a.b*c+(d)[e]{f}|g^h$',
      'back\\slash_id-7',
      'joão–😀 ÷ silva',
      '!"#%&\'/:;<=>?@`~,x',
    ]) {
      const pattern = patternOf({ clientId: null, userId })!;
      const sql = 'SELECT regexp_matches($1, $3) AND NOT regexp_matches($2, $3) AS found';
      const answer = await connection.runAndReadAll(sql, [`x ${userId} y`, `x${userId}`, pattern]);
      expect(answer.getRows(), userId).toEqual([[true]]);
      expect([new RegExp(pattern).test(`x ${userId} y`), new RegExp(pattern).test(`x${userId}`)]).toEqual([
        true,
        false,
      ]);
    }
    connection.closeSync();
    instance.closeSync();
  });

  it('need not be a record at all', () => {
    expect(aboutPerson(client)(Buffer.from([0xff, 0xfe]))).toBe(false);
    expect(aboutPerson(client)(Buffer.from('null'))).toBe(false);
    expect(aboutPerson(client)(Buffer.from('{ 1234567890.1700000000'))).toBe(true);
  });
});
