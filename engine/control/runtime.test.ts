import { describe, expect, test } from 'vitest'
import { apiOf } from '../api/store.ts'
import type { KubeObject } from '../api/types.ts'
import type { Ctx } from '../core/context.ts'
import { schedulerOf } from '../core/event-queue.ts'
import { World } from '../core/world.ts'
import { TABLES } from '../tables.ts'
import { setComponents } from './components.ts'
import { eventObject, eventsAbout } from './events.ts'
import { findings } from './findings.ts'
import { controlRuntime } from './runtime.ts'
import type { Controller } from './types.ts'

/** A world with these controllers only, stepped by hand. */
class Bench {
  readonly world = new World(TABLES)
  readonly ran: string[] = []
  private readonly runtime
  private readonly ctx: Ctx

  constructor(make: (ran: string[]) => readonly Controller[]) {
    this.runtime = controlRuntime(make(this.ran))
    const clock = schedulerOf(this.world)
    this.ctx = { tx: this.world, clock, random: () => 0.5, emit: () => {}, note: () => {} }
    this.world.put('clock', { id: 'clock', now: 0, seq: 0, seed: 1 })
  }

  edit(change: (ctx: Ctx) => void): void {
    const from = this.world.position
    change(this.ctx)
    this.runtime.dispatchChanges(this.ctx, this.world.changes(from))
  }

  apply(object: KubeObject): void {
    this.edit((ctx) => apiOf(ctx, 'kubernetes').apply(object))
  }

  /** Runs pending events, background ones too if asked, until `most` ran. Answers how many ran. */
  run(options: { background?: boolean; most?: number } = {}): number {
    for (let ran = 0; ; ran++) {
      const next = this.world.rows('event').find((event) => options.background || !event.background)
      if (!next || ran >= (options.most ?? 1000)) return ran
      const from = this.world.position
      const clock = this.world.get('clock', 'clock')
      if (clock) this.world.put('clock', { ...clock, now: next.at })
      this.world.delete('event', next.id)
      this.runtime.handlers[next.name](this.ctx, next.payload as never)
      this.runtime.dispatchChanges(this.ctx, this.world.changes(from))
    }
  }

  get now(): number {
    return this.world.get('clock', 'clock')?.now ?? 0
  }
}

const configMap = (name: string, value = 'a'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data: { value },
})

const watcher = (ran: string[], more: Partial<Controller> = {}): Controller => ({
  name: 'kubelet',
  watches: ['ConfigMap'],
  keysFor: ({ before, after }) => [(after ?? before)?.name ?? ''],
  reconcile: (key, ctx) => {
    ran.push(`${ctx.clock.now} ${key}`)
  },
  ...more,
})

describe('the work queue', () => {
  test('changes of one object before its run are one run, after the latency', () => {
    const bench = new Bench((ran) => [watcher(ran, { latencyUs: 5_000 })])
    bench.apply(configMap('a', '1'))
    bench.apply(configMap('a', '2'))
    bench.apply(configMap('b'))
    bench.run()
    expect(bench.ran).toEqual(['5000 a', '5000 b'])
  })

  test('runs of one key keep their distance, other keys do not wait for it', () => {
    const bench = new Bench((ran) => [watcher(ran, { latencyUs: 1_000, coalesceUs: 100_000 })])
    bench.apply(configMap('a', '1'))
    bench.run()
    bench.apply(configMap('a', '2'))
    bench.apply(configMap('b'))
    bench.run()
    expect(bench.ran).toEqual(['1000 a', '2000 b', '101000 a'])
  })

  test('an object that went is news', () => {
    const bench = new Bench((ran) => [watcher(ran)])
    bench.apply(configMap('a'))
    bench.run()
    bench.edit((ctx) => apiOf(ctx, 'kubernetes').delete('ConfigMap', 'default', 'a'))
    expect(bench.run()).toBe(1)
  })

  test('what the API refuses is tried again with back-off, and after five times nobody waits for it', () => {
    const error = { code: 409, reason: 'Conflict', message: 'try again' } as const
    const bench = new Bench((ran) => [
      watcher(ran, {
        latencyUs: 0,
        reconcile: (_key, ctx) => {
          ran.push(String(ctx.clock.now))
          return { error }
        },
      }),
    ])
    bench.apply(configMap('a'))
    bench.run()
    expect(bench.ran).toEqual(['0', '5000', '15000', '35000', '75000', '155000'])
    expect(bench.world.rows('event').map(({ background }) => background)).toEqual([true])
  })

  test('a change that somebody waits for is not hidden behind a background retry', () => {
    const bench = new Bench((ran) => [
      watcher(ran, {
        latencyUs: 10_000,
        reconcile: (_key, ctx) => {
          ran.push(String(ctx.clock.now))
          return ran.length === 1 ? { requeueAfterUs: 2_000, background: true } : undefined
        },
      }),
    ])
    bench.apply(configMap('a', '1'))
    bench.run()
    bench.apply(configMap('a', '2'))
    bench.run()
    expect(bench.ran).toEqual(['10000', '12000'])
  })

  test('rows of other tables wake who watches them', () => {
    const bench = new Bench((ran) => [
      watcher(ran, {
        latencyUs: 0,
        watches: [],
        watchesRows: ['file'],
        keysForRow: ({ id }) => [{ cluster: 'kubernetes', key: id }],
      }),
    ])
    bench.edit((ctx) => ctx.tx.put('file', { id: 'n|/a', scope: 'n', path: '/a', text: '' }))
    bench.run()
    expect(bench.ran).toEqual(['0 n|/a'])
  })
})

