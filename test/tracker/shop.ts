import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { type LaunchOptions, launch } from '../helpers/browser.js';
import {
  buildTracker,
  type Collector,
  openCollector,
  openSite,
  type SentEvent,
  type Site,
  until,
} from './site.js';

/** One visitor in a Chromium context of their own, on a shop that loads the tracker from a collector. */
export interface Shop {
  readonly context: BrowserContext;
  readonly collector: Collector;
  readonly site: Site;
  /** The script tag, with further attributes. */
  tag(attributes?: string): string;
  /** Opens a page whose head is this html. */
  visit(head: string, path?: string, headers?: Record<string, string>): Promise<Page>;
  /** Waits for an event of this name. */
  event(name: string): Promise<SentEvent>;
  /** What a page's script threw without catching. */
  readonly errors: Error[];
}

/** Chromium and the built script for one test file; `shop` runs one test and closes everything behind it. */
export function useShops(chromium: string, options: LaunchOptions = {}) {
  let browser: Browser;
  let script: Buffer;
  beforeAll(async () => {
    [browser, script] = await Promise.all([launch(chromium, options), buildTracker()]);
  });
  afterAll(() => browser?.close());

  return async (use: (shop: Shop) => Promise<void>): Promise<void> => {
    const [context, collector, site] = await Promise.all([
      browser.newContext(),
      openCollector(script),
      openSite(),
    ]);
    const errors: Error[] = [];
    try {
      await use({
        context,
        collector,
        site,
        errors,
        tag: (attributes = '') =>
          `<script src="${collector.origin}/stargate.js" data-key="k1" ${attributes}></script>`,
        async visit(head, path = '/', headers = {}) {
          const page = await context.newPage();
          page.on('pageerror', (error) => errors.push(error));
          await page.goto(site.page(path, head, headers));
          return page;
        },
        event: (name) => until(() => collector.events().find((one) => one.name === name)),
      });
    } finally {
      await context.close();
      await Promise.all([collector.close(), site.close()]);
    }
  };
}

/** A script block. */
export const inline = (code: string): string => `<script>${code}</script>`;
/** The dataLayer and gtag as Google's snippet makes them. */
export const GTAG = inline(
  'window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments)}',
);
/** Runs an expression in a page, typed as anything. */
export const run = <T>(page: Page, code: string): Promise<T> => page.evaluate(code) as Promise<T>;
