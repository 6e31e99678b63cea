import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { root } from './source.js';

/**
 * The tracker's script for the demo shop: the real one, built, wherever its sources are there with all they import.
 * Else the least that follows the same contract: consent first, one request a push, `stargate:sent` after the answer.
 */
export async function trackerScript(): Promise<string> {
  const config = join(root, 'src', 'tracker', 'vite.config.ts');
  if (!existsSync(config) || !existsSync(join(root, 'src', 'event', 'sanitise.ts'))) return `(${least})()`;
  const dir = await mkdtemp(join(tmpdir(), 'stargate-tracker-'));
  try {
    await build({ configFile: config, mode: 'production', logLevel: 'error', build: { outDir: dir } });
    return await readFile(join(dir, 'stargate.js'), 'utf8');
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Runs in the page: it is sent as text, and may use nothing from this file. */
function least(): void {
  let allowed = false;
  const layer = (window as unknown as { dataLayer: unknown[] }).dataLayer;
  const take = (message: unknown) => {
    const entry = message as Record<string, unknown>;
    const values = entry['2'] as Record<string, unknown> | undefined;
    if (entry['0'] === 'consent' && values?.analytics_storage)
      allowed = values.analytics_storage === 'granted';
    if (!allowed || typeof entry.event !== 'string') return;
    const event = { id: crypto.randomUUID(), name: entry.event, ts: Date.now(), data_layer: entry };
    const body = JSON.stringify({ v: 1, k: 'dev', sent_at: Date.now(), ctx: {}, events: [event] });
    fetch('/v1/events', { method: 'POST', body, keepalive: true, credentials: 'omit' }).then(({ status }) => {
      dispatchEvent(new CustomEvent('stargate:sent', { detail: { events: [event], status } }));
    });
  };
  const push = layer.push.bind(layer);
  layer.push = (...messages: unknown[]) => {
    messages.forEach(take);
    return push(...messages);
  };
  layer.forEach(take);
}
