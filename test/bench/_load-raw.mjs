/** undici's dispatch in a bare loop: what no client on top of it can be cheaper than. `node _load-raw.mjs PORT MS`. */
import { Client } from 'undici';

const [, , port, ms] = process.argv;
const body = Buffer.alloc(1351, 'a');
const headers = ['content-type', 'text/plain;charset=UTF-8', 'user-agent', 'x'.repeat(110), 'accept', '*/*'];
const options = { path: '/v1/events', method: 'POST', headers, body };
let answered = 0;
let stopped = false;
const clients = Array.from(
  { length: 64 },
  () => new Client(`http://127.0.0.1:${port}`, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 }),
);
for (const client of clients) {
  const handler = {
    onConnect() {},
    onHeaders: () => true,
    onData: () => true,
    onComplete() {
      answered++;
      if (!stopped) client.dispatch(options, handler);
    },
    onError() {},
  };
  client.dispatch(options, handler);
}
await new Promise((resolve) => setTimeout(resolve, 500));
const before = { cpu: process.cpuUsage(), answered };
await new Promise((resolve) => setTimeout(resolve, Number(ms)));
const { user, system } = process.cpuUsage(before.cpu);
stopped = true;
process.stdout.write(JSON.stringify({ cpuMicros: user + system, answered: answered - before.answered }));
for (const client of clients) client.destroy();
