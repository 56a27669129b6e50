import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { clusterText, median, percentile, print } from './scenario.mjs'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const EDITS = 100

/** Figures of the built page in Chromium: first paint, edit to picture, longest task while a packet plays. */
export async function benchPage(root) {
  const server = await serve(root)
  const choice = join(root, 'node_modules', '.cache', 'browser.json')
  const executablePath = existsSync(choice) ? JSON.parse(readFileSync(choice, 'utf8')).executablePath : undefined
  const browser = await chromium.launch({ executablePath, args: FLAGS })
  try {
    await firstPaint(browser, server.url)
    await editToPicture(browser, server.url)
    await longestTask(browser, server.url)
  } finally {
    await browser.close()
    server.process.kill()
  }
}

async function serve(root) {
  const process_ = spawn(process.execPath, [join(root, 'scripts', 'serve.mjs')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise((resolve, reject) => {
    process_.stdout.on('data', (chunk) => {
      const found = /https?:\/\/\S+/.exec(String(chunk))
      if (found) resolve(found[0])
    })
    process_.on('exit', () => reject(new Error('the server stopped')))
  })
  return { process: process_, url }
}

async function open(browser, url, files) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 } })
  const page = await context.newPage()
  if (files) {
    const question = { from: 'default/deploy/app-0', to: 'svc/app-1.default', port: 80, protocol: 'TCP' }
    await page.addInitScript(
      (saved) => localStorage.setItem('podwalk.work.v1', saved),
      JSON.stringify({ files, question }),
    )
  }
  await page.goto(url)
  await page.waitForSelector('[data-ready="true"]', { timeout: 60_000 })
  return { context, page }
}

async function firstPaint(browser, url) {
  const times = []
  for (let i = 0; i < 7; i++) {
    const { context, page } = await open(browser, url)
    times.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime))
    await context.close()
  }
  print({ name: 'first_paint', ms: median(times) })
}

/** Types into Monaco: the last character of a file is a Deployment's replica count. */
async function editToPicture(browser, url) {
  const files = [
    { name: 'edit.yaml', text: EDITED },
    { name: 'bench.yaml', text: clusterText({ pods: 97, nodes: 3 }) },
  ]
  const { context, page } = await open(browser, url, files)
  await page.waitForSelector('.monaco-editor .view-line', { timeout: 30_000 })
  await page.click('.monaco-editor .view-line')
  await page.keyboard.press('Control+End')
  for (let i = 0; i < EDITS; i++) {
    await page.keyboard.press('Backspace')
    await page.keyboard.type(String(1 + ((i + 1) % 5)))
    await page.waitForFunction((n) => performance.getEntriesByName('podwalk:edit-to-picture').length > n, i, {
      timeout: 20_000,
    })
  }
  const times = await page.evaluate(() =>
    performance.getEntriesByName('podwalk:edit-to-picture').map((entry) => entry.duration),
  )
  print({
    name: 'edit_to_picture',
    pods: 100,
    p50_ms: percentile(times, 0.5),
    p95_ms: percentile(times, 0.95),
    edits: times.length,
  })
  await context.close()
}

const EDITED = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: edited
spec:
  selector:
    matchLabels: { app: edited }
  template:
    metadata:
      labels: { app: edited }
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports:
            - containerPort: 80
  replicas: 3`

async function longestTask(browser, url) {
  const times = []
  for (let i = 0; i < 5; i++) {
    const { context, page } = await open(browser, url)
    await page.waitForSelector('[data-testid="monaco"]')
    await page.waitForTimeout(2_000)
    await page.evaluate(() => {
      window.longest = 0
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration)
      }).observe({ type: 'longtask' })
    })
    await page.keyboard.press('Space')
    await page.waitForTimeout(6_000)
    times.push(await page.evaluate(() => window.longest))
    await context.close()
  }
  print({
    name: 'longest_task_while_playing',
    ms: median(times),
    note: 'tasks under 50 ms are not reported by the browser and count as 0',
  })
}
