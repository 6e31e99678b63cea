/** Which layer an error of a request comes from. Pure. */
import type { ErrorLayer } from './report.js';

const LAYERS: readonly (readonly [RegExp, ErrorLayer])[] = [
  [/^(ENOTFOUND|EAI_\w+|ENODATA|ESERVFAIL)$/, 'dns'],
  [
    /^(ERR_TLS_\w+|ERR_SSL_\w+|EPROTO|CERT_\w+|UNABLE_TO_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|HOSTNAME_MISMATCH)$/,
    'tls',
  ],
  [
    /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EMFILE|EACCES|UND_ERR_CONNECT_TIMEOUT)$/,
    'connect',
  ],
  [/^(ETIMEDOUT|UND_ERR_(HEADERS|BODY)_TIMEOUT)$/, 'timeout'],
  [/^(ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET)$/, 'reset'],
  [/^(HPE_\w+|UND_ERR_\w+)$/, 'protocol'],
];

/**
 * The layer of an error.
 * @param phase what the connection was doing: a reset while it connects is not one of an open connection
 */
export function layerOf(error: unknown, phase: 'connecting' | 'securing' | 'open'): ErrorLayer {
  const { code, errors } = error as { code?: string; errors?: readonly unknown[] };
  // Every address of the name failed: the first tells as well as any.
  if (code === undefined && errors?.[0]) return layerOf(errors[0], phase);
  const layer = LAYERS.find(([pattern]) => pattern.test(code ?? ''))?.[1] ?? 'protocol';
  if (phase === 'open' || layer === 'dns' || layer === 'tls' || layer === 'connect') return layer;
  return phase === 'securing' ? 'tls' : 'connect';
}
