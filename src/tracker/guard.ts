/** Runs `run`; whatever it throws stays here. The page around the tracker must never notice that it exists. */
export function guard<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

/** `[object Arguments]`, `[object Object]`, …: also right for values of another frame. */
export function tag(value: unknown): string {
  return Object.prototype.toString.call(value);
}
