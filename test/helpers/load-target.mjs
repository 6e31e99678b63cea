/**
 * A target for load tests whose behaviour is known, in a process of its own: `node load-target.mjs '{"kind":…}'`.
 * Prints {"port"} when it listens. GET / answers with what it saw itself.
 *
 * Kinds: `fast` · `freeze` (all answers stop from `at` to `at + for` ms after the first request) · `stalls` (the same
 * every `every` ms) · `fixed`, `exponential`, `bimodal` (service time of each request) · `ramp` (from `from` to `to` ms in `over` ms) ·
 * `drop` (every n-th request: the connection is reset) · `status` (`code`, with `headers`) · `silent` (never answers every n-th) ·
 * `serial` (one request after another, `ms` each) · `garbage` (answers that are no HTTP).
 */
import { createServer } from 'node:http';

const behaviour = JSON.parse(process.argv[2] ?? '{"kind":"fast"}');
const OK = '{"accepted":1,"rejected":0}';
/** `answered`: when, in ms since `epoch`, and `sequence`: which request of the plan, by its event's id; `delays`: how long each request was served, ms. */
const seen = { requests: 0, epoch: performance.timeOrigin, answered: [], sequence: [], delays: [] };
let firstAt = 0;
let servedUntil = 0;

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
  if (kind !== 'serial') return null;
  servedUntil = Math.max(servedUntil, performance.now()) + ms;
  return servedUntil - performance.now();
}

/** ms until the target answers again, 0 while it answers. */
function frozenFor(since) {
  const { kind, at = 0, every } = behaviour;
  const lasts = behaviour.for;
  if (kind === 'freeze') return since >= at && since < at + lasts ? at + lasts - since : 0;
  if (kind === 'stalls') return since % every >= every - lasts ? every - (since % every) : 0;
  return 0;
}

/** How late this process was to do what was due, ms: others on this machine, not its behaviour. */
const lateness = [];
let ticked = performance.now();
setInterval(() => {
  const now = performance.now();
  // By time, not by tick: whatever came in the middle of a gap was late by half of it.
  for (let late = now - ticked - 1; late > 0; late--) lateness.push(late);
  ticked = now;
}, 1).unref();

const ID = /"id":"lt-[0-9a-f]+-00-([0-9a-f]{8})/;

function answer(response, body) {
  const [, hex = 'ffffffff'] = ID.exec(body) ?? [];
  seen.sequence.push(Number.parseInt(hex, 16));
  seen.answered.push(performance.now());
  response.writeHead(behaviour.code ?? 202, {
    'content-type': 'application/json',
    'content-length': OK.length,
    ...behaviour.headers,
  });
  response.end(OK);
}

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify({ ...seen, lateness }));
    return;
  }
  const now = performance.now();
  if (seen.requests++ === 0) firstAt = now;
  const since = now - firstAt;
  const nth = behaviour.nth && seen.requests % behaviour.nth === 0;
  if (nth && behaviour.kind === 'drop') return void request.socket.resetAndDestroy();
  if (nth && behaviour.kind === 'silent') return;
  if (behaviour.kind === 'garbage') return void request.socket.end('what?\r\n\r\n');
  let body = '';
  request.setEncoding('latin1').on('data', (chunk) => {
    body += chunk;
  });
  const wait = serviceMs(since) ?? frozenFor(since);
  if (wait === 0) request.on('end', () => answer(response, body));
  else
    setTimeout(() => {
      seen.delays.push(performance.now() - now);
      answer(response, body);
    }, wait);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`),
);
