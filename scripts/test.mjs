// The whole check, as `npm test` and CI run it: types, lint, generated papers, unit tests, build, browser tests.
// The last line printed is "N passed, N failed": the runners' own counts, and one failure for each other step that failed.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const CACHE = join(ROOT, 'node_modules', '.cache')
const UNIT_JSON = join(CACHE, 'unit.json')
const BROWSER_JSON = join(CACHE, 'e2e.json')
const SUMMARY = join(CACHE, 'test-summary.txt')
const modules = (path) => join(ROOT, 'node_modules', ...path.split('/'))

const steps = [
  { name: 'typecheck', args: [modules('typescript/bin/tsc'), '-b'] },
  { name: 'lint', args: [modules('@biomejs/biome/bin/biome'), 'check', '--diagnostic-level=warn', '.'] },
  { name: 'simplified', args: [join(ROOT, 'scripts', 'simplified.mjs'), '--check'] },
  {
    name: 'unit tests',
    args: [
      modules('vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${UNIT_JSON}`,
    ],
    counts: () => unitCounts(readJson(UNIT_JSON)),
  },
  { name: 'build', args: [modules('vite/bin/vite.js'), 'build'] },
  {
    name: 'browser tests',
    needs: 'build',
    args: [modules('@playwright/test/cli.js'), 'test', '-c', 'e2e/playwright.config.ts', '--reporter=list,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: BROWSER_JSON },
    counts: () => browserCounts(readJson(BROWSER_JSON)),
  },
]

mkdirSync(CACHE, { recursive: true })
for (const stale of [UNIT_JSON, BROWSER_JSON, SUMMARY]) rmSync(stale, { force: true })

const results = []
for (const step of steps) results.push(runStep(step))

console.log('')
for (const { name, ok, skipped, seconds } of results) {
  console.log(`${skipped ? 'skipped' : ok ? 'ok     ' : 'FAILED '}  ${name}${skipped ? '' : ` (${seconds} s)`}`)
}
const passed = results.reduce((sum, result) => sum + result.passed, 0)
const failed = results.reduce((sum, result) => sum + result.failed, 0)
const summary = `${passed} passed, ${failed} failed`
writeFileSync(SUMMARY, `${summary}\n`)
console.log(summary)
process.exit(failed === 0 ? 0 : 1)

function runStep({ name, args, env, counts, needs }) {
  const lacking = results.find((result) => result.name === needs && !result.ok)
  if (lacking) return { name, ok: false, skipped: true, seconds: 0, passed: 0, failed: 0 }
  console.log(`\n== ${name}`)
  const started = Date.now()
  const options = { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } }
  const ok = spawnSync(process.execPath, args, options).status === 0
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  const counted = counts?.() ?? { passed: 0, failed: 0 }
  // A runner that fails without a failed test (nothing found, a crash) is one failure too.
  const failures = ok ? counted.failed : Math.max(1, counted.failed)
  return { name, ok, skipped: false, seconds, passed: counted.passed, failed: failures }
}

function unitCounts(report) {
  return report && { passed: report.numPassedTests, failed: report.numFailedTests }
}

function browserCounts(report) {
  return report && { passed: report.stats.expected + report.stats.flaky, failed: report.stats.unexpected }
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
