import { createServer } from 'node:net';
import type { Check, Observation } from './port.js';
import { failed, ok, unknown } from './port.js';

export interface Listening {
  /** The command that takes the port. */
  readonly command: string;
  readonly flag: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** Whether the command could listen, or already does. The port is held for an instant, and nothing is answered on it. */
export const portCheck = (listening: Listening): Check => ({
  code: 'STG_PORT',
  async look() {
    const { command, port } = listening;
    if (port === 0) return ok(`${command}: any free one`);
    const code = await refusal(listening);
    if (code === null) return ok(`${command}: ${port} is free`);
    return code === 'EADDRINUSE' ? taken(listening) : refused(listening, code);
  },
});

async function taken({ command, flag, host, port, tls }: Listening): Promise<Observation> {
  // A certificate is for the name that browsers use, not for this address.
  if (tls) return unknown(`${command}: ${port} is in use, and who answers by TLS is not looked into`);
  const at = `http://${ANY.includes(host) ? '127.0.0.1' : host}:${port}`;
  const answers = await Promise.all(['/', '/metrics'].map((path) => text(`${at}${path}`)));
  if (answers.some((answer) => /stargate/i.test(answer)))
    return ok(`${command}: a process of Stargate answers on ${port}`);
  return failed(
    `${command}: another program has port ${port}`,
    `stargate ${command} ${flag} 0, or end what ss -ltnp 'sport = :${port}' shows`,
  );
}

const ANY = ['0.0.0.0', '::'];

/** What is answered there, or nothing. */
const text = (url: string): Promise<string> =>
  fetch(url, { signal: AbortSignal.timeout(3_000) })
    .then((answer) => answer.text())
    .catch(() => '');

function refused({ command, flag, host, port }: Listening, code: string): Observation {
  const why: Readonly<Record<string, string>> = {
    EACCES: `this user may not open port ${port}`,
    EADDRNOTAVAIL: `${host} is no address of this machine`,
  };
  return failed(
    `${command}: ${why[code] ?? `${code} for ${host}:${port}`}`,
    `change ${code === 'EACCES' ? flag : '--host'}`,
  );
}

/** The system's code where it does not let us listen there, or null. */
function refusal({ host, port }: Listening): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
