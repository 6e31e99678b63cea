/** How finely this machine's timers can pace. */

const SAMPLES = 20;

/** The usual step of a 1 ms timer, ms. Takes about 25 ms. */
export async function timerResolution(): Promise<number> {
  const steps: number[] = [];
  let last = performance.now();
  for (let i = 0; i < SAMPLES; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const now = performance.now();
    steps.push(now - last);
    last = now;
  }
  const middle = steps.sort((a, b) => a - b)[SAMPLES >> 1]!;
  return Math.round(middle * 100) / 100;
}
