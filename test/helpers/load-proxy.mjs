/**
 * A collector that lies: hands requests on to another one, but `lose` every n-th (answered as accepted all the same)
 * and `double` every n-th. `node load-proxy.mjs URL '{"lose":50}'`; prints {"port"}. What it did: GET /did.
 */
import { createServer } from 'node:http';

const [, , upstream, given] = process.argv;
const { lose = 0, double = 0 } = JSON.parse(given ?? '{}');
const did = { lost: 0, doubled: 0 };
let count = 0;

async function forward(request, body) {
  const { 'content-type': type } = request.headers;
  const answer = await fetch(new URL(request.url, upstream), {
    method: request.method,
    headers: type ? { 'content-type': type } : {},
    body,
  });
  return { status: answer.status, text: await answer.text() };
}

async function answerTo(request, body) {
  if (request.url === '/did') return { status: 200, text: JSON.stringify(did) };
  if (request.url !== '/v1/events') return forward(request, body);
  count++;
  if (lose && count % lose === 0) {
    did.lost++;
    return { status: 202, text: '{"accepted":1,"rejected":0}' };
  }
  if (double && count % double === 0) {
    did.doubled++;
    await forward(request, body);
  }
  return forward(request, body);
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined;
  const { status, text } = await answerTo(request, body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`),
);
