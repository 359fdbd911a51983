import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    outDir: process.env.CHINWAG_WEB_OUT || 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The first browsers with light-dark(); older targets would have it rewritten into something longer.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // The page runs under a policy without inline code: every asset is a file, and nothing polyfills preloading.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
