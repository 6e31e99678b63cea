import type {
  LoadReport,
  LoadVerdict,
  ObjectiveResult,
  ObjectiveState,
  SearchStep,
  Span,
  Verification,
} from '../load/report.js';
import { clock, count, list, many, percent, perSecond, time, unbroken } from './format.js';
import {
  BUSY,
  type ClientShape,
  type LatencyShape,
  type RateShape,
  TOO_BUSY,
  TOO_LATE_MS,
} from './load-shapes.js';

/** Every sentence of a load report that says what its data show. English; one function for each section's title. */

export const VERDICTS: Readonly<Record<LoadVerdict, string>> = {
  ok: 'OK',
  'target-limited': 'Target-limited',
  'client-limited': 'Client-limited',
  inconclusive: 'Inconclusive',
};

export const STATES: Readonly<Record<ObjectiveState, string>> = {
  met: 'Met',
  missed: 'Missed',
  'not-judged': 'Not judged',
};

export function rateFinding(shape: RateShape): string {
  switch (shape.kind) {
    case 'nothing':
      return 'No request was planned';
    case 'unanswered':
      return 'No request was answered';
    case 'followed':
      return 'Achieved followed the plan';
    case 'closed':
      return `${perSecond(shape.rate)} were answered, each connection waiting for its answer`;
    case 'behind':
      return `Achieved fell behind the plan at ${clock(shape.atMs)}, to the end`;
    case 'dips': {
      const caughtUp = shape.caughtUp ? ', and caught up' : '';
      return `Achieved fell behind the plan ${when(shape.spans)}${caughtUp}`;
    }
  }
}

/** "at 0:31 for 1 s", "3 times, first at 0:31". */
function when(spans: readonly Span[]): string {
  const [first] = spans;
  const at = `at ${clock(first!.fromMs)}`;
  return spans.length === 1
    ? `${at} for ${time(first!.toMs - first!.fromMs)}`
    : `${count(spans.length)} times, first ${at}`;
}

export function latencyFinding(shape: LatencyShape): string {
  switch (shape.kind) {
    case 'none':
      return 'Nothing was answered, so there is no latency';
    case 'together':
      return 'Response and service stayed together';
    case 'peak':
      return `Response and service rose together at ${clock(shape.atMs)}: p99 ${time(shape.p99)}, usually ${time(shape.usual)}`;
    case 'apart':
      return `Response left service behind ${when(shape.spans)}; service ${shape.serviceFlat ? 'stayed flat' : 'rose too'}`;
  }
}

export function clientFinding({ utilisation, lag, limitedAtMs }: ClientShape, verdict: LoadVerdict): string {
  if (lag === null) return 'Nothing was sent, so the client shows no load';
  const busiest = `utilisation up to ${utilisation.toFixed(2)}, start lag p99 up to ${time(lag)}`;
  if (verdict === 'client-limited')
    return limitedAtMs === null
      ? `The client was the limit: ${busiest}`
      : `The client was the limit from ${clock(limitedAtMs)}`;
  if (limitedAtMs !== null)
    return `The client was too busy for a moment at ${clock(limitedAtMs)}: ${busiest}`;
  return `${utilisation >= BUSY ? 'The client was busy' : 'The client had time to spare'}: ${busiest}`;
}

export function answersFinding({ totals }: LoadReport): string {
  const { planned, answered, failed } = totals;
  if (planned === 0) return 'No request was planned';
  if (answered === 0) return `None of ${many(planned, 'request')} was answered`;
  if (failed === 0) return `No request failed: ${count(planned)} of ${count(planned)} were answered with 2xx`;
  return `${many(failed, 'request')} of ${count(planned)} failed, ${percent(failed / planned)}`;
}

export function objectivesFinding(objectives: readonly ObjectiveResult[]): string {
  const total = objectives.length;
  if (total === 0) return 'No objective was set';
  const of = (state: ObjectiveState) => objectives.filter((each) => each.state === state);
  const missed = of('missed');
  if (missed.length > 0)
    return `${count(missed.length)} of ${many(total, 'objective')} missed: ${list(missed.map(({ objective }) => unbroken(objective)))}`;
  const open = of('not-judged').length;
  if (open === total) return total === 1 ? 'The objective was not judged' : 'No objective was judged';
  if (open > 0) return `${count(total - open)} of ${count(total)} objectives met, ${count(open)} not judged`;
  return total === 1
    ? 'The objective was met'
    : total === 2
      ? 'Both objectives were met'
      : `All ${count(total)} objectives were met`;
}

