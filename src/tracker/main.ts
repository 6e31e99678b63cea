import { createClient } from './client.js';
import { guard } from './guard.js';
import { readSettings } from './settings.js';

type Page = Record<string, unknown>;

/** Calls that were queued in a plain array: names, each with its data behind it. */
function replay(early: unknown, push: (name: string, data?: object) => void): void {
  if (!Array.isArray(early)) return;
  early.forEach((name, index) => {
    const data = early[index + 1];
    if (typeof name === 'string') push(name, typeof data === 'object' ? data : undefined);
  });
}

function start(script: HTMLScriptElement | null): void {
  const page = window as unknown as Page;
  const early = page.stargate as { flush?: unknown } | undefined;
  // Loaded twice: the first instance stays.
  if (early && 'flush' in Object(early)) return;
  const data = script ? script.dataset : {};
  const settings = readSettings(script ? script.src : '', data, (page.stargateConfig || {}) as Page);
  if (!settings) return;
  const client = createClient(settings);
  page.stargate = client.api;
  replay(early, client.api.push);
  const on = (target: EventTarget, name: string, run: (event: Event) => void) =>
    target.addEventListener(name, (event) => guard(() => run(event)));
  on(window, 'load', client.attach);
  on(document, 'visibilitychange', () => document.visibilityState === 'hidden' && client.leave(false));
  on(window, 'pagehide', () => client.leave(true));
  on(window, 'pageshow', (event) => (event as PageTransitionEvent).persisted && client.back());
}

guard(() => {
  // Null when the code did not come by a tag of its own: then it is found by its attribute or name.
  const script = (document.currentScript ||
    document.querySelector('script[data-key],script[src*="stargate"]')) as HTMLScriptElement | null;
  const run = () => void guard(() => start(script));
  // A page that is rendered ahead may never be seen.
  if ((document as { prerendering?: boolean }).prerendering) {
    document.addEventListener('prerenderingchange', run, { once: true });
  } else {
    run();
  }
});
