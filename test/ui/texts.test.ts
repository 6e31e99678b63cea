import { describe, expect, it } from 'vitest';
import { REASONS } from '../../src/errors.js';
import { GROUPS } from '../../src/event/fields.js';
import { preferredLanguage, rememberLanguage } from '../../src/ui/language.js';
import { explain, REASON_TEXTS } from '../../src/ui/reasons.js';
import { TEXTS, texts } from '../../src/ui/texts.js';

describe('texts', () => {
  it('say something in both languages', () => {
    const empty = Object.entries(TEXTS).filter(([, pair]) =>
      pair.some((text) => (typeof text === 'function' ? text(2, '2') : text).trim() === ''),
    );
    expect(empty).toEqual([]);
  });

  it('count in both languages', () => {
    expect(texts('en').count('rows', 1)).toBe('1 row');
    expect(texts('en').count('resumeNew', 1284)).toBe('Resume, 1,284 new');
    expect(texts('pt').count('resumeNew', 1)).toBe('Retomar, 1 novo');
    expect(texts('pt').count('resumeNew', 1284)).toBe('Retomar, 1.284 novos');
  });

  it('name every group of columns', () => {
    for (const { group } of GROUPS) {
      expect(texts('en').find(`group_${group}`), group).not.toBeNull();
    }
    expect(texts('en').find('toString')).toBeNull();
  });
});

describe('reasons', () => {
  it('explain every code', () => {
    expect(Object.keys(REASON_TEXTS).sort()).toEqual(Object.keys(REASONS).sort());
  });

  it('speak of the field', () => {
    expect(explain('field_type', 'ts', 'en')).toMatchObject({
      title: '“ts” has another type than its column takes',
      expected: 'number, milliseconds since 1970',
    });
    expect(explain('field_missing', 'name', 'pt').title).toContain('Falta “name”');
  });

  it('show an unknown code, and one that is a word of the language, as it is', () => {
    expect(explain('from_the_future', null, 'pt').title).toBe('from_the_future');
    expect(explain('constructor', null, 'en').title).toBe('constructor');
    expect(explain('field_type', 'constructor', 'en').expected).toBe('the type of its column');
  });
});

describe('the language', () => {
  const storage = () => {
    const kept = new Map<string, string>();
    return {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => kept.set(key, value),
    };
  };

  it.each([
    [['pt-BR', 'en'], 'pt'],
    [['de', 'pt'], 'pt'],
    [['en-GB', 'pt'], 'en'],
    [['de'], 'en'],
    [[], 'en'],
    [['ptx'], 'en'],
  ])('of %j is %s', (languages, expected) => {
    expect(preferredLanguage(languages, null)).toBe(expected);
  });

  it('is remembered, and a blocked storage is not minded', () => {
    const kept = storage() as unknown as Storage;
    rememberLanguage('pt', kept);
    expect(preferredLanguage(['en'], kept)).toBe('pt');
    const blocked = {
      getItem: () => {
        throw new Error('blocked');
      },
    } as unknown as Storage;
    expect(preferredLanguage(['pt'], blocked)).toBe('pt');
  });
});