export function distributionFinding({ latency, totals }: LoadReport): string {
  const { count: answers, p50, p99 } = latency.whole.response;
  if (answers === 0) return 'Nothing was answered, so there is no distribution';
  // Such a request counts with the time that it had lasted: no percentile is then a time within which all were answered.
  const cutOff = (totals.errors.timeout ?? 0) + (totals.errors.unfinished ?? 0);
  if (cutOff > 0)
    return `p50 ${time(p50)}, p99 ${time(p99)}, with ${many(cutOff, 'request')} cut off by a time limit`;
  if (answers < 100) return `${many(answers, 'request')}, half of them within ${time(p50)}`;
  return `Half of the requests within ${time(p50)}, 99 of 100 within ${time(p99)}`;
}

export function percentilesFinding({ latency }: LoadReport): string {
  const { response, service } = latency.whole;
  if (response.count === 0) return 'Nothing was answered, so there are no percentiles';
  return `p99: response ${time(response.p99)}, service ${time(service.p99)}`;
}

export function verificationFinding({ accepted, missing, duplicates, state }: Verification): string {
  const faults = [
    missing > 0 &&
      `${count(missing)} of ${many(accepted, 'accepted event')} ${missing === 1 ? 'is' : 'are'} missing`,
    duplicates > 0 && `${many(duplicates, 'row')} more than one of an event`,
  ].filter((fault) => fault !== false);
  if (faults.length > 0) return list(faults);
  const stored = `${many(accepted, 'accepted event')} stored, each exactly once`;
  return state === 'not-judged' ? `${stored}; not every event was asked for` : stored;
}

export const LEADS = {
  objectives:
    'Judged on response time, from the planned start of each request. Judged is the part in which the client kept up. An objective never passes on a run that the client limited.',
  rate: 'Offered is the plan. Achieved counts the answers inside each interval.',
  latency:
    'Response counts from the planned start, as a visitor would feel it. Service counts from when the request leaves the queue. A gap between the two is time spent waiting to be sent.',
  answers: 'Of all requests planned, those of the warm-up too.',
  distribution:
    'Both axes are logarithmic, so that a handful of slow requests stays visible beside half a million fast ones.',
  client: `At ${TOO_BUSY} event-loop utilisation, or above ${TOO_LATE_MS} ms start lag at p99, the load generator itself is too busy to be trusted.`,
  verification: 'The warehouse was asked for every event that was answered with 2xx.',
  search: 'Each step is a run of its own. The highest rate that met the objective counts.',
} as const;

const CODES: Readonly<Record<string, string>> = {
  '200': 'OK',
  '202': 'accepted',
  '204': 'no content',
  '400': 'bad request',
  '401': 'unauthorised',
  '403': 'forbidden',
  '404': 'not found',
  '413': 'too large',
  '429': 'too many requests',
  '500': 'internal error',
  '502': 'bad gateway',
  '503': 'unavailable',
  '504': 'gateway timeout',
};

const LAYERS: Readonly<Record<string, string>> = {
  dns: 'Name not resolved',
  connect: 'No connection',
  tls: 'TLS failed',
  timeout: 'Timeout',
  reset: 'Connection reset',
  protocol: 'Not HTTP',
  unfinished: 'Unfinished at the end',
  dropped: 'Never sent: backlog full',
};

export const codeName = (code: string): string =>
  Object.hasOwn(CODES, code) ? `${code} ${CODES[code]}` : code;
export const layerName = (layer: string): string => (Object.hasOwn(LAYERS, layer) ? LAYERS[layer]! : layer);

export function searchFinding(steps: readonly SearchStep[]): string {
  const met = steps.filter(({ state }) => state === 'met').map(({ rate }) => rate);
  if (met.length === 0) return 'No rate that was tried met the objective';
  return `${perSecond(Math.max(...met))} is the highest rate that met the objective`;
}
