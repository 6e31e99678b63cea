import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildUi } from '../helpers/ui-build.js';

describe('the built pages', () => {
  let built: Awaited<ReturnType<typeof buildUi>>;
  const read = (path: string) => readFileSync(join(built.dir, path), 'utf8');
  const referenced = (page: string) =>
    [...read(page).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);

  beforeAll(async () => {
    built = await buildUi();
  });
  afterAll(() => built.remove());

  it.each(['index.html', 'demo.html'])(
    '%s loads only hashed files of our own, and nothing inline',
    (page) => {
      expect(referenced(page).length).toBeGreaterThan(2);
      for (const path of referenced(page)) expect(path).toMatch(/^\/assets\/[\w-]+-[\w-]{8}\.(js|css|svg)$/);
      expect(read(page)).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|data:/);
    },
  );

  it.each(['index.html', 'demo.html'])('%s is smaller than 60 KB with everything that it loads', (page) => {
    const files = [page, ...referenced(page)];
    const bytes = files.reduce((sum, path) => sum + gzipSync(readFileSync(join(built.dir, path))).length, 0);
    expect(bytes).toBeLessThan(60_000);
  });

  it('names no other host', () => {
    for (const file of readdirSync(join(built.dir, 'assets'))) {
      const hosts = [...read(`assets/${file}`).matchAll(/https?:\/\/([\w.-]+)/g)].map(([, host]) => host);
      expect(hosts.filter((host) => host !== 'www.w3.org')).toEqual([]);
    }
  });
});
