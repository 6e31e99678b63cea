/** `GET /stargate.js` and `/stargate.v1.js`. */
import { StargateError } from '../../errors.js';
import { type Assets, serve } from '../assets.js';
import type { Handler } from '../http.js';

/** Pages of every origin load the script, also those that isolate themselves. */
const CROSS_ORIGIN = ['cross-origin-resource-policy', 'cross-origin'];

export function tracker(assets: Assets, cacheControl: string): Handler {
  return (request) => {
    if (!assets.tracker)
      throw new StargateError('STG_ROUTE_UNKNOWN', { message: 'The tracker has not been built.' });
    return serve(assets.tracker, request, cacheControl, CROSS_ORIGIN);
  };
}
