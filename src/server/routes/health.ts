/** `GET /healthz`, `/readyz` and `/`: alive, able to take events, and the old check of load balancers. */
import { type Answer, type Handler, json } from '../http.js';

export const alive: Handler = () => json(200, { status: 'ok' });

/** `ready` is false only while draining or while nothing can be stored: a merely busy machine stays in. */
export function readiness(state: () => 'ready' | 'draining' | 'not_storing'): Handler {
  return (): Answer => {
    const status = state();
    return json(status === 'ready' ? 200 : 503, { status });
  };
}

export function root(version: string): Handler {
  return () => json(200, { name: 'stargate', version, docs: '/docs' });
}
