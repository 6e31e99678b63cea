import { HistogramLogReader } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import type { FreshnessReport } from '../../../src/measure/freshness/report.js';
import { latencyCsv, loadCsv } from '../../../src/measure/report/csv.js';
import { bucketsOf } from '../../../src/measure/report/histogram.js';
import { loadHlog } from '../../../src/measure/report/hlog.js';
import { loadPrometheus } from '../../../src/measure/report/prometheus.js';
import { parseExposition } from '../../helpers/exposition.js';
import { LOAD_RUNS, simulate } from '../../helpers/load-runs.js';

const KINDS = ['response', 'service', 'lag'] as const;

describe('csv', () => {
  it('has a row an interval, with the values of the series', () => {
    const report = LOAD_RUNS.mixedErrors();
    const lines = loadCsv(report).split('\r\n');
    expect(lines.pop()).toBe('');
    const header = lines[0]!.split(',');
    const rows = lines.slice(1).map((line) => line.split(','));
    expect(rows).toHaveLength(report.series.offered.length);
    expect(new Set(rows.map(({ length }) => length))).toEqual(new Set([header.length]));
    const column = (name: string) => rows.map((row) => Number(row[header.indexOf(name)]));
    expect(column('achieved_per_second')).toEqual(report.series.achieved);
    expect(column('response_p99_ms')).toEqual(report.series.responseP99);
    expect(column('failed_per_second')).toEqual(report.series.failed);
    expect(rows[2]!.slice(0, 3)).toEqual(['2026-11-23T14:32:12.000Z', '2000', '1000']);
  });

  it('leaves fields empty where nothing was answered', () => {
    const { series } = LOAD_RUNS.allErrors();
    expect(series.responseP99).toContain(null);
    const [header, row] = loadCsv(LOAD_RUNS.allErrors())
      .split('\r\n')
      .map((line) => line.split(','));
    expect(row![header!.indexOf('response_p99_ms')]).toBe('');
  });

  it('has a row a probe, bounds empty where there are none', () => {
    const probes: FreshnessReport['probes'] = [
      { id: 'a', sentAt: 10.5, outcome: 'found', answered: 3, lower: 900, upper: 1400.25, rows: 1 },
      { id: 'b', sentAt: 500, outcome: 'lost', answered: 4, lower: 60_000, upper: null, rows: 0 },
      { id: '"c",', sentAt: 900, outcome: 'refused', answered: null, lower: null, upper: null, rows: 0 },
    ];
    const report = { probes, startedAt: Date.UTC(2026, 0, 2) } as FreshnessReport;
    expect(latencyCsv(report)).toBe(
      [
        'time,event_id,sent_ms,outcome,answered_ms,lower_ms,upper_ms,rows',
        '2026-01-02T00:00:00.010Z,a,10.5,found,3,900,1400.25,1',
        '2026-01-02T00:00:00.500Z,b,500,lost,4,60000,,0',
        '2026-01-02T00:00:00.900Z,"""c"",",900,refused,,,,0',
        '',
      ].join('\r\n'),
    );
  });
});

describe('HdrHistogram log', () => {
  it('is read back whole by the reader of HdrHistogram', () => {
    const report = LOAD_RUNS.clientLimited();
    const reader = new HistogramLogReader(loadHlog(report), 64);
    for (const kind of KINDS) {
      const histogram = reader.nextIntervalHistogram()!;
      const figures = report.latency.whole[kind];
      expect(histogram.tag).toBe(kind);
      expect(histogram.totalCount).toBe(figures.count);
      expect(histogram.getValueAtPercentile(99) / 1000).toBe(figures.p99);
      expect(histogram.startTimeStampMsec).toBe(report.startedAt + report.window.fromMs);
      expect(histogram.endTimeStampMsec).toBe(report.startedAt + report.window.toMs);
    }
    expect(reader.nextIntervalHistogram()).toBeNull();
  });

  it('cannot be given an interval of its own by a target', () => {
    const log = loadHlog({ ...LOAD_RUNS.oneSecond(), target: 'http://a\n9.0,9.0,9.0,XX', run: 'a\r\u2028b' });
    expect(log.split(/\r\n|\r|\n/).filter((line) => line && !/^["#]/.test(line))).toHaveLength(3);
  });

  it('is readable where nothing was answered', () => {
    const reader = new HistogramLogReader(loadHlog(LOAD_RUNS.allErrors()), 64);
    expect(reader.nextIntervalHistogram()!.totalCount).toBe(0);
  });
});

describe('Prometheus exposition', () => {
  it.each(Object.entries(LOAD_RUNS).filter(([name]) => name !== 'hours'))(
    'of the run "%s" is well-formed',
    (_, run) => {
      const families = parseExposition(loadPrometheus(run()));
      for (const { name, samples } of families.values()) {
        expect(name).toMatch(/^stargate_loadtest_/);
        for (const { value } of samples) expect(value).not.toBeNaN();
      }
    },
  );

  it('counts answers by code, and latencies in seconds', () => {
    const report = LOAD_RUNS.mixedErrors();
    const families = parseExposition(loadPrometheus(report));
    const family = (name: string) => families.get(`stargate_loadtest_${name}`)!;
    const codes = family('requests_total').samples.map(({ labels, value }) => [labels.code, value]);
    expect(Object.fromEntries(codes)).toEqual(report.totals.codes);
    const p99 = family('response_quantile_seconds').samples.find(({ labels }) => labels.quantile === '0.99');
    expect(p99!.value).toBeCloseTo(report.latency.whole.response.p99 / 1000, 9);
  });

  it('has cumulative buckets that agree with the histogram', () => {
    const report = LOAD_RUNS.freeze();
    const { samples } = parseExposition(loadPrometheus(report)).get('stargate_loadtest_response_seconds')!;
    const counts = samples.filter(({ labels }) => labels.le).map(({ value }) => value);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.at(-1)).toBe(report.latency.whole.response.count);
    const within = samples.find(({ labels }) => labels.le === '0.2')!.value;
    const expected = bucketsOf(report.latency.whole.response.histogram)
      .filter(({ toUs }) => toUs <= 200_000)
      .reduce((sum, { count }) => sum + count, 0);
    expect(within).toBe(expected);
    expect(within / counts.at(-1)!).toBeLessThan(0.99);
  });

  it('escapes what a label may not hold', () => {
    const target = 'http://a/"\\\n# TYPE evil counter';
    const report = simulate({ seconds: 1, rate: 10, change: { target } });
    const info = parseExposition(loadPrometheus(report)).get('stargate_loadtest_info')!;
    expect(info.samples[0]!.labels.target).toBe(target);
  });
});
