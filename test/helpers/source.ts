/** The source tree as data, for the guards: files, their lines, and whom they import. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface SourceFile {
  /** Path below src/, such as log/embedded/segment.ts. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** Path below src/ for our own files, else the package's specifier. */
  readonly to: string;
  readonly own: boolean;
  readonly kind: 'value' | 'type' | 'dynamic';
}

const STATIC = /^(?:import|export)\s+(type\s+)?(?:[^'"()]*?\sfrom\s+)?'([^']+)';/gm;
const DYNAMIC = /\bimport\(\s*'([^']+)'/g;

export function sourceFiles(): SourceFile[] {
  const src = join(root, 'src');
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
    .map((path) => {
      const text = readFileSync(join(src, path), 'utf8');
      return { path, text, imports: importsOf(path, text) };
    });
}

export function importsOf(path: string, text: string): Import[] {
  const found: Import[] = [];
  for (const [statement, type, specifier] of text.matchAll(STATIC)) {
    const onlyTypes =
      Boolean(type) || /^(?:import|export)\s*\{\s*(?:type\s+\w+(?:\s+as\s+\w+)?\s*,?\s*)+\}/.test(statement);
    found.push({ ...resolve(path, specifier!), kind: onlyTypes ? 'type' : 'value' });
  }
  for (const [, specifier] of text.matchAll(DYNAMIC)) {
    found.push({ ...resolve(path, specifier!), kind: 'dynamic' });
  }
  return found;
}

function resolve(from: string, specifier: string): Pick<Import, 'to' | 'own'> {
  if (!specifier.startsWith('.')) return { to: specifier, own: false };
  const src = join(root, 'src');
  const target = relative(src, normalize(join(src, dirname(from), specifier))).replaceAll('\\', '/');
  return { to: target.replace(/\.js$/, '.ts'), own: true };
}
