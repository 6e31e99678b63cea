import { describe, expect, it } from 'vitest';
import { STYLE } from '../../../src/measure/report/style.js';

/** Every colour by its name, of the light theme or of the dark one over it. */
function theme(dark: boolean): ReadonlyMap<string, string> {
  const [light = '', over = ''] = STYLE.split('@media screen and (prefers-color-scheme:dark)');
  const blocks = dark ? [light, over.slice(0, over.indexOf('}'))] : [light];
  return new Map(
    blocks.flatMap((text) =>
      [...text.matchAll(/--([\w-]+):(#[0-9a-f]{3,6})/g)].map(([, name, colour]) => [name!, colour!]),
    ),
  );
}

/** WCAG 2.2, relative luminance and contrast ratio. */
function luminance(hex: string): number {
  const full = hex.length === 4 ? hex.replace(/[0-9a-f]/g, '$&$&') : hex;
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

describe.each([
  ['light', false],
  ['dark', true],
] as const)('colours, %s', (_, dark) => {
  const colours = theme(dark);
  const of = (a: string, b: string) => contrast(colours.get(a)!, colours.get(b)!);

  it.each([
    ['text', 'surface'],
    ['text-2', 'surface'],
    ['text-3', 'surface'],
    ['text-3', 'bg'],
    ['text-2', 'bg'],
    ['text-2', 'raise'],
    ['warn', 'surface'],
    ['good', 'good-soft'],
    ['bad', 'bad-soft'],
    ['warn', 'warn-soft'],
  ])('%s is read on %s: 4.5 to 1', (ink, paper) => {
    expect(of(ink, paper)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['c1', 'c2', 'bad', 'text-3'])('a line of %s is seen: 3 to 1', (ink) => {
    expect(of(ink, 'surface')).toBeGreaterThanOrEqual(3);
  });
});
