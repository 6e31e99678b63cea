import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/doctor/codes.js';
import { ERRORS } from '../../src/errors.js';
import { root, sourceFiles } from '../helpers/source.js';

const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
const read = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');

describe('codes of doctor', () => {
  it('are no codes of errors', () => {
    expect(Object.keys(CHECKS).filter((code) => Object.hasOwn(ERRORS, code))).toEqual([]);
  });

  it('are each asked by a check', () => {
    const asked = sourceFiles()
      .filter(({ path }) => path !== 'doctor/codes.ts')
      .flatMap(({ text }) => text.match(/\bSTG_[A-Z_]+\b/g) ?? []);
    expect(Object.keys(CHECKS).filter((code) => !asked.includes(code))).toEqual([]);
  });

  it.each(docs)('and of errors, in docs/%s, are there', (name) => {
    const named = [...read(name).matchAll(/`(STG_[A-Z_]+[A-Z])`/g)].map(([, code]) => code!);
    expect(named.filter((code) => !Object.hasOwn(CHECKS, code) && !Object.hasOwn(ERRORS, code))).toEqual([]);
  });
});

describe('runbooks', () => {
  const [, part = ''] = read('operating-kafka.md').split('\n## Runbooks\n');
  const books = part.split('\n### ').slice(1);

  it.each(books.map((text) => [text.slice(0, text.indexOf('\n')), text]))(
    '%s names the line of doctor that confirms its cause',
    (_, text) => {
      const confirms = /\*\*Doctor confirms[^\n]*/.exec(text)?.[0] ?? '';
      const codes = confirms.match(/STG_[A-Z_]+[A-Z]/g) ?? [];
      expect(codes.filter((code) => Object.hasOwn(CHECKS, code))).not.toEqual([]);
    },
  );

  it('are as many as there were', () => expect(books.length).toBeGreaterThanOrEqual(5));
});
