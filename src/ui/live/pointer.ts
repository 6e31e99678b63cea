/** JSON pointers (RFC 6901): `/ecommerce/items/0/price`. */
export function keysOf(pointer: string): readonly string[] {
  if (!pointer.startsWith('/')) return [];
  return pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function child(pointer: string, key: string): string {
  return `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

export function lookUp(
  value: unknown,
  pointer: string,
): { readonly found: boolean; readonly value: unknown } {
  let here = value;
  for (const key of keysOf(pointer)) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key))
      return { found: false, value: undefined };
    here = (here as Record<string, unknown>)[key];
  }
  return { found: true, value: here };
}

/** A collector's answer counts from the envelope (`/events/2/ts`), a stored event from itself (`/ts`). */
export function withinEvent(pointer: string): string {
  return pointer.replace(/^\/events\/\d+(?=\/|$)/, '');
}

/** The last key, for a person: `ts` of `/events/2/ts`. Null for the whole event. */
export function fieldOf(pointer: string | null): string | null {
  return (pointer && keysOf(withinEvent(pointer)).at(-1)) || null;
}
