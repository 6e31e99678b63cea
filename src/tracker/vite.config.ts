import { defineConfig } from 'vite';
import { VERSION } from './version.js';

/**
 * Properties of our own interfaces that get a letter: 100 bytes. A name may stand here only while nothing on the
 * wire, of the browser or of the page's objects has it; the browser tests run the built script.
 */
const PRIVATE =
  /^(abandon|adopt|answered|api|asked|at|attach|back|command|context|drop|first|flight|forget|gate|keep|leave|pause|purge|put|size|states)$/;

/** One classic script without imports, requests or globals of its own but `window.stargate`. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    target: 'es2017',
    outDir: '../../dist/tracker',
    emptyOutDir: true,
    copyPublicDir: false,
    lib: {
      entry: 'main.ts',
      formats: ['iife'],
      name: 'stargateTracker',
      fileName: () => 'stargate.js',
    },
    rolldownOptions: {
      output: {
        topLevelVar: false,
        minify: { compress: true, mangle: true, codegen: true, mangleProps: { include: PRIVATE } },
        postBanner: `/*! stargate.js ${VERSION} | MIT */`,
      },
    },
  },
});
