import { describe, expect, test } from 'vitest'
import { Mirror } from './mirror.ts'
import type { WorldUpdate } from './protocol.ts'
import { Session } from './session.ts'

const deployment = (replicas: number) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: c, image: nginx }] }
`
const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\n`

/** A session, and the objects of its world as a page has them. */
class Page {
  readonly mirror = new Mirror()
  private last: WorldUpdate | undefined
  private id = 0
  private readonly session = new Session((update) => {
    if (update.type === 'failed') throw new Error(update.message)
    if (update.type !== 'world') return
    if (update.reset) this.mirror.reset()
    this.mirror.apply(update.changes)
    this.last = update
  })

  /** The moment to which the text led. */
  write(type: 'load' | 'edit', ...documents: string[]): number {
    const files = [{ name: 'a.yaml', text: documents.join('---\n') }]
    this.session.handle({ type, id: ++this.id, files, seed: 1 })
    return this.last?.moment ?? 0
  }

  seek(moment: number): this {
    this.session.handle({ type: 'seek', id: ++this.id, moment })
    return this
  }

  get objects() {
    return this.mirror.rows('object')
  }
}

describe('an edit in the past', () => {
  const texts: Readonly<Record<string, readonly string[]>> = {
    'says again what was undone': [deployment(3)],
    'deletes again what was deleted after it': [deployment(1)],
    'keeps what was deleted after it': [deployment(2), configMap('keep')],
    'brings something else': [deployment(3), configMap('keep'), configMap('other')],
  }
  test.each(Object.entries(texts))('%s: as if the edit after it had never been', (_, text) => {
    const page = new Page()
    const moment = page.write('load', deployment(1), configMap('keep'))
    page.write('edit', deployment(3))
    page.seek(moment).write('edit', ...text)

    const straight = new Page()
    straight.write('load', deployment(1), configMap('keep'))
    straight.write('edit', ...text)
    expect(page.objects).toEqual(straight.objects)
  })

  test('at the very beginning, before anything was read, is a load', () => {
    const page = new Page()
    page.write('load', deployment(1), configMap('keep'))
    page.write('edit', deployment(3))
    page.seek(0).write('edit', deployment(2), configMap('other'))

    const loaded = new Page()
    loaded.write('load', deployment(2), configMap('other'))
    expect(page.objects).toEqual(loaded.objects)
  })

  test('of which the text cannot be read leaves what holds there', () => {
    const page = new Page()
    const moment = page.write('load', deployment(1), configMap('keep'))
    page.write('edit', deployment(3))
    page.seek(moment).write('edit', 'a: [')
    const before = page.objects
    page.write('edit', deployment(1), configMap('keep'))
    expect(before.map(({ id }) => id)).toEqual(page.objects.map(({ id }) => id))
  })
})
