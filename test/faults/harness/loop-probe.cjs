// Preloaded into the processes under test: how late a timer of 10 ms comes, for whoever reads the file. Lines of a time
// in ms since 1970 and the lateness in ms.
const { appendFileSync } = require('node:fs');
const { join } = require('node:path');
const { performance } = require('node:perf_hooks');

const EVERY_MS = 10;
const WRITE_MS = 1_000;
const file = join(process.env.STARGATE_TEST_PROBE, String(process.pid));
let lines = '';
let written = performance.now();

function look() {
  const due = performance.now() + EVERY_MS;
  setTimeout(() => {
    const now = performance.now();
    lines += `${Date.now()} ${Math.max(0, now - due).toFixed(1)}\n`;
    if (now - written > WRITE_MS) {
      try {
        appendFileSync(file, lines);
      } catch {
        // Where no descriptor is left, the process under test must not die of being watched.
      }
      lines = '';
      written = now;
    }
    look();
  }, EVERY_MS).unref();
}
look();
