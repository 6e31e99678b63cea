/** What an operator does with templates/monitoring before it is trusted: `promtool`, on the files as they are shipped. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith } from '../../helpers/needs.js';
import { MONITORING, promtool } from '../../helpers/prometheus.js';

const files = (folder: string): string[] =>
  readdirSync(join(MONITORING, folder)).map((name) => `${folder}/${name}`);

describeWith('prometheus', 'the rules', () => {
  it('are taken by Prometheus, with its configuration', () => {
    expect(promtool('check', 'config', 'prometheus.yml')).toContain('SUCCESS');
    expect(promtool('check', 'rules', ...files('rules'))).not.toContain('FAILED');
  });

  it.each(files('tests'))('hold %s', (file) => {
    expect(promtool('test', 'rules', file)).toContain('SUCCESS');
  });
});
