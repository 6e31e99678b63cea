import { createClient } from './client.js';
import { guard } from './guard.js';
import { readSettings } from './settings.js';

type Page = Record<string, unknown>;

function start(script: HTMLScriptElement | null): void {
  const page = window as unknown as Page;
  const early = Object(page.stargate);
  // Loaded twice: the first instance stays.
  if (early.flush) return;
  const { src, dataset } = Object(script) as Partial<HTMLScriptElement>;
  const settings = readSettings(src || '', dataset, page.stargateConfig);
  if (!settings) return;
  const client = createClient(settings);
  page.stargate = client.api;
  // Events that a plain array took before we came: names, each with its data behind it.
  if (Array.isArray(early)) {
    early.forEach((name, index) => {
      if (typeof name === 'string') client.api.push(name, early[index + 1]);
    });
  }
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
