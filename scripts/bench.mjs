import { execFileSync } from 'node:child_process'
import { build } from 'vite'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { buildIfStale } from './bench/built-page.mjs'
import { benchPage } from './bench/page.mjs'
import { median, print } from './bench/scenario.mjs'

/** Figures as JSON lines, medians of at least five runs. `npm run bench -- boot trace` runs only those parts. */
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const only = process.argv.slice(2)
const wanted = (name) => only.length === 0 || only.includes(name)

/** The engine is measured as it is shipped: bundled and minified, without the helpers of a development loader. */
const built = join(root, 'node_modules', '.cache', 'bench')
const SCRIPTS = ['boot-once', 'trace-once', 'edit-once']
if (['boot', 'trace', 'edit'].some(wanted)) {
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: true,
      minify: true,
      outDir: built,
      emptyOutDir: true,
      rolldownOptions: {
        input: Object.fromEntries(SCRIPTS.map((name) => [name, join(root, 'scripts', 'bench', `${name}.mjs`)])),
        output: { entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' },
      },
    },
  })
}

/** One run in a process of its own; its last line is its figures. */
function child(script, ...args) {
  const argv = [join(built, `${script}.mjs`), ...args.map(String)]
  return JSON.parse(execFileSync(process.execPath, argv, { encoding: 'utf8', cwd: root, maxBuffer: 2 ** 26 }))
}

if (wanted('boot')) {
  for (const [pods, nodes, runs] of [
    [10, 3, 7],
    [100, 3, 7],
    [300, 3, 3],
    [1000, 10, 2],
    [3000, 30, 1],
  ]) {
    const processes = Array.from({ length: 5 }, () => child('boot-once', pods, nodes, runs))
    print({
      name: 'boot',
      pods,
      nodes,
      cpu_s: median(processes.map((p) => p.warm)),
      cold_cpu_s: median(processes.map((p) => p.cold)),
      rss_mb: median(processes.map((p) => p.rss)),
    })
  }
}

if (wanted('trace')) {
  for (const [pods, nodes] of [
    [100, 3],
    [1000, 10],
  ]) {
    const results = Array.from({ length: 5 }, () => child('trace-once', pods, nodes, 150))
    print({
      name: 'trace',
      pods,
      ms: median(results.map((r) => r.traceWall)),
      cpu_ms: median(results.map((r) => r.trace)),
    })
    print({
      name: 'seek',
      pods,
      ms: median(results.map((r) => r.seek)),
      max_ms: median(results.map((r) => r.seekMax)),
      changes: results[0].changes,
    })
  }
}

if (wanted('edit')) {
  const results = Array.from({ length: 5 }, () => child('edit-once', 97, 3, 40))
  print({
    name: 'edit',
    pods: 100,
    cpu_ms: median(results.map((r) => r.cpu)),
    p95_cpu_ms: median(results.map((r) => r.p95)),
    update_kb: median(results.map((r) => r.kb)),
  })
}

if (wanted('bundle') || wanted('page')) await buildIfStale(root)

/**
 * By folder of dist/assets (vite.config.ts says what goes where). `engine` is the worker's own script: what must be there before
 * a world runs and its packet walks. `engine-*` are parts of the worker that come after the first picture, or when first asked for.
 */
if (wanted('bundle')) {
  const assets = join(root, 'dist', 'assets')
  for (const part of readdirSync(assets).sort()) {
    const files = readdirSync(join(assets, part)).filter((name) => /\.(js|css)$/.test(name))
    const bytes = files.map((name) => gzipSync(readFileSync(join(assets, part, name)), { level: 9 }).length)
    print({ name: 'bundle', part, gzip_kb: bytes.reduce((sum, size) => sum + size, 0) / 1000 })
  }
}

if (wanted('page')) await benchPage(root)
