/** Anonymous mode: nothing that tells one visitor from another. */

/** Names under which pages push ids of visitors, sessions and clicks; compared without case, `_` and `-`. */
const ID_NAMES = new Set(
  [
    'clientId cid ga gaClientId gaSessionId gaSessionNumber sessionId sessionNumber session visitorId visitorIP visitId',
    'userId uid userPseudoId pseudoId customerId deviceId anonymousId distinctId fbp fbc gclid fbclid gbraid wbraid',
    'dclid msclkid ttclid ip ipAddress userAgent',
  ]
    .join(' ')
    .toLowerCase()
    .split(' '),
);
const SEPARATORS = /[_-]/g;

const isId = (name: string): boolean => ID_NAMES.has(name.replace(SEPARATORS, '').toLowerCase());

/** A copy of a sanitised value without ids at any depth. */
export function withoutIds(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutIds);
  const kept: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) if (!isId(name)) kept[name] = withoutIds(inner);
  return kept;
}
