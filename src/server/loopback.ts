/** Who may see what is for this machine only: Host and Origin must be loopback names, or a token must come along. */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { StargateError } from '../errors.js';
import type { Head } from './http.js';
import { isLoopbackName, parseOrigin } from './origins.js';

const SALT = randomBytes(16).toString('hex');

/** Compares digests, so that neither length nor prefix of the secret can be measured. */
export function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string) => hash('sha256', SALT + text, 'buffer');
  return timingSafeEqual(digest(given), digest(secret));
}

export function bearerOf(authorization: string | undefined): string | null {
  if (authorization === undefined) return null;
  return /^bearer +(\S+)$/i.exec(authorization)?.[1] ?? null;
}

/**
 * Refuses names that are not this machine's own: a page elsewhere whose name was made to resolve to 127.0.0.1
 * (DNS rebinding) still sends its own name. Errors: STG_HOST_FORBIDDEN.
 */
export function loopbackOnly(head: Head): void {
  const { host = '', origin } = head.headers;
  if (!isLoopbackName(hostnameOf(host))) throw new StargateError('STG_HOST_FORBIDDEN');
  if (origin !== undefined && !isLoopbackOrigin(origin)) throw forbiddenOrigin();
}

/**
 * For a server that others on the network may reach: a token as bearer, as `?token=`, or as the cookie that the
 * page sets. An Origin must be the host itself. Errors: STG_HOST_FORBIDDEN, STG_KEY_UNKNOWN.
 */
export function tokenRequired(token: string): (head: Head) => void {
  return ({ headers, query }) => {
    const { host = '', origin } = headers;
    if (origin !== undefined && parseOrigin(origin)?.host !== host && !isLoopbackOrigin(origin))
      throw forbiddenOrigin();
    const given =
      bearerOf(headers.authorization) ??
      new URLSearchParams(query).get('token') ??
      cookie(headers.cookie) ??
      '';
    if (!sameSecret(given, token)) {
      throw new StargateError('STG_KEY_UNKNOWN', {
        message: 'The token is missing or wrong.',
        next: 'Open the address that was printed at the start, with its token.',
      });
    }
  };
}

export const TOKEN_COOKIE = 'stargate_token';

function cookie(header: string | undefined): string | null {
  return new RegExp(`(?:^|;\\s*)${TOKEN_COOKIE}=([^;]+)`).exec(header ?? '')?.[1] ?? null;
}

export function isLoopbackOrigin(origin: string): boolean {
  const url = parseOrigin(origin);
  return url !== null && isLoopbackName(url.hostname);
}

function hostnameOf(host: string): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
}

function forbiddenOrigin(): StargateError {
  return new StargateError('STG_HOST_FORBIDDEN', { message: 'Pages of that origin may not ask this.' });
}
