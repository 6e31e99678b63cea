/** Builds that are broken on purpose: a copy of this checkout's, in which exact texts are replaced. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ROOT } from '../../helpers/cli.js';

export interface Patch {
  /** Below dist/. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface BrokenBuild {
  /** Its `bin/stargate`. */
  readonly bin: string;
  remove(): void;
}

/** Throws when a text is not there exactly once: then it is no longer this fault that would be made. */
export async function brokenBuild(patches: readonly Patch[]): Promise<BrokenBuild> {
  await ensureBuilt();
  // Before anything is copied.
  for (const { file, from } of patches) {
    const times = readFileSync(join(ROOT, 'dist', file), 'utf8').split(from).length - 1;
    if (times !== 1) throw new Error(`${file} holds ${times} times: ${from}`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'stargate-broken-'));
  for (const name of ['bin', 'dist', 'package.json'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const { file, from, to } of patches) {
    const path = join(folder, 'dist', file);
    writeFileSync(path, readFileSync(path, 'utf8').split(from).join(to));
  }
  return {
    bin: join(folder, 'bin', 'stargate'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
