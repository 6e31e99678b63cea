/**
 * JSON in the browser's storage. Blocked, full or broken storage, and what has another
 * shape than `valid` asks for, reads as `fallback`: anybody may write there, and the page must open all the same.
 */
export interface Slot<T> {
  read(): T;
  write(value: T): void;
}

export function slot<T>(
  kind: 'localStorage' | 'sessionStorage',
  key: string,
  fallback: T,
  valid: (value: unknown) => boolean,
): Slot<T> {
  let kept = fallback;
  return {
    read() {
      try {
        const text = window[kind].getItem(key);
        if (text === null) return kept;
        const value: unknown = JSON.parse(text);
        return valid(value) ? (value as T) : fallback;
      } catch {
        return kept;
      }
    },
    write(value) {
      kept = value;
      try {
        window[kind].setItem(key, JSON.stringify(value));
      } catch {
        // Kept for this page only.
      }
    },
  };
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
