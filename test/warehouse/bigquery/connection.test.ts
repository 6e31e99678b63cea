/** Events of a call that is over, in an order that no server can be made to give: the calls are scripted. */
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { AppendAnswer, AppendCall, StorageClient } from '../../../src/warehouse/bigquery/client.js';
import { Connection } from '../../../src/warehouse/bigquery/connection.js';

class ScriptedCall extends EventEmitter {
  readonly written: { readonly writeStream?: string }[] = [];
  write(request: object): boolean {
    this.written.push(request);
    return true;
  }
  cancel(): void {}
  answers(offset: number): void {
    this.emit('data', { appendResult: { offset: { value: String(offset) } } } satisfies AppendAnswer);
  }
}

function scripted() {
  const calls: ScriptedCall[] = [];
  const append = (): AppendCall => {
    const call = new ScriptedCall();
    calls.push(call);
    return call as unknown as AppendCall;
  };
  const settings = { stream: 's', descriptor: { name: 'm', field: [], nestedType: [] }, answerMs: 60_000 };
  return { calls, connection: new Connection({ append } as unknown as StorageClient, settings) };
}
const row = [Buffer.from('row')];

describe('a call that is over', () => {
  it.each<[string, (late: ScriptedCall) => void]>([
    ['its status', (late) => late.emit('status', { code: 10 })],
    ['another error', (late) => late.emit('error', new Error('late'))],
    ['an answer', (late) => late.answers(1)],
  ])('says nothing about the next one by %s', async (_, speak) => {
    const { calls, connection } = scripted();
    const first = connection.send(row, 0);
    calls[0]!.answers(0);
    await first;
    calls[0]!.emit('error', new Error('idle'));
    const second = connection.send(row, 1);
    let settled = false;
    second.then(
      () => {
        settled = true;
      },
      () => {
        settled = true;
      },
    );
    speak(calls[0]!);
    await new Promise((resolve) => setImmediate(resolve));
    expect({ settled, broken: connection.broken }).toEqual({ settled: false, broken: false });
    calls[1]!.answers(1);
    expect(Number((await second).appendResult?.offset?.value)).toBe(1);
    // Each call names its stream anew.
    expect(calls.map(({ written }) => written.map(({ writeStream }) => writeStream))).toEqual([['s'], ['s']]);
    connection.close();
  });
});
