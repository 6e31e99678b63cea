import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, sourceFiles } from '../helpers/source.js';
import { generated } from '../tools/generate.js';

const HARD_CAP = 400;

describe('files', () => {
  it(`are at most ${HARD_CAP} lines long`, () => {
    const long = sourceFiles()
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > HARD_CAP);
    expect(long).toEqual([]);
  });

  it('exit the process and read the environment in one place only', () => {
    const exits = sourceFiles().filter(({ path, text }) => path !== 'cli.ts' && /process\.exit\(/.test(text));
    expect(exits.map(({ path }) => path)).toEqual([]);
    const environment = sourceFiles().filter(
      ({ path, text }) => !/^(config\/|cli(\.ts$|\/))/.test(path) && /process\.env\b/.test(text),
    );
    expect(environment.map(({ path }) => path)).toEqual([]);
  });

  it('carry no open work', () => {
    const open = sourceFiles().filter(({ text }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text));
    expect(open.map(({ path }) => path)).toEqual([]);
  });
});

describe('generated files', () => {
  it.each([...generated()])('%s is fresh', (path, content) => {
    const file = join(root, path);
    expect(existsSync(file), `${path} is missing: npm run generate`).toBe(true);
    expect(readFileSync(file, 'utf8'), `${path} is stale: npm run generate`).toBe(content);
  });
});

describe('the package', () => {
  it('has a lockfile without download addresses', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const resolved = Object.entries<Record<string, unknown>>(lock.packages).filter(
      ([, entry]) => 'resolved' in entry,
    );
    expect(resolved.map(([name]) => name)).toEqual([]);
  });

  it('pins every version exactly', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const loose = Object.entries<string>({ ...dependencies, ...devDependencies }).filter(
      ([, v]) => !/^\d+\.\d+\.\d+(-r\.\d+)?$/.test(v),
    );
    expect(loose).toEqual([]);
  });

  it('is importable without side effects', () => {
    const script = `
      const before = process.listenerCount('exit') + process.listenerCount('SIGINT') + process.listenerCount('uncaughtException');
      const api = await import('./src/index.ts');
      const after = process.listenerCount('exit') + process.listenerCount('SIGINT') + process.listenerCount('uncaughtException');
      const handles = process.getActiveResourcesInfo().filter((name) => /Server|Socket|Timeout|Timer/.test(name));
      console.log(JSON.stringify({ names: Object.keys(api).length > 0, listeners: after - before, handles }));`;
    const printed = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(JSON.parse(printed)).toEqual({ names: true, listeners: 0, handles: [] });
  });
});
