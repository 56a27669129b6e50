import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, type Page, test } from '@playwright/test'
import { openScene, verdict } from './scene.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Finding {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string }[]
}

/** What axe finds serious or worse, one line each. */
async function serious(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } }
    return (await axe.run()).violations
  })
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}

for (const scheme of ['light', 'dark'] as const) {
  test.describe(scheme, () => {
    test.use({ colorScheme: scheme })

    test('axe finds nothing serious: at the start, at the drop, in the inspector, in the help', async ({ page }) => {
      await openScene(page)
      await page.locator('.monaco-editor .view-line').first().waitFor({ timeout: 30_000 })
      expect(await serious(page)).toEqual([])
      await page.getByRole('button', { name: 'tell me' }).click()
      await expect(page.locator('.hop-culprit')).toBeVisible()
      expect(await serious(page)).toEqual([])
      await page.locator('[aria-label^="node worker2"]').first().click()
      await page.getByRole('tab', { name: 'iptables-save', exact: true }).click()
      await expect(page.locator('.line.met').first()).toBeVisible()
      expect(await serious(page)).toEqual([])
      await page.getByRole('button', { name: 'Help: keys and words (?)' }).click()
      await expect(page.locator('dialog')).toBeVisible()
      expect(await serious(page)).toEqual([])
    })
  })
}

test('by keyboard: help lists the keys, and the keys do what it says', async ({ page }) => {
  await openScene(page)
  await page.keyboard.press('?')
  await expect(page.locator('dialog')).toContainText('previous, next packet')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Escape')
  await expect(page.locator('dialog')).not.toBeVisible()
  await expect(page.locator('.walk-step'), 'keys of the page sleep under the dialog').toHaveCount(0)
  await page.keyboard.press('e')
  await expect(page.locator('.region-editor')).toHaveCount(0)
  await page.keyboard.press('e')
  await expect(page.locator('.region-editor')).toHaveCount(1)
  await page.keyboard.press('End')
  await page.keyboard.press('Shift+ArrowLeft')
  await expect(page.locator('.hop-reply')).toHaveCount(0)
  await page.keyboard.press('q')
  await expect(page.getByRole('combobox', { name: 'From' })).toBeFocused()
})

test('what is said aloud is the current hop, verdict first', async ({ page }) => {
  await openScene(page)
  const announcer = page.getByTestId('announcer')
  await expect(announcer).toBeEmpty()
  await page.keyboard.press('ArrowRight')
  await expect(announcer).toContainText(/^connect, pod default\/frontend-/)
  await page.getByRole('button', { name: 'To the end (End)' }).click()
  await expect(announcer).toContainText(/^Answer, refusal arrives/)
})

test('the playhead reads as text, and moves by keyboard', async ({ page }) => {
  await openScene(page)
  const slider = page.getByRole('slider', { name: 'Playhead' })
  await expect(slider).toHaveAttribute('aria-valuetext', 'the packet is about to leave')
  await slider.focus()
  await page.keyboard.press('ArrowRight')
  await expect(slider).toHaveAttribute('aria-valuetext', /connect/)
})

test.describe('at 400 % zoom', () => {
  test.use({ viewport: { width: 340, height: 640 } })

  test('nothing is cut off, and the order of reading is kept', async ({ page }) => {
    await openScene(page)
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('button, select, input, h1, h2, p')]
        .filter((element) => element.checkVisibility() && !element.closest('.map, .monaco-editor, .visually-hidden'))
        .filter((element) => {
          const { left, right } = element.getBoundingClientRect()
          return left < -1 || right > innerWidth + 1
        })
        .map((element) => element.outerHTML.slice(0, 120)),
    )
    expect(cut).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(340)
    const tops = []
    for (const region of ['.topbar', '.question', '.canvas-frame', '.phone-tabs', '.timeline'])
      tops.push((await page.locator(region).boundingBox())?.y ?? -1)
    expect(tops).toEqual([...tops].sort((a, b) => a - b))
  })
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })

  test('three tabs; the text is for reading until Edit', async ({ page }) => {
    await openScene(page)
    expect(await verdict(page)).toBe('refused')
    await page.getByRole('button', { name: 'Details', exact: true }).click()
    await expect(page.locator('.hop-verb')).toContainText('refusal arrives')
    await page.getByRole('button', { name: 'YAML', exact: true }).click()
    const text = page.getByRole('textbox', { name: 'Manifest shop.yaml' })
    await expect(text).toHaveJSProperty('readOnly', true)
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    await expect(text).toHaveJSProperty('readOnly', false)
    const step = await page.getByRole('button', { name: 'Step (Right)' }).boundingBox()
    expect(Math.min(step?.width ?? 0, step?.height ?? 0)).toBeGreaterThanOrEqual(44)
  })
})

test.describe('with reduced motion', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } })

  test('the walk is footprints, and steps still move on', async ({ page }) => {
    await openScene(page)
    await expect(page.locator('.map')).toHaveClass(/reduced/)
    await page.keyboard.press('ArrowRight')
    await expect(page.locator('.walk-step')).toHaveCount(1)
  })
})
