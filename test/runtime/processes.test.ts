import { describe, expect, it } from 'vitest';
import { servingFlags } from '../../src/runtime/processes.js';

const GIB = 2 ** 30;

describe('what a process that serves is started with', () => {
  it.each([
    ['a larger young generation', ['--no-warnings', ''], 4 * GIB, ['--max-semi-space-size=32']],
    ['nothing where an argument says it', ['--max-semi-space-size=64'], 4 * GIB, []],
    ['nothing where NODE_OPTIONS says it', ['--inspect --max_semi_space_size=8'], 4 * GIB, []],
    ['nothing where the heap is limited', [''], GIB / 2, []],
  ])('%s', (_, given, heap, flags) => {
    expect(servingFlags(given, heap)).toEqual(flags);
  });
});
