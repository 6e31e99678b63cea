import { type Browser, type BrowserContext, chromium } from 'playwright-core';

/** Quiet, offline, without the machine's profile. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface LaunchOptions {
  readonly flags?: readonly string[];
  /** Flags of playwright's own that must go, such as --disable-back-forward-cache. */
  readonly without?: readonly string[];
}

/** Starts the Chromium at `executablePath` with an empty, temporary profile. `close()` ends every process of it. */
export function launch(executablePath: string, options: LaunchOptions = {}): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [...FLAGS, ...(options.flags ?? [])],
    ...(options.without && { ignoreDefaultArgs: [...options.without] }),
  });
}

/** The same with the profile of a visitor who comes back: `profile` is a folder, kept by whoever made it. */
export function launchProfile(executablePath: string, profile: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, { executablePath, headless: true, args: FLAGS });
}

/** Runs `use` in a context of its own (cookies, storage), and closes it whatever happens. */
export async function inContext<T>(
  browser: Browser,
  use: (context: BrowserContext) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext();
  try {
    return await use(context);
  } finally {
    await context.close();
  }
}
