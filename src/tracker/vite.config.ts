import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { VERSION } from './version.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** One classic script without imports, requests or globals of its own but `window.stargate`. */
export default defineConfig({
  root: here('.'),
  publicDir: false,
  build: {
    target: 'es2017',
    outDir: here('../../dist/tracker'),
    emptyOutDir: true,
    copyPublicDir: false,
    lib: {
      entry: here('main.ts'),
      formats: ['iife'],
      name: 'stargateTracker',
      fileName: () => 'stargate.js',
    },
    rolldownOptions: { output: { topLevelVar: false, postBanner: `/*! stargate.js ${VERSION} | MIT */` } },
  },
});
