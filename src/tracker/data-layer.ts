import { guard } from './guard.js';

/**
 * Follows the global array `name`: hands over what it holds, then every push, each in a batch. Returns a function
 * to call now and then: it catches what went past the hook because the page replaced the array or its `push`.
 */
export function follow(name: string, take: (batch: readonly unknown[]) => void): () => void {
  const seen = new WeakSet<object>();
  let hooked: unknown;
  const page = window as unknown as Record<string, unknown>;
  const isNew = (message: unknown) =>
    typeof message === 'object' && message !== null && !seen.has(message) && !!seen.add(message);

  function hook(layer: unknown[]): void {
    const original = layer.push;
    const value = function push(this: unknown, ...batch: unknown[]): number {
      batch.forEach(isNew);
      // The page's and GTM's own hooks first, with their answer or exception to the page: we only listen.
      try {
        return Reflect.apply(original, this, batch);
      } finally {
        guard(() => take(batch));
      }
    };
    // Not by assignment: that fails where a page froze Array.prototype.
    Object.defineProperty(layer, 'push', { value, writable: true, configurable: true, enumerable: true });
  }

  return () => {
    guard(() => {
      page[name] = page[name] || [];
      const layer = page[name] as unknown[];
      if (!Array.isArray(layer)) return;
      // Once an array, even if its push was replaced since: whoever did may still call ours.
      if (hooked !== layer) guard(() => hook(layer));
      hooked = layer;
      const missed = layer.filter(isNew);
      if (missed.length) take(missed);
    });
  };
}
