/** JSON in the browser's storage. Blocked, full or broken storage reads as `fallback` and forgets what is written. */
export interface Slot<T> {
  read(): T;
  write(value: T): void;
}

export function slot<T>(kind: 'localStorage' | 'sessionStorage', key: string, fallback: T): Slot<T> {
  let kept = fallback;
  return {
    read() {
      try {
        const text = window[kind].getItem(key);
        return text === null ? kept : (JSON.parse(text) as T);
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
