import { expect, type Page, test } from '@playwright/test'
import { openScene, ready, savedText } from './scene.ts'

/** A worker that takes everything and never answers. */
const DEAF = 'onmessage = () => {}'
const WORKER = '**/assets/engine/*.js'

const deafen = (page: Page) =>
  page.route(WORKER, (route) => route.fulfill({ contentType: 'text/javascript', body: DEAF }))

test.describe('an engine that falls silent', () => {
  test('is waited for, given up, and not told the same text again by itself', async ({ page }) => {
    await deafen(page)
    await page.goto('./')
    await expect(page.locator('.notices')).toContainText('Still working')
    await expect(page.locator('.notices')).toContainText('was restarted')
    await page.unroute(WORKER)
    const text = await savedText(page, 'shop.yaml')
    expect(text).toContain('targetPort: 80')
    await page.waitForTimeout(2_500)
    await expect(page.locator('.app')).toHaveAttribute('data-ready', 'false')
    // The fresh engine came from the deaf script too: reloading is the way to a good one.
    await page.reload()
    await expect(page.locator('.notices'), 'the text that hung waits').toContainText('was not run by itself')
    await page.waitForTimeout(1_500)
    await expect(page.locator('.app')).toHaveAttribute('data-ready', 'false')
    expect(await savedText(page, 'shop.yaml')).toBe(text)
    await page.getByRole('button', { name: 'Run it, and wait' }).click()
    await ready(page)
    await expect(page.locator('.notices')).toBeEmpty()
  })

  test('can be stopped at once, and another text runs by itself', async ({ page }) => {
    await deafen(page)
    await page.goto('./')
    // Pressed from within the page: it is there for three seconds only, and a busy machine takes longer to find and press it.
    await page.waitForFunction(
      () => {
        const stop = [...document.querySelectorAll('button')].find((button) => button.textContent === 'Stop')
        stop?.click()
        return stop !== undefined
      },
      undefined,
      { polling: 100 },
    )
    await expect(page.locator('.notices')).toContainText('was restarted')
    await page.unroute(WORKER)
    await page.reload()
    await expect(page.locator('.notices')).toContainText('was not run by itself')
    await page.getByRole('combobox', { name: 'Network' }).selectOption({ label: 'kubenet (cloud routes)' })
    await ready(page)
    await expect(page.locator('.notices')).toBeEmpty()
  })

  test('is not what one is that tells how far it has come', async ({ page }) => {
    const body =
      'onmessage = ({ data: { id } }) => { let n = 0; setInterval(() => postMessage({ type: "progress", id, events: (n += 256), pods: 1234, simulatedUs: n }), 300) }'
    await page.route(WORKER, (route) => route.fulfill({ contentType: 'text/javascript', body }))
    await page.goto('./')
    await expect(page.locator('.notices')).toContainText(/Still working on it: [\d,]+ events, 1,234 pods so far/)
    await page.waitForTimeout(7_000)
    await expect(page.locator('.notices')).toContainText('Still working')
    await expect(page.locator('.notices')).not.toContainText('was restarted')
    await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible()
  })

  test('a text of a billion replicas is shown as far as it fits', async ({ page }) => {
    const text = `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1000000000\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: c, image: nginx}]}\n`
    await page.addInitScript(
      (saved) => localStorage.setItem('podwalk.work.v1', saved),
      JSON.stringify({
        files: [{ name: 'shop.yaml', text }],
        question: { from: 'external', to: 'default/deploy/web' },
      }),
    )
    await page.goto('./')
    await ready(page)
    await expect(page.locator('.notices')).not.toContainText('was restarted')
    await page.locator('.problems-head').click()
    await expect(page.getByText(/showing [\d,]+ of 1,000,000,000 replicas/).first()).toBeVisible()
  })

  test('a reload in the middle of good work is no sign of a hang', async ({ page }) => {
    await openScene(page)
    await page.reload()
    await page.reload()
    await ready(page)
    await expect(page.locator('.notices')).toBeEmpty()
  })
})
