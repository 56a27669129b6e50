import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { defineConfig } from '@playwright/test'

const root = join(import.meta.dirname, '..')

/** Served under a sub-path, as on a static host: a page that only works at the root of a site fails here. */
const BASE = '/some/where/'

// The environment carries the choice to Playwright's own worker processes, which read this file again.
process.env.E2E_PORT ??= String(await freePort())
const address = `http://127.0.0.1:${process.env.E2E_PORT}${BASE}`

/** The browser that `node scripts/setup.mjs --browser` chose; without it, the one that Playwright would take. */
function chosenBrowser(): string | undefined {
  const file = join(root, 'node_modules', '.cache', 'browser.json')
  if (!existsSync(file)) return undefined
  const { executablePath } = JSON.parse(readFileSync(file, 'utf8')) as { executablePath: string }
  return executablePath
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address()
      server.close(() => (typeof bound === 'object' && bound ? resolve(bound.port) : reject(new Error('no free port'))))
    })
  })
}

export default defineConfig({
  testDir: '.',
  outputDir: join(root, 'test-results'),
  timeout: 90_000,
  expect: { timeout: 20_000 },
  fullyParallel: true,
  workers: 2,
  retries: process.env.CI ? 1 : 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: 'list',
  use: {
    baseURL: address,
    viewport: { width: 1366, height: 768 },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: chosenBrowser(),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  webServer: {
    command: `node scripts/serve.mjs --base ${BASE}`,
    cwd: root,
    env: { PORT: process.env.E2E_PORT },
    url: address,
    reuseExistingServer: false,
    timeout: 20_000,
  },
})
