/**
 * From a request to its answer, without a socket: fixed paths by a Map, methods, guards, cross-origin headers,
 * errors as answers. Whoever has the socket asks `admit` with the head alone first, because a refusal must
 * not wait for a body that nobody wants.
 */
import { StargateError } from '../errors.js';
import { checkBody } from './body.js';
import {
  type Answer,
  asStargateError,
  type CorsPolicy,
  errorAnswer,
  type Handler,
  type Head,
  type Request,
  type Route,
} from './http.js';
import { Inflight } from './inflight.js';
import { LIMITS } from './limits.js';
import type { Logger } from './logger.js';

/** A request that may bring its body. */
export interface Admission {
  readonly route: Route;
  readonly handler: Handler;
  readonly cors: readonly string[];
}

export interface AppOptions {
  readonly routes: readonly Route[];
  readonly logger: Logger;
  readonly inflight?: Inflight;
  /** For answers where no route is known, or where a request could not be read. */
  readonly cors?: CorsPolicy;
}

export class App {
  readonly #exact = new Map<string, Route>();
  readonly #prefixes: readonly Route[];
  readonly #options: AppOptions;
  /** Bodies between arrival and answer; whoever reads them reserves here first. */
  readonly inflight: Inflight;

  /** A later route takes the place of an earlier one with the same path. */
  constructor(options: AppOptions) {
    this.#options = options;
    this.inflight = options.inflight ?? new Inflight(LIMITS.inflightBytes);
    for (const route of options.routes) this.#exact.set(route.path, route);
    this.#prefixes = options.routes.filter(({ path }) => path.endsWith('/*'));
  }

  /** What to do with a request, from its head: an answer, or its admission. Never throws. */
  admit(head: Head): Answer | Admission {
    const route = this.#route(head.path);
    const cors = this.#cors(route, head);
    try {
      if (!route) throw new StargateError('STG_ROUTE_UNKNOWN');
      route.guard?.(head);
      const handler = handlerOf(route, head.method);
      if (!handler) return withHeaders(this.#withoutHandler(head, route), cors);
      if (route.body) checkBody(head.headers, route.body);
      return { route, handler, cors };
    } catch (error) {
      return withHeaders(this.#failed(error, route), cors);
    }
  }

  /** The answer of an admitted request. Never throws, never rejects. */
  respond({ handler, cors, route }: Admission, request: Request): Answer | Promise<Answer> {
    try {
      const answer = handler(request);
      if (!(answer instanceof Promise)) return withHeaders(answer, cors);
      return answer.then(
        (settled) => withHeaders(settled, cors),
        (error) => withHeaders(this.#failed(error, route), cors),
      );
    } catch (error) {
      return withHeaders(this.#failed(error, route), cors);
    }
  }

  /** The answer to a request that broke off, or that could not be read; `head` is null where none was understood. */
  refuse(head: Head | null, error: StargateError): Answer {
    const route = head ? this.#route(head.path) : undefined;
    return withHeaders(this.#failed(error, route), this.#cors(route, head));
  }

  #cors(route: Route | undefined, head: Head | null): readonly string[] {
    const policy = route ? route.cors : this.#options.cors;
    return policy?.headers(head?.headers.origin) ?? [];
  }

  #route(path: string): Route | undefined {
    return this.#exact.get(path) ?? this.#prefixes.find((route) => path.startsWith(route.path.slice(0, -1)));
  }

  #withoutHandler(head: Head, route: Route): Answer {
    const methods = Object.keys(route.methods).join(', ');
    if (head.method === 'OPTIONS') {
      return (
        route.cors?.preflight(head.headers.origin, methods) ?? {
          status: 204,
          headers: ['allow', methods],
          body: '',
        }
      );
    }
    return withHeaders(errorAnswer(new StargateError('STG_METHOD_UNKNOWN')), ['allow', methods]);
  }

  #failed(error: unknown, route: Route | undefined): Answer {
    const known = asStargateError(error);
    if (known.code === 'STG_BUG') this.#options.logger('bug', { at: whereItBroke(known.cause) });
    return errorAnswer(known, route?.detailed);
  }
}

function handlerOf({ methods, effects }: Route, method: string): Handler | undefined {
  // The table is a plain object: `constructor` and the like are no methods.
  if (Object.hasOwn(methods, method)) return methods[method];
  return method === 'HEAD' && !effects ? methods.GET : undefined;
}

function withHeaders(answer: Answer, more: readonly string[]): Answer {
  if (more.length === 0) return answer;
  return {
    status: answer.status,
    headers: [...answer.headers, ...more],
    body: answer.body,
    ...(answer.stream && { stream: answer.stream }),
  };
}

/** Name and frames only: the message of a parser's error quotes the payload. */
function whereItBroke(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause;
  const frames = (cause.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [cause.name, ...frames.slice(0, 8).map((line) => line.trim())].join(' | ');
}
