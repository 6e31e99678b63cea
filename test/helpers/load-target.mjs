/**
 * A target for load tests whose behaviour is known, in a process of its own: `node load-target.mjs '{"kind":…}'`.
 * Prints {"port"} when it listens. GET / answers with what it saw itself.
 *
 * Kinds: `fast` · `freeze` (all answers stop from `at` to `at + for` ms after the first request) · `stalls` (the same
 * every `every` ms) · `fixed`, `exponential`, `bimodal` (service time of each request) · `ramp` (from `from` to `to` ms in `over` ms) ·
 * `drop` (every n-th request: the connection is reset) · `status` (`code`, with `headers`) · `silent` (never answers every n-th).
 */
import { createServer } from 'node:http';

const behaviour = JSON.parse(process.argv[2] ?? '{"kind":"fast"}');
const OK = '{"accepted":1,"rejected":0}';
const seen = { requests: 0, firstAt: 0, lastAt: 0, bytes: 0, delays: [], longestBlock: 0 };

let state = 12345;
/** Uniform in (0, 1], seeded. */
const uniform = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state + 1) / 2 ** 32;
};

/** How long this request is served, ms; null = now. */
function serviceMs(since) {
  const { kind, ms, share, slow, from, to, over } = behaviour;
  if (kind === 'fixed') return ms;
  if (kind === 'exponential') return -ms * Math.log(uniform());
  if (kind === 'bimodal') return uniform() < share ? slow : ms;
  if (kind === 'ramp') return from + (to - from) * Math.min(1, since / over);
  return null;
}

/** ms until the target answers again, 0 while it answers. */
function frozenFor(since) {
  const { kind, at = 0, every } = behaviour;
  const lasts = behaviour.for;
  if (kind === 'freeze') return since >= at && since < at + lasts ? at + lasts - since : 0;
  if (kind === 'stalls') return since % every >= every - lasts ? every - (since % every) : 0;
  return 0;
}

/** Timers of 1 ms are too coarse for service times: due answers are looked for on every turn. */
const due = [];
function later(at, answer) {
  let low = 0;
  let high = due.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (due[middle].at <= at) low = middle + 1;
    else high = middle;
  }
  due.splice(low, 0, { at, answer });
  if (due.length === 1) turn();
}
function turn() {
  const now = performance.now();
  while (due.length > 0 && due[0].at <= now) due.shift().answer(now);
  if (due.length > 0) {
    // Far away: sleep; near: look again at once.
    if (due[0].at - now > 3) setTimeout(turn, 1);
    else setImmediate(turn);
  }
}

function answer(response) {
  response.writeHead(behaviour.code ?? 202, {
    'content-type': 'application/json',
    'content-length': OK.length,
    ...behaviour.headers,
  });
  response.end(OK);
}

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify({ ...seen, resident: process.memoryUsage().rss }));
    return;
  }
  const now = performance.now();
  if (seen.requests++ === 0) seen.firstAt = now;
  seen.lastAt = now;
  const since = now - seen.firstAt;
  const nth = behaviour.nth && seen.requests % behaviour.nth === 0;
  if (nth && behaviour.kind === 'drop') return void request.socket.resetAndDestroy();
  if (nth && behaviour.kind === 'silent') return;
  request.on('data', (chunk) => {
    seen.bytes += chunk.length;
  });
  const wait = serviceMs(since) ?? frozenFor(since);
  if (wait === 0) answer(response);
  else
    later(now + wait, (at) => {
      seen.delays.push(at - now);
      answer(response);
    });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`),
);
