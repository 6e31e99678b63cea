import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from '../../src/tracker/version.js';
import { buildTracker } from './site.js';

describe('stargate.js as it is built', () => {
  let script = '';
  beforeAll(async () => {
    script = (await buildTracker()).toString();
  });

  it('stays below 6 KB gzipped', () => {
    expect(gzipSync(script, { level: 9 }).length).toBeLessThan(6 * 1024);
  });

  it('says its version, and leaves no global but its own', () => {
    expect(script).toMatch(new RegExp(`^/\\*! stargate.js ${VERSION.replaceAll('.', '\\.')} `));
    expect(script.split('\n')[1]).toMatch(/^\(function\(\)\{|^\(\(\) ?=> ?\{/);
  });

  it('is one ES2017 script without imports', () => {
    expect(script).not.toMatch(/\?\.[a-z[(]|\?\?|\bimport\b|catch\{/);
  });
});
