import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

/** What the page is built from, relative to the root. */
const SOURCES = ['app', 'engine', 'public', 'index.html', 'vite.config.ts', 'package-lock.json']

/** Builds the page into dist/ if it is not there, or older than something that it is built from. */
export async function buildIfStale(root) {
  const page = join(root, 'dist', 'index.html')
  const built = existsSync(page) ? statSync(page).mtimeMs : 0
  if (SOURCES.every((source) => newest(join(root, source)) < built)) return
  await build({ root, logLevel: 'error' })
}

/** When a file, or anything below a folder, was changed last: tests aside. */
function newest(path) {
  if (!existsSync(path)) return 0
  const { mtimeMs } = statSync(path)
  if (!statSync(path).isDirectory()) return path.endsWith('.test.ts') ? 0 : mtimeMs
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}
