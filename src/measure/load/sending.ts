/** From a plan that crossed to this process to a sender that follows it. */
import { type Curve, constantCurve, sineCurve, stagesCurve } from './curve.js';
import { evenly, type Pacer, poisson, shareOf } from './pacer.js';
import { createPayload } from './payload.js';
import { Sender } from './sender.js';
import type { CurveSpec, Delta, SendPlan } from './wire.js';

export function curveOf(spec: CurveSpec): Curve {
  if (spec.kind === 'constant') return constantCurve(spec.rate, spec.durationMs);
  if (spec.kind === 'stages') return stagesCurve(spec.stages);
  return sineCurve(spec.mean, spec.durationMs, spec.periodMs, spec.swing);
}

function pacerOf({ curve, poisson: random, seed, worker, workers }: SendPlan): Pacer | null {
  if (curve === null) return null;
  const all = random ? poisson(curveOf(curve), seed) : evenly(curveOf(curve));
  return shareOf(all, worker, workers);
}

export function createSender(plan: SendPlan, tell: (delta: Delta) => void): Sender {
  const payload = createPayload(plan.payload, plan.run, plan.worker, plan.startedAt);
  return new Sender(plan, pacerOf(plan), payload, tell);
}
