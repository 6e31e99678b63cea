/** What one element of the dataLayer means to us. */
export interface Message {
  /** Arguments of a consent command: action and values. */
  readonly consent?: readonly [unknown, unknown];
  /** Goes into the model. */
  readonly data?: Record<string, unknown>;
  /** Name of the event to send. */
  readonly name?: string;
}

type Bag = Record<string, unknown>;
const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null;
const tag = (value: unknown) => Object.prototype.toString.call(value);

/**
 * Reads a message without running anything of it: functions and command arrays such as `['cart.push', 4]` are
 * GTM's to execute. Null when it means nothing to us.
 */
export function interpret(message: unknown): Message | null {
  if (!isBag(message)) return null;
  if (tag(message) === '[object Arguments]' || Array.isArray(message)) return command(message);
  const wrapped = message.getUntrustedMessageValue;
  const data = typeof wrapped === 'function' ? wrapped.call(message) : message;
  return isBag(data) ? event(data, data.event) : null;
}

function event(data: Bag, name: unknown): Message {
  return (typeof name === 'string' && name) || typeof name === 'number'
    ? { data, name: String(name) }
    : { data };
}

/** A gtag command. Arrays are taken too: compiled rest arguments push them where gtag means `arguments`. */
function command(parts: Bag): Message | null {
  const [verb, first, second] = [parts[0], parts[1], parts[2]];
  if (verb === 'consent') return { consent: [first, second] };
  if (verb === 'event') return event(Object.assign({ event: first }, second), first);
  if (verb === 'set') {
    if (isBag(first)) return { data: first };
    return typeof first === 'string' ? { data: { [first]: second } } : null;
  }
  return null;
}
