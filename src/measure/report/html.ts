import type { FreshnessReport } from '../freshness/report.js';
import type { LoadReport } from '../load/report.js';
import { latencyPage } from './latency-page.js';
import { loadPage } from './load-page.js';
import { document } from './page.js';

/**
 * Reports as one self-contained HTML file each: no script, nothing from the network, light, dark and on paper.
 * Everything that a report holds is escaped: targets, commands and notes are foreign text.
 */
export const loadHtml = (report: LoadReport): string => document(loadPage(report));
export const latencyHtml = (report: FreshnessReport): string => document(latencyPage(report));
