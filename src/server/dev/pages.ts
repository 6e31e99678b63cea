/** The live page, the demo shop, and the files that both load. */
import { StargateError } from '../../errors.js';
import { type Asset, type Assets, serve } from '../assets.js';
import type { Answer, Handler, Head, Request } from '../http.js';
import { TOKEN_COOKIE } from '../loopback.js';
import { hashSource, pageHeaders } from '../page.js';

export function pageHandler(assets: Assets, name: 'index.html' | 'demo.html'): Handler {
  const found = assets.ui.get(name);
  const security = found
    ? pageHeaders({ scripts: ["'self'", ...inlineScripts(found)], styles: ["'self'", "'unsafe-inline'"] })
    : [];
  return (request) => {
    if (!found) throw notBuilt();
    return keepToken(request) ?? serve(found, request, 'no-cache', security);
  };
}

/** Files with a hash in their names. */
export function assetHandler(assets: Assets): Handler {
  return (request: Head): Answer => {
    const found = assets.ui.get(request.path.slice(1));
    if (!found) throw new StargateError('STG_ROUTE_UNKNOWN');
    return serve(found, request, 'public, max-age=31536000, immutable');
  };
}

export const toDemo: Handler = () => ({ status: 308, headers: ['location', '/demo/'], body: '' });

/** A token in the address moves into a cookie, out of history and of what is copied from the address bar. */
function keepToken({ path, query }: Request): Answer | null {
  const token = query === '' ? null : new URLSearchParams(query).get('token');
  if (token === null || !/^[\w.~-]+$/.test(token)) return null;
  const cookie = `${TOKEN_COOKIE}=${token}; Path=/; HttpOnly; SameSite=Strict`;
  return {
    status: 303,
    headers: ['location', path, 'set-cookie', cookie, 'cache-control', 'no-store'],
    body: '',
  };
}

function inlineScripts({ bytes }: Asset): string[] {
  const scripts = bytes.toString().matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/gi);
  return [...scripts].map(([, text]) => hashSource(text!));
}

function notBuilt(): StargateError {
  return new StargateError('STG_ROUTE_UNKNOWN', {
    message: 'The page has not been built.',
    next: 'Run npm run build.',
  });
}
