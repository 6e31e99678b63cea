import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { launch } from './browser.js';
import { trackerScript } from './shop-tracker.js';
import { buildUi } from './ui-build.js';
import { startUiServer, type UiServer } from './ui-server.js';

export interface Stage {
  readonly browser: Browser;
  /** A new server, ended after the test. */
  serve(port?: number): Promise<UiServer>;
}

/** Builds the pages once a file, starts Chromium once, and leaves nothing running. */
export function stage(chromium: string, withTracker = false): Stage {
  let browser: Browser;
  let built: Awaited<ReturnType<typeof buildUi>>;
  let tracker = '';
  const servers: UiServer[] = [];
  beforeAll(async () => {
    built = await buildUi();
    if (withTracker) tracker = await trackerScript();
    browser = await launch(chromium);
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  afterAll(async () => {
    await browser?.close();
    await built?.remove();
  });
  return {
    get browser() {
      return browser;
    },
    async serve(port = 0) {
      const server = await startUiServer({ dir: built.dir, port, tracker });
      servers.push(server);
      return server;
    },
  };
}