describe('who runs', () => {
  test('a stopped controller sleeps, and lists what it watches when it is started', () => {
    const bench = new Bench((ran) => [watcher(ran)])
    bench.edit((ctx) => setComponents(ctx.tx, { stop: ['kubelet'] }))
    bench.apply(configMap('a'))
    bench.apply(configMap('b'))
    bench.run()
    expect(bench.ran).toEqual([])
    bench.edit((ctx) => setComponents(ctx.tx, undefined))
    bench.run()
    expect(bench.ran.map((line) => line.split(' ')[1])).toEqual(['a', 'b'])
  })

  test('a controller that throws is named with its key', () => {
    const bench = new Bench((ran) => [
      watcher(ran, {
        reconcile: () => {
          throw new Error('no such field')
        },
      }),
    ])
    bench.apply(configMap('a'))
    expect(() => bench.run()).toThrow('kubelet failed on a: no such field')
  })
})

describe('a fight', () => {
  const setter = (name: string, value: string): Controller => ({
    name,
    watches: ['ConfigMap'],
    keysFor: ({ after }) => (after ? [after.name] : []),
    reconcile: (key, ctx) => {
      ctx.api.patch('ConfigMap', 'default', key, { data: { value } })
    },
  })

  test('ends with one of the two paused and named, and starts anew with the next edit', () => {
    const bench = new Bench(() => [setter('kubelet', 'left'), setter('kube-proxy', 'right')])
    bench.apply(configMap('a'))
    expect(bench.run()).toBeLessThan(1000)
    expect(findings(bench.world).map(({ code, object }) => [code, object])).toEqual([
      ['controller-fight', 'ConfigMap/default/a'],
    ])
    const quiet = bench.world.get('object', 'ConfigMap/default/a')?.resourceVersion ?? 0
    bench.apply(configMap('a', 'edited'))
    bench.run()
    expect(bench.world.get('object', 'ConfigMap/default/a')?.resourceVersion).toBeGreaterThan(quiet + 2)
  })

  test('a controller that makes progress in many small writes is let go on', () => {
    const counter: Controller = {
      ...setter('kubelet', ''),
      reconcile: (key, ctx) => {
        const value = Number(ctx.api.get('ConfigMap', 'default', key)?.object.data.value)
        if (value < 500) ctx.api.patch('ConfigMap', 'default', key, { data: { value: String(value + 1) } })
      },
    }
    const bench = new Bench(() => [counter])
    bench.apply(configMap('a', '0'))
    bench.run()
    expect(bench.world.get('object', 'ConfigMap/default/a')?.object.data.value).toBe('500')
    expect(findings(bench.world)).toEqual([])
  })
})

test('repeated events are counted, and print as the API would', () => {
  const bench = new Bench((ran) => [
    watcher(ran, {
      reconcile: (key, ctx) => {
        const row = ctx.api.get('ConfigMap', 'default', key)
        if (row) ctx.event(row, 'Warning', 'Odd', 'it is odd')
      },
    }),
  ])
  bench.apply(configMap('a', '1'))
  bench.run()
  bench.apply(configMap('a', '2'))
  bench.run()
  const [event, ...more] = eventsAbout(bench.world, 'kubernetes', 'ConfigMap/default/a')
  expect(more).toEqual([])
  expect(eventObject(event)).toMatchObject({
    kind: 'Event',
    type: 'Warning',
    reason: 'Odd',
    message: 'it is odd',
    count: 2,
    source: { component: 'kubelet' },
  })
})
