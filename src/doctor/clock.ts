import type { Check, Observation } from './port.js';
import { failed, ok, span, unknown, warning } from './port.js';

/** Seconds that do no harm: stamps are compared with those of other machines. */
const FINE = 2;
/** Google takes credentials of a clock that is up to five minutes off. */
const HARMFUL = 60;
const SYNCHRONISE = 'timedatectl set-ntp true';

/** `peer`: the URL of a server that is asked anyway, and whose answer tells its time; null where there is none. */
export const clockCheck = (peer: string | null): Check => ({
  code: 'STG_CLOCK',
  async look() {
    if (peer === null) return unknown('nothing that is configured here tells the time');
    const before = Date.now();
    const { host } = new URL(peer);
    const answer = await fetch(peer, { method: 'HEAD', signal: AbortSignal.timeout(10_000) }).catch(
      () => null,
    );
    const date = answer?.headers.get('date');
    if (!date) return unknown(`${host} does not tell the time`);
    return judge(Date.parse(date), before, Date.now(), host);
  },
});

/** Pure; all times in ms. The peer tells whole seconds, at some moment between `before` and `after`. */
export function judge(told: number, before: number, after: number, host: string): Observation {
  const middle = (before + after) / 2;
  const doubt = (after - before) / 2 + 500;
  const off = middle - (told + 500);
  const least = Math.max(0, Math.abs(off) - doubt) / 1_000;
  if (least <= FINE) return ok(`within ${span(FINE)} of ${host}`);
  const detail = `at least ${span(least)} ${off > 0 ? 'ahead of' : 'behind'} ${host}`;
  return least > HARMFUL ? failed(detail, SYNCHRONISE) : warning(detail, SYNCHRONISE);
}
