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

  test('a reload in the middle of good work is no sign of a hang', async ({ page }) => {
    await openScene(page)
    await page.reload()
    await page.reload()
    await ready(page)
    await expect(page.locator('.notices')).toBeEmpty()
  })
})
