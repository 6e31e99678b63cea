import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificates {
  /** The authority that a client must trust. */
  readonly ca: string;
  /** File with key, certificate and authority, as a broker's PEM key store. */
  readonly keystore: string;
}

const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' });

/** An authority of its own, and a certificate by it for 127.0.0.1 and localhost. */
export function makeCertificates(folder: string): Certificates {
  const file = (name: string): string => join(folder, name);
  const request = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  openssl(
    'req',
    '-x509',
    ...request,
    '-subj',
    '/CN=test authority',
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
  );
  openssl(
    'req',
    '-new',
    ...request,
    '-subj',
    '/CN=localhost',
    '-keyout',
    file('key.pem'),
    '-out',
    file('csr.pem'),
  );
  writeFileSync(file('san'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  const signed = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2'];
  openssl(
    'x509',
    '-req',
    '-in',
    file('csr.pem'),
    ...signed,
    '-extfile',
    file('san'),
    '-out',
    file('cert.pem'),
  );
  const all = ['key.pem', 'cert.pem', 'ca.pem'].map((name) => readFileSync(file(name), 'utf8'));
  writeFileSync(file('keystore.pem'), all.join(''));
  return { ca: all[2]!, keystore: file('keystore.pem') };
}
