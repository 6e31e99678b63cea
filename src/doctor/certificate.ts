import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Check, Observation } from './port.js';
import { failed, ok, warning } from './port.js';

const DAY_MS = 86_400_000;
/** What a renewal that failed leaves to mend it by hand. */
const SOON_DAYS = 14;

/** The certificate that `serve` shows, by the paths of its PEM files. */
export const certificateCheck = (cert: string, key: string): Check => ({
  code: 'STG_CERTIFICATE',
  async look() {
    const read = await Promise.all([cert, key].map(pem));
    const fault = read.find((each) => typeof each !== 'string');
    if (fault) return fault as Observation;
    return judge(read[0] as string, read[1] as string, cert, Date.now());
  },
});

const pem = (file: string): Promise<string | Observation> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) =>
    failed(`${file} cannot be read: ${error.code}`, 'check --tls-cert and --tls-key'),
  );

/** Pure: of the PEM texts, at `now` in ms. */
export function judge(cert: string, key: string, file: string, now: number): Observation {
  const renew = `openssl x509 -in ${file} -noout -subject -dates`;
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(cert);
    if (!leaf.checkPrivateKey(createPrivateKey(key)))
      return failed(`the key of --tls-key is not that of ${file}`, renew);
  } catch {
    return failed(`${file}, or the key beside it, is no PEM that can be read without a password`, renew);
  }
  const [from, to] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
  const days = Math.floor((to - now) / DAY_MS);
  const names = leaf.subjectAltName?.replaceAll('DNS:', '').replaceAll('IP Address:', '') ?? 'no name';
  if (from > now) return failed(`${file} is not valid before ${leaf.validFrom}`, renew);
  if (to <= now) return failed(`${file} has not been valid since ${leaf.validTo}`, renew);
  const detail = `valid for ${days} days: ${names}`;
  return days < SOON_DAYS ? warning(`${detail}; expected ${SOON_DAYS} days or more`, renew) : ok(detail);
}
