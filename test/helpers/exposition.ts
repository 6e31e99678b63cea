/** The Prometheus text exposition format 0.0.4, read strictly: what the format forbids throws. */
export interface ExposedFamily {
  readonly name: string;
  readonly type: string;
  readonly samples: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly value: number;
  }[];
}

const SUFFIXES: Readonly<Record<string, RegExp>> = {
  histogram: /_(bucket|sum|count)$/,
  summary: /_(sum|count)$/,
};

/** Families by name, in order. HELP and TYPE come first, once; a sample belongs to the family before it, once. */
export function parseExposition(text: string): Map<string, ExposedFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, ExposedFamily>();
  const seen = new Set<string>();
  let help = '';
  let current: ExposedFamily | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line) ?? [];
    if (word === 'HELP') {
      help = name;
    } else if (word === 'TYPE') {
      if (name !== help || families.has(name) || !/^(counter|gauge|histogram|summary|untyped)$/.test(rest))
        throw new Error(`TYPE out of place: ${line}`);
      current = { name, type: rest, samples: [] };
      families.set(name, current);
    } else {
      const sample = parseSample(line);
      const family = sample.name.replace(SUFFIXES[current?.type ?? ''] ?? /$^/, '');
      const key = JSON.stringify([sample.name, sample.labels]);
      if (family !== current?.name || seen.has(key)) throw new Error(`sample out of place: ${line}`);
      seen.add(key);
      current.samples.push(sample);
    }
  }
  return families;
}

function parseSample(line: string) {
  const [, name, list = '', value] =
    /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*",?)*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined || !/^([+-]?(\d+(\.\d+)?(e[+-]?\d+)?|Inf)|NaN)$/.test(value!))
    throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  for (const [, key, text] of list.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g))
    labels[key!] = text!.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
  return { name, labels, value: Number(value!.replace('Inf', 'Infinity')) };
}
