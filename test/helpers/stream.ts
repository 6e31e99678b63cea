/** Reads `/dev/stream`, message by message. */
import type { LiveCounts, LiveEvent, LiveHello } from '../../src/event/live.js';

export interface Messages {
  readonly hello: LiveHello;
  readonly events: readonly LiveEvent[];
  readonly counts: LiveCounts;
  readonly reset: Record<string, never>;
}
export type Message = {
  [K in keyof Messages]: { readonly name: K; readonly data: Messages[K] };
}[keyof Messages];

export interface StreamReader {
  /** Everything so far, in order. */
  readonly messages: readonly Message[];
  close(): void;
}

export async function readStream(url: string): Promise<StreamReader> {
  const leave = new AbortController();
  const answer = await fetch(`${url}/dev/stream`, { signal: leave.signal });
  const messages: Message[] = [];
  const pump = async () => {
    let rest = '';
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split('\n\n');
      rest = parts.pop()!;
      for (const part of parts) {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? [];
        if (name) messages.push({ name, data: JSON.parse(data!) } as Message);
      }
    }
  };
  // Ends with the AbortError of `close`, or with the process.
  pump().catch(() => {});
  return { messages, close: () => leave.abort() };
}
