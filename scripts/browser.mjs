// Where a Chromium for the tests comes from: asked for, already here, or installed. Node's own modules only.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const DOWNLOAD_LIMIT_MS = 180_000
const APT_LIMIT_MS = 300_000

/**
 * A browser that answers `--version`: BROWSER_PATH and nothing else if that is set; else Playwright's own; else the system's.
 * @returns {Promise<{executablePath: string, source: string, version: string} | undefined>}
 */
export async function findBrowser() {
  if (process.env.BROWSER_PATH) return usable(process.env.BROWSER_PATH, 'BROWSER_PATH')
  return (await playwrightsOwn()) ?? systemBrowser()
}

/**
 * As root on Debian installs the distribution's Chromium, which brings its shared libraries along (a bare container has
 * none of them); else downloads Playwright's.
 */
export async function installBrowser() {
  if (process.env.BROWSER_PATH) return undefined
  return aptInstall() ?? (await download())
}

async function playwrightsOwn() {
  const { chromium } = await import('@playwright/test')
  return usable(chromium.executablePath(), 'playwright')
}

function systemBrowser() {
  for (const path of systemPlaces()) {
    const found = usable(path, 'system')
    if (found) return found
  }
  return undefined
}

function systemPlaces() {
  if (process.platform === 'darwin') {
    const apps = ['Google Chrome', 'Chromium', 'Microsoft Edge'].map((app) => `${app}.app/Contents/MacOS/${app}`)
    return ['/Applications', join(process.env.HOME ?? '', 'Applications')].flatMap((at) =>
      apps.map((app) => join(at, app)),
    )
  }
  if (process.platform === 'win32') {
    const roots = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA].filter(Boolean)
    const exes = [
      'Google\\Chrome\\Application\\chrome.exe',
      'Chromium\\Application\\chrome.exe',
      'Microsoft\\Edge\\Application\\msedge.exe',
    ]
    return roots.flatMap((root) => exes.map((exe) => join(root, exe)))
  }
  const names = [
    'chromium',
    'chromium-browser',
    'google-chrome',
    'google-chrome-stable',
    'microsoft-edge',
    'microsoft-edge-stable',
  ]
  return names.flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, name)))
}

/** The browser at `path` if it starts; one whose shared libraries are missing does not. */
function usable(path, source) {
  if (!path || !isExecutable(path)) return undefined
  // chrome.exe prints nothing and opens a window, so on Windows being there has to be enough.
  if (process.platform === 'win32') return { executablePath: path, source, version: 'version not asked' }
  const answer = spawnSync(path, ['--version'], {
    encoding: 'utf8',
    timeout: 20_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const version = answer.status === 0 ? answer.stdout.trim().split('\n').pop() : undefined
  return version ? { executablePath: path, source, version } : undefined
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function download() {
  if (isSet(process.env.PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD)) return undefined
  console.log(
    `Downloading a browser for the tests (playwright install chromium, at most ${DOWNLOAD_LIMIT_MS / 1000} s) ...`,
  )
  const cli = join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js')
  run(process.execPath, [cli, 'install', 'chromium'], DOWNLOAD_LIMIT_MS)
  return playwrightsOwn()
}

function aptInstall() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined
  console.log('Installing the chromium package for the tests (apt-get) ...')
  const updated = run('apt-get', ['update', '-qq'], APT_LIMIT_MS)
  if (updated)
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'], APT_LIMIT_MS)
  return usable('/usr/bin/chromium', 'apt') ?? systemBrowser()
}

function run(command, args, timeout) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], timeout, env }).status === 0
}

function isSet(value) {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false'
}
