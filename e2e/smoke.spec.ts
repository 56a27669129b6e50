import { expect, test } from '@playwright/test'

test('the built page opens under a sub-path, with nothing on its console and nothing fetched from elsewhere', async ({
  page,
  baseURL,
}) => {
  const complaints: string[] = []
  const strangers: string[] = []
  const own = new URL(baseURL ?? '').origin
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol.startsWith('http') && url.origin !== own) strangers.push(url.href)
  })

  await page.goto('./', { waitUntil: 'networkidle' })

  await expect(page).toHaveTitle(/Podwalk/)
  await expect(page.locator('#root')).not.toBeEmpty()
  expect(complaints).toEqual([])
  expect(strangers).toEqual([])
})

test('the page forbids scripts from elsewhere and inline ones', async ({ page }) => {
  await page.goto('./')
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content')
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self';")
})
