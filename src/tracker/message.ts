import { tag } from './guard.js';

/** What one element of the dataLayer means to us. */
export interface Message {
  /** Arguments of a consent command: action and values. */
  readonly command?: readonly [unknown, unknown];
  /** Goes into the model. */
  readonly data?: Record<string, unknown>;
  /** Name of the event to send. */
  readonly name?: string;
}

type Bag = Record<string, unknown>;
const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null;

/**
 * Reads a message without running anything of it: functions and command arrays such as `['cart.push', 4]` are
 * GTM's to execute. Empty when it means nothing to us. Arrays count as gtag commands too: compiled rest arguments
 * push them where gtag means `arguments`.
 */
export function interpret(message: unknown): Message {
  if (!isBag(message)) return {};
  if (!/Arg|Array/.test(tag(message))) {
    const wrapped = message.getUntrustedMessageValue;
    const data = typeof wrapped === 'function' ? wrapped.call(message) : message;
    return isBag(data) ? event(data, data.event) : {};
  }
  const [verb, first, second] = Array.from(message as unknown as ArrayLike<unknown>);
  if (verb === 'consent') return { command: [first, second] };
  if (verb === 'event') return event(isBag(second) ? second : {}, first);
  if (verb !== 'set') return {};
  return { data: isBag(first) ? first : { [String(first)]: second } };
}

function event(data: Bag, name: unknown): Message {
  return typeof name === 'string' && name ? { data, name: name.slice(0, 256) } : { data };
}
