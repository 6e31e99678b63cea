import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StargateError } from '../../src/errors.js';
import { asStargateError, faultText } from '../../src/output/fault.js';
import { plainProgress } from '../../src/output/progress.js';
import { createStyle, speaksUtf8, wantsColour } from '../../src/output/style.js';
import { columns, labelled, printable, table, wrap } from '../../src/output/text.js';

const plain = createStyle(false, true);
const painted = createStyle(true, true);

describe('columns', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['ação', 4],
    ['ac\u0327a\u0303o', 4],
    ['日本', 4],
    ['👍', 2],
    [painted.bad('abc'), 3],
    [painted.dim('ação'), 4],
  ])('of %j: %i', (text, width) => {
    expect(columns(text)).toBe(width);
  });
});

describe('printable', () => {
  it('leaves nothing that moves a cursor', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
        expect(printable(text)).not.toMatch(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
    expect(printable('a\nb\tc', true)).toBe('a\nb c');
  });
});

describe('wrap', () => {
  it('keeps every word and the width', () => {
    const words = fc.array(fc.stringMatching(/^[a-zã]{1,12}$/), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(words, fc.integer({ min: 12, max: 60 }), (list, width) => {
        const lines = wrap(list.join(' '), width);
        expect(lines.join(' ')).toBe(list.join(' '));
        for (const line of lines) expect(columns(line)).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('keeps lines that are laid out already, and words too long for any line', () => {
    const command = '  gcloud compute start-iap-tunnel stargate-kafka-0 9092';
    expect(wrap(`From outside:\n${command}`, 20)).toEqual(['From outside:', command]);
    expect(wrap('see https://console.cloud.google.com/dataproc now', 12)).toEqual([
      'see',
      'https://console.cloud.google.com/dataproc',
      'now',
    ]);
  });

  it('puts text under itself, not under its label', () => {
    expect(labelled('  Next', 'one two three', 8, 28)).toBe('  Next  one two three');
    expect(labelled('  Next', 'one two three four five six', 8, 28)).toBe(
      '  Next  one two three four\n        five six',
    );
  });
});

describe('table', () => {
  it('aligns by what is seen, and leaves no space at the end', () => {
    const rows = [
      [painted.good('ok'), '1', ''],
      ['日本', '1,294', 'x'],
    ];
    const lines = table(rows, { head: ['s', 'count', 'z'], right: new Set([1]), indent: ' ' }).split('\n');
    expect(lines).toEqual([' s     count  z', ` ${painted.good('ok')}        1`, ' 日本  1,294  x']);
    expect(table([])).toBe('');
  });
});

describe('errors as text', () => {
  it('wraps a long sentence under itself, as in the design', () => {
    const error = new StargateError('STG_INPUT_MISSING', {
      message: 'Three answers are missing, and there is no terminal to ask on.',
      items: [
        { at: '--region', text: 'for example us-central1' },
        { at: '--allowed-hosts', text: 'origins that may send, comma-separated' },
      ],
      next: 'Add the flags, or pass --answers FILE.',
    });
    expect(faultText(error, plain, 80, false)).toBe(
      [
        '✗ STG_INPUT_MISSING  Three answers are missing, and there is no terminal to',
        '  ask on.',
        '',
        '  --region         for example us-central1',
        '  --allowed-hosts  origins that may send, comma-separated',
        '',
        '  Next  Add the flags, or pass --answers FILE.',
      ].join('\n'),
    );
  });

  it('keeps a laid out next step under its label', () => {
    const next = 'From outside:\ngcloud compute start-iap-tunnel\n  --local-host-port=:9092';
    expect(faultText(new StargateError('STG_LOG_CLOSED', { next }), plain, 80, false)).toBe(
      [
        '✗ STG_LOG_CLOSED  The log is closed.',
        '  Next      From outside:',
        '            gcloud compute start-iap-tunnel',
        '              --local-host-port=:9092',
      ].join('\n'),
    );
  });

  it('ends for a circle of causes, and for what is no error', () => {
    const circle = new Error('round');
    circle.cause = circle;
    const text = faultText(new StargateError('STG_BUG', { cause: circle }), plain, 80, true);
    expect(text.match(/Cause/g)).toHaveLength(16);
    expect(asStargateError('text').got).toBe('text');
    expect(asStargateError(undefined).code).toBe('STG_BUG');
    expect(asStargateError(null).got).toBe('null');
  });
});

describe('style', () => {
  it.each([
    [{}, true, false, true],
    [{}, false, false, false],
    [{ TERM: 'dumb' }, true, false, false],
    [{ NO_COLOR: '1' }, true, false, false],
    [{ NO_COLOR: '' }, true, false, true],
    [{ FORCE_COLOR: '' }, false, false, true],
    [{ FORCE_COLOR: '3' }, false, true, false],
  ])('with %j on a terminal %s and --no-color %s: %s', (env, isTTY, noColour, colour) => {
    expect(wantsColour(env, isTTY, noColour)).toBe(colour);
  });

  it.each([
    [{ LANG: 'pt_BR.UTF-8' }, 'linux', true],
    [{ LANG: 'C.utf8' }, 'linux', true],
    [{ LC_ALL: 'C', LANG: 'pt_BR.UTF-8' }, 'linux', false],
    [{}, 'linux', false],
    [{}, 'darwin', true],
    [{ WT_SESSION: 'x' }, 'win32', true],
  ])('locale %j on %s speaks UTF-8: %s', (env, platform, utf8) => {
    expect(speaksUtf8(env, platform)).toBe(utf8);
  });
});

describe('progress without a terminal', () => {
  it('says a line now and then', () => {
    const lines: string[] = [];
    let now = 0;
    const progress = plainProgress(
      'start',
      (line) => lines.push(line),
      plain,
      5000,
      () => now,
    );
    for (now = 0; now <= 12_000; now += 100) progress.update(`at ${now}`);
    progress.fail();
    expect(lines).toEqual(['start', 'at 5000', 'at 10000', '✗ at 12000']);
  });
});
