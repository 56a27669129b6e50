// The property tests with thousands of runs each: `npm run laws [-- a part of a path]`.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const filters = process.argv.length > 2 ? process.argv.slice(2) : ['.laws.test.ts']
const args = [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--testTimeout=1800000', ...filters]
const env = { ...process.env, LAW_RUNS: process.env.LAW_RUNS ?? '3000' }
process.exit(spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env }).status ?? 1)
