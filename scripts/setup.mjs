// Installs what is missing, and nothing else: `node scripts/setup.mjs [--browser]`.
// Runs before `npm start` and `npm test`, so it needs Node's own modules only, and is quick when all is there.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBrowser, installBrowser } from './browser.mjs'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const STAMP = join(ROOT, 'node_modules', '.setup-stamp')
const BROWSER_JSON = join(ROOT, 'node_modules', '.cache', 'browser.json')

checkNode()
installPackages()
if (process.argv.includes('--browser')) await chooseBrowser()

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const ok = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22
  if (!ok)
    fail(`Podwalk needs Node 20.19 or later, or 22.12 or later; this is ${process.version}. See https://nodejs.org/`)
}

/** `npm ci`, when the lockfile, the Node version or the platform is not what was installed last. */
function installPackages() {
  const stamp = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .update(`${process.version} ${process.platform} ${process.arch}`)
    .digest('hex')
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return
  console.log('Installing packages (npm ci) ...')
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund']
  if (npm(args).status !== 0) fail('npm ci failed; its own message is above.')
  writeFileSync(STAMP, stamp)
}

/** Runs the npm that started us, or the one on the path. */
function npm(args) {
  const options = { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] }
  const cli = process.env.npm_execpath
  if (cli && /npm-cli\.c?js$/.test(cli)) return spawnSync(process.execPath, [cli, ...args], options)
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' })
}

/** Writes the browser that the tests in e2e/ drive to node_modules/.cache/browser.json. */
async function chooseBrowser() {
  if (!process.env.BROWSER_PATH && rememberedBrowserExists()) return
  const found = (await findBrowser()) ?? (await installBrowser())
  if (!found) {
    const asked = process.env.BROWSER_PATH
    fail(
      asked
        ? `BROWSER_PATH=${asked} does not answer \`--version\`: point it at Chrome, Chromium or Edge, or unset it.`
        : 'The browser tests need Chrome, Chromium or Edge: install one, or run `npx playwright install --with-deps chromium`, or set BROWSER_PATH to one; then run `npm test` again.',
    )
  }
  mkdirSync(dirname(BROWSER_JSON), { recursive: true })
  writeFileSync(BROWSER_JSON, `${JSON.stringify(found, null, 2)}\n`)
  console.log(`Browser for the tests: ${found.executablePath} (${found.version})`)
}

function rememberedBrowserExists() {
  try {
    return existsSync(JSON.parse(readFileSync(BROWSER_JSON, 'utf8')).executablePath)
  } catch {
    return false
  }
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
