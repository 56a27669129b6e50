import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

/** Everything comes from the page's own origin; Monaco needs inline styles (its colours and squiggles). */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** In the built page only: the development server's reload client needs what the policy forbids. */
function contentSecurityPolicy(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: CONTENT_SECURITY_POLICY },
        injectTo: 'head-prepend',
      },
    ],
  }
}

/** Libraries that make up the editor; whatever else is lazy goes to the part that asks for it. */
const EDITOR_PACKAGES = /[\\/]node_modules[\\/]monaco-editor[\\/]/
/** The style sheet of the lazy editor chunk (named for app/editor/Editor.tsx) and Monaco's icon font. */
const EDITOR_ASSETS = /^editor[^/]*\.css$|monaco-editor|codicon/i

export default defineConfig({
  base: './',
  plugins: [react(), contentSecurityPolicy()],
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 5000,
    rolldownOptions: {
      output: {
        // The folder names the part, so that sizes can be added up by part: app/, editor/, and those of the workers, below.
        entryFileNames: 'assets/app/[name]-[hash].js',
        chunkFileNames: (chunk) =>
          chunk.moduleIds.some((id) => EDITOR_PACKAGES.test(id))
            ? 'assets/editor/[name]-[hash].js'
            : 'assets/app/[name]-[hash].js',
        assetFileNames: (asset) =>
          [...asset.names, ...asset.originalFileNames].some((name) => EDITOR_ASSETS.test(name))
            ? 'assets/editor/[name]-[hash][extname]'
            : 'assets/app/[name]-[hash][extname]',
      },
    },
  },
  worker: {
    format: 'es',
    rolldownOptions: {
      output: {
        entryFileNames: (chunk) =>
          EDITOR_PACKAGES.test(chunk.facadeModuleId ?? '')
            ? 'assets/editor/[name]-[hash].js'
            : 'assets/engine/[name]-[hash].js',
        // engine/ is what must be there before a world runs; engine-tools/ and engine-language/ come after it (app/sim/parts.ts).
        chunkFileNames: 'assets/engine-[name]/[name]-[hash].js',
      },
    },
  },
  test: {
    environment: 'node',
    include: ['engine/**/*.test.ts', 'app/**/*.test.ts'],
    pool: 'threads',
    maxWorkers: 2,
    testTimeout: 30_000,
  },
})
