/** Runs `run`; whatever it throws stays here. The page around the tracker must never notice that it exists. */
export function guard<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
