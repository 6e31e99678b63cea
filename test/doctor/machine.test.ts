import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateCheck, judge as judgeCertificate } from '../../src/doctor/certificate.js';
import { clockCheck, judge as judgeClock } from '../../src/doctor/clock.js';
import { diskCheck } from '../../src/doctor/disk.js';
import { secretFileCheck } from '../../src/doctor/files.js';
import { type Listening, portCheck } from '../../src/doctor/listening.js';
import { descriptorsCheck } from '../../src/doctor/machine.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stargate-doctor-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A server that answers `body` to everything, while `use` runs. */
async function answering(body: string, use: (port: number) => Promise<void>, date?: Date): Promise<void> {
  const server = createServer((_, response) => {
    if (date) response.setHeader('date', date.toUTCString());
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('the clock', () => {
  const TOLD = Date.UTC(2026, 0, 1);
  it.each([
    ['as told', 500, 'ok'],
    ['within the second that the peer cuts off', 1_900, 'ok'],
    ['3 s ahead', 4_000, 'warning'],
    ['an hour ahead', 3_600_000, 'failed'],
    ['an hour behind', -3_600_000, 'failed'],
  ])('%s', (_, off, state) => {
    expect(judgeClock(TOLD, TOLD + off - 10, TOLD + off + 10, 'peer').state).toBe(state);
  });

  it('is not judged by an answer that took longer than it may be off', () => {
    expect(judgeClock(TOLD, TOLD - 10_000, TOLD + 10_000, 'peer').state).toBe('ok');
    expect(judgeClock(TOLD, TOLD - 10_000, TOLD + 400_000, 'peer').state).toBe('ok');
  });

  it('is asked of a server that is there, and unknown without one', async () => {
    const hourAgo = new Date(Date.now() - 3_600_000);
    await answering(
      '',
      async (port) => {
        const found = await clockCheck(`http://127.0.0.1:${port}/`).look();
        expect(found).toMatchObject({ state: 'failed', detail: expect.stringMatching(/60 min ahead of/) });
      },
      hourAgo,
    );
    await answering('', async (port) => {
      expect(await clockCheck(`http://127.0.0.1:${port}/`).look()).toMatchObject({ state: 'ok' });
    });
    for (const peer of ['http://127.0.0.1:1/', null])
      expect(await clockCheck(peer).look()).toMatchObject({ state: 'unknown' });
  });
});

describe('open files', () => {
  it.each([
    [256, 'warning'],
    [65_536, 'ok'],
    [Number.POSITIVE_INFINITY, 'unknown'],
  ])('%d', async (limit, state) => expect(await descriptorsCheck(limit).look()).toMatchObject({ state }));
});

describe('a disk', () => {
  const disk = (at: string, most: number | null) =>
    diskCheck({ what: 'log', folder: at, most, flag: '--data-max' }).look();

  it('of a folder that is not there is that of the one above', async () => {
    expect(await disk(join(folder, 'not', 'yet'), null)).toMatchObject({ state: 'ok' });
  });

  it('with less room than the log may take is a warning; what is there already counts', async () => {
    const told = await disk(folder, 2 ** 60);
    expect(told).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('may grow to'),
      fix: expect.stringMatching(/set --data-max to at most \d+MiB/),
    });
  });

  it('is not there where a file stands in place of the folder, or the user may not write', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '', { mode: 0o600 });
    expect(await disk(file, null)).toMatchObject({
      ...{ state: 'failed', detail: `log: this user may not write in ${file}`, fix: `ls -ld ${file}` },
    });
  });
});

describe('a port', () => {
  const look = (port: number, more: Partial<Listening> = {}) =>
    portCheck({ command: 'serve', flag: '--port', host: '127.0.0.1', port, tls: false, ...more }).look();

  it('is free, or taken by a process of Stargate, or by another program', async () => {
    let free = 0;
    await answering('# HELP stargate_build_info', async (port) => {
      free = port;
      expect(await look(port)).toMatchObject({ state: 'ok', detail: expect.stringContaining('of Stargate') });
      expect(await look(port, { tls: true })).toMatchObject({ state: 'unknown' });
    });
    await answering('{"status":"ok"}', async (port) => {
      expect(await look(port)).toMatchObject({
        state: 'failed',
        fix: expect.stringContaining('stargate serve --port 0'),
      });
    });
    expect(await look(free)).toMatchObject({ state: 'ok', detail: `serve: ${free} is free` });
    expect(await look(0)).toMatchObject({ state: 'ok' });
  });

  it('is of an address that this machine has', async () => {
    expect(await look(0, { port: 8_123, host: '192.0.2.1' })).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('no address of this machine'),
    });
  });
});

describe('a secret file', () => {
  it('is for its owner alone', async () => {
    const path = join(folder, 'write keys');
    writeFileSync(path, 'backend=secret');
    chmodSync(path, 0o640);
    const look = () => secretFileCheck({ path, setting: 'writeKeysFile' }).look();
    expect(await look()).toEqual({
      state: 'warning',
      detail: `${path} (writeKeysFile) is 0640, expected 0600`,
      fix: `chmod 600 '${path}'`,
    });
    chmodSync(path, 0o400);
    expect(await look()).toMatchObject({ state: 'ok' });
    rmSync(path);
    expect(await look()).toMatchObject({ state: 'failed', detail: expect.stringContaining('ENOENT') });
  });
});

describe('a certificate', () => {
  const file = (name: string) => join(folder, name);
  const make = (name: string) =>
    execFileSync(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-days',
          '30',
          '-subj',
          '/CN=collect.shop.example',
        ],
        ...['-addext', 'subjectAltName=DNS:collect.shop.example'],
        ...['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)],
      ],
      { stdio: 'pipe' },
    );
  beforeAll(() => {
    make('one');
    make('other');
  });
  const look = (cert: string, key: string) => certificateCheck(file(cert), file(key)).look();

  it('is valid, for a key and for names', async () => {
    expect(await look('one.pem', 'one.key')).toMatchObject({
      state: 'ok',
      detail: expect.stringMatching(/^valid for (29|30) days: collect\.shop\.example$/),
    });
  });

  it.each([
    ['the key of another', 'other.key', /key of --tls-key is not that of/],
    ['a file that is not there', 'none.key', /none\.key cannot be read: ENOENT/],
    ['a file that is no key', 'one.pem', /no PEM that can be read/],
  ])('with %s fails', async (_, key, detail) => {
    expect(await look('one.pem', key)).toMatchObject({
      state: 'failed',
      detail: expect.stringMatching(detail),
    });
  });

  it('ends, and warns before', async () => {
    const [cert, key] = ['one.pem', 'one.key'].map((name) => readFileSync(file(name), 'utf8'));
    const within = (days: number) => judgeCertificate(cert!, key!, 'c.pem', Date.now() + days * 86_400_000);
    expect(within(20)).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('expected 14 days'),
    });
    expect(within(31)).toMatchObject({ state: 'failed', detail: expect.stringContaining('since') });
    expect(within(-2)).toMatchObject({ state: 'failed', detail: expect.stringContaining('before') });
  });
});
