import { expect, type Page } from '@playwright/test'

/** Opens the page and waits until the first world is there, paused before the packet. */
export async function openScene(page: Page): Promise<void> {
  await page.goto('./')
  await ready(page)
}

export async function ready(page: Page): Promise<void> {
  await expect(page.locator('.app[data-ready="true"]')).toBeVisible({ timeout: 30_000 })
}

/** Presses on until the walk's last stop and returns what the question bar says then. */
export async function verdict(page: Page): Promise<string> {
  await ready(page)
  await page.getByRole('button', { name: 'To the end (End)' }).click()
  const answer = page.locator('.question-answer strong')
  await expect(answer).toHaveText(/delivered|refused|dropped|unreachable|timeout/)
  return (await answer.innerText()).replace(/[^a-z]/g, '')
}

/** The verbs of the walk so far, from the list beside the map. */
export async function verbs(page: Page): Promise<string[]> {
  const list = await page.locator('.walk-verb').allInnerTexts()
  return list.map((text) => text.replace(/[✗✓↩]/g, '').trim())
}

/** The text of the active file in Monaco, as its model holds it: through the clipboard-free way of the saved work. */
export async function savedText(page: Page, file: string): Promise<string> {
  return page.evaluate((name) => {
    const work = JSON.parse(localStorage.getItem('podwalk.work.v1') ?? '{"files":[]}')
    return work.files.find((f: { name: string }) => f.name === name)?.text ?? ''
  }, file)
}

/** Replaces the whole text of the active file as somebody who pastes it. */
export async function paste(page: Page, text: string): Promise<void> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await focusEditor(page)
  await page.evaluate((content) => navigator.clipboard.writeText(content), text)
  await page.keyboard.press('Control+A')
  await page.keyboard.press('Control+V')
}

export async function focusEditor(page: Page): Promise<void> {
  await page.locator('.monaco-editor .view-line').first().waitFor({ timeout: 30_000 })
  await page
    .locator('.monaco-editor')
    .first()
    .click({ position: { x: 220, y: 120 } })
}

/** Waits for the engine's answer to what `change` did to the text. */
export async function edited(page: Page, change: () => Promise<void>): Promise<void> {
  const before = await page.locator('.app').getAttribute('data-answers')
  await change()
  await expect(page.locator('.app')).not.toHaveAttribute('data-answers', before ?? '', { timeout: 20_000 })
  await ready(page)
}
