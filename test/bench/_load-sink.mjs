/** Takes requests as fast as Node's sockets allow, and answers each with 202: next to nothing of its own. Prints {"port"}. */
import { createServer } from 'node:net';

const ANSWER = Buffer.from(
  'HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 27\r\n\r\n{"accepted":1,"rejected":0}',
);
const LENGTH = /content-length: (\d+)\r\n/i;

const server = createServer({ noDelay: true }, (socket) => {
  let missing = 0;
  socket.on('data', (chunk) => {
    if (missing === 0) {
      const head = chunk.indexOf('\r\n\r\n');
      missing = head + 4 + Number(LENGTH.exec(chunk.toString('latin1', 0, head + 2))?.[1] ?? 0);
    }
    missing = Math.max(0, missing - chunk.length);
    if (missing === 0) socket.write(ANSWER);
  });
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`),
);
