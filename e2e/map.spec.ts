import { expect, type Page, test } from '@playwright/test'
import { edited, openScene, paste, savedText } from './scene.ts'

/** Boxes of the map that are not wholly within its frame, by name. */
async function cutBoxes(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const frame = document.querySelector('.map')?.getBoundingClientRect()
    const foot = document.querySelector('.map-strip, .map-foot-bar')?.getBoundingClientRect()
    if (!frame || !foot) return ['there is no map']
    return [...document.querySelectorAll('.react-flow__node')].flatMap((box) => {
      const { left, right, top, bottom } = box.getBoundingClientRect()
      const inside = left >= frame.left && right <= frame.right && top >= frame.top && bottom <= foot.top + 1
      return inside ? [] : [box.getAttribute('aria-label') ?? box.id]
    })
  })
}

for (const [width, height] of [
  [1600, 900],
  [1366, 768],
  [1280, 720],
  [390, 844],
] as const) {
  test.describe(`at ${width}x${height}`, () => {
    test.use({ viewport: { width, height }, hasTouch: width < 500, isMobile: width < 500 })

    test('the opening scene is wholly in view: nodes, control plane, Services, outside, underlay', async ({ page }) => {
      await openScene(page)
      await expect(page.locator('.react-flow__node')).not.toHaveCount(0)
      await expect.poll(() => cutBoxes(page)).toEqual([])
      for (const name of [
        'node control-plane',
        'node worker3',
        'outside host external',
        'router',
        'Service default/backend',
      ])
        await expect(page.locator(`.react-flow__node[aria-label^="${name}"]`)).toHaveCount(1)
      await page.getByRole('button', { name: 'tell me' }).click()
      await expect.poll(() => cutBoxes(page), 'a longer answer leaves less room').toEqual([])
    })
  })
}

test('scrubbed to the beginning: nothing exists, and that is said; no packet hangs in the air', async ({ page }) => {
  await openScene(page)
  const slider = page.getByRole('slider', { name: 'Playhead' })
  await slider.fill((await slider.getAttribute('min')) ?? '0')
  await expect(page.locator('.map-empty')).toContainText('Before the first event nothing exists')
  await expect(page.locator('.hop')).toContainText('Before the first event')
  await expect(page.locator('.map')).toHaveAttribute('data-step-box', '')
  await page.getByRole('button', { name: 'To the first event' }).click()
  await expect(page.locator('[aria-label^="node worker"]').first()).toBeVisible()
  await expect(page.locator('[aria-label^="pod frontend"]')).toHaveCount(0)
  await expect(page.locator('.map'), 'the packet is not there before its pod is').toHaveAttribute('data-step-box', '')
  await page.getByRole('button', { name: "To the packet's start (Home)" }).click()
  await expect(page.locator('.map')).toHaveAttribute('data-step-box', /^pod:default\/frontend/)
})

test('the control plane is a strip that opens and folds', async ({ page }) => {
  await openScene(page)
  for (const part of ['kube-apiserver', 'etcd', 'kube-controller-manager', 'kube-scheduler'])
    await expect(page.locator(`[aria-label^="pod ${part}-control-plane"]`)).toBeVisible()
  await page.locator('[aria-label^="node control-plane"]').click({ position: { x: 50, y: 20 } })
  await expect(page.locator('[aria-label^="network stack of control-plane"]')).toHaveCount(1)
  await page.locator('[aria-label="fold control-plane"]').click()
  await expect(page.locator('[aria-label^="network stack of control-plane"]')).toHaveCount(0)
})

test('what an edit came to is said beside the tools of the map, and covers none of it', async ({ page }) => {
  await openScene(page)
  const text = await savedText(page, 'shop.yaml')
  await edited(page, () => paste(page, text.replace('replicas: 2', 'replicas: 3')))
  const notice = page.locator('.notice-change')
  await expect(notice).toContainText('1 Pod created')
  const covered = await notice.evaluate((element) => {
    const a = element.getBoundingClientRect()
    return [...document.querySelectorAll('.react-flow__node')].filter((box) => {
      const b = box.getBoundingClientRect()
      return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
    }).length
  })
  expect(covered).toBe(0)
})

test('a delivered exchange is a walk there and back; the rest is folded, and opens', async ({ page }) => {
  await openScene(page)
  const text = await savedText(page, 'shop.yaml')
  await edited(page, () => paste(page, text.replace('targetPort: 80', 'targetPort: 8080')))
  await page.getByRole('button', { name: 'To the end (End)' }).click()
  const folds = page.locator('.walk-fold')
  await expect(folds).toContainText([/end of the handshake/, /data: .*64 bytes/, /the connection closes/])
  expect(await page.locator('.walk-list li').count()).toBeLessThan(80)
  await expect(page.locator('.hop')).toContainText('the connection closes')
  await page.getByRole('button', { name: 'Step through it' }).click()
  await expect(page.locator('.hop-verb')).not.toContainText('the connection closes')
  await page.getByRole('button', { name: 'Step (Right)' }).click()
  await expect(page.locator('.walk-fold[aria-expanded="true"]')).toHaveCount(1)
})
