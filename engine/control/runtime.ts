import { apiOf } from '../api/store.ts'
import type { ObjectRow } from '../api/types.ts'
import { assert } from '../core/assert.ts'
import type { Change } from '../core/change.ts'
import type { Ctx, Handler } from '../core/context.ts'
import type { ComponentsRow } from './components.ts'
import { runs, runsUnder } from './components.ts'
import { fileEvent } from './events.ts'
import { afterWrites, isPaused, unpause } from './fights.ts'
import { timeCosts } from './time-costs.ts'
import type { Controller, ControllerCtx, ReconcileResult } from './types.ts'
import { enqueue, forgetFailures, nextBackoff, noteRun, type WorkItem } from './workqueue.ts'

/** The control plane of a world: wakes controllers by what changed, runs them by event. */
export interface ControlRuntime {
  /** Wakes the controllers that watch what changed. Called once per commit with its changes. */
  dispatchChanges(ctx: Ctx, changes: readonly Change[]): void
  readonly handlers: Readonly<Record<string, Handler>>
}

/**
 *     object changed -> controllers of its kind -> keysFor -> event `reconcile` {controller, key, cluster} -> reconcile
 *
 * At most one run of a key is pending; what changes meanwhile is seen by that run.
 */
export function controlRuntime(controllers: readonly Controller[]): ControlRuntime {
  const registry = registryOf(controllers)
  const contexts = new WeakMap<Ctx, Map<Controller, Map<string, ControllerCtx>>>()

  /** One ControllerCtx per controller and cluster, made once. */
  function contextFor(ctx: Ctx, controller: Controller, cluster: string): ControllerCtx {
    const known = contexts.get(ctx)?.get(controller)?.get(cluster)
    if (known) return known
    const made = controllerCtx(ctx, controller.name, cluster)
    const ofCtx = contexts.get(ctx) ?? new Map<Controller, Map<string, ControllerCtx>>()
    contexts.set(ctx, ofCtx)
    ofCtx.set(controller, (ofCtx.get(controller) ?? new Map<string, ControllerCtx>()).set(cluster, made))
    return made
  }

  function dispatchChanges(ctx: Ctx, changes: readonly Change[]): void {
    const author = authorOf(changes)
    const on = runningOf(ctx)
    const wake = (controller: Controller, cluster: string, keys: readonly string[], urgent: boolean) => {
      for (const key of keys) {
        const item = { controller: controller.name, cluster, key }
        if (isPaused(ctx.tx, item)) {
          if (author) continue
          unpause(ctx.tx, item)
        }
        enqueue(ctx, controller, item, urgent ? URGENT : undefined)
      }
    }
    const wakeByObject = (controller: Controller, change: Change) => {
      const before = change.before as ObjectRow | undefined
      const after = change.after as ObjectRow | undefined
      const cluster = (after ?? before)?.cluster ?? ''
      const keys = controller.keysFor({ before, after }, contextFor(ctx, controller, cluster))
      if (keys.length > 0)
        wake(controller, cluster, keys, controller.urgent?.({ before, after }) ?? controller.coalesceUs === undefined)
    }
    for (const change of changes) {
      if (change.table === 'object') {
        const kind = ((change.after ?? change.before) as ObjectRow).kind
        for (const controller of registry.byKind.get(kind) ?? registry.byAnyKind) {
          if (on(controller)) wakeByObject(controller, change)
        }
      } else if (change.table === 'components') {
        for (const controller of started(controllers, change)) relist(ctx, controller, wakeByObject)
      }
      for (const controller of registry.byTable.get(change.table) ?? []) {
        if (!on(controller)) continue
        for (const { cluster, key } of controller.keysForRow?.(change, ctx) ?? [])
          wake(controller, cluster, [key], false)
      }
    }
    if (author) afterWrites(ctx, author, changes)
  }

  function reconcile(ctx: Ctx, item: WorkItem): void {
    const controller = registry.byName.get(item.controller)
    assert(controller, `no controller ${item.controller}`)
    if (!runs(ctx.tx, controller.name) || isPaused(ctx.tx, item)) return
    noteRun(ctx, controller, item)
    const result = runGuarded(controller, item, contextFor(ctx, controller, item.cluster))
    if (result?.error) {
      const { delayUs, background } = nextBackoff(ctx.tx, item)
      enqueue(ctx, controller, item, { delayUs, background })
      return
    }
    forgetFailures(ctx.tx, item)
    if (result?.requeueAfterUs !== undefined) {
      enqueue(ctx, controller, item, { delayUs: result.requeueAfterUs, background: result.background })
    }
  }

  return { dispatchChanges, handlers: { reconcile: reconcile as Handler } } // its payload is written by `enqueue` alone
}

const URGENT = Object.freeze({})

/** Which controllers run now. */
function runningOf(ctx: Ctx): (controller: Controller) => boolean {
  const components = ctx.tx.get('components', 'components')
  return components ? ({ name }) => runsUnder(components, name) : () => true
}

/** A controller that throws is our bug: the message says whose. */
function runGuarded(controller: Controller, item: WorkItem, ctx: ControllerCtx): ReconcileResult | undefined {
  try {
    return controller.reconcile(item.key, ctx) ?? undefined
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new Error(`${controller.name} failed on ${item.key}: ${message}`, { cause: error })
  }
}

interface Registry {
  readonly byName: ReadonlyMap<string, Controller>
  /** Controllers of a kind in registry order, those of `*` among them. */
  readonly byKind: ReadonlyMap<string, readonly Controller[]>
  readonly byAnyKind: readonly Controller[]
  readonly byTable: ReadonlyMap<string, readonly Controller[]>
}

function registryOf(controllers: readonly Controller[]): Registry {
  const kinds = new Set(controllers.flatMap(({ watches }) => watches))
  const tables = new Set(controllers.flatMap(({ watchesRows }) => watchesRows ?? []))
  const watching = (kind: string) =>
    controllers.filter(({ watches }) => watches.includes(kind) || watches.includes('*'))
  return {
    byName: new Map(controllers.map((controller) => [controller.name, controller])),
    byKind: new Map([...kinds].map((kind) => [kind, watching(kind)])),
    byAnyKind: watching('*'),
    byTable: new Map(
      [...tables].map((table) => [table, controllers.filter(({ watchesRows }) => watchesRows?.includes(table))]),
    ),
  }
}

function controllerCtx(ctx: Ctx, component: string, cluster: string): ControllerCtx {
  return {
    tx: ctx.tx,
    clock: ctx.clock,
    random: ctx.random,
    emit: ctx.emit,
    note: ctx.note,
    api: apiOf(ctx, cluster),
    cluster,
    get costs() {
      return timeCosts(ctx.tx, cluster)
    },
    event: (about, type, reason, message) => fileEvent(ctx, { component, about, type, reason, message }),
  }
}

/** The work item whose run made these changes; undefined if they came from outside or from packets. */
function authorOf(changes: readonly Change[]): WorkItem | undefined {
  for (const { table, before, after } of changes) {
    if (table === 'clock') continue
    if (table !== 'event' || !before || after) return undefined
    const event = before as unknown as { name: string; payload: unknown } // rows of table `event`
    return event.name === 'reconcile' ? (event.payload as WorkItem) : undefined
  }
  return undefined
}

/** Controllers that this change of the components row started. */
function started(controllers: readonly Controller[], change: Change): readonly Controller[] {
  const before = change.before as ComponentsRow | undefined
  const after = change.after as ComponentsRow | undefined
  return controllers.filter(({ name }) => !runsUnder(before, name) && runsUnder(after, name))
}

/** A controller that starts lists what it watches before it watches. */
function relist(
  ctx: Ctx,
  controller: Controller,
  wakeByObject: (controller: Controller, change: Change) => void,
): void {
  for (const row of ctx.tx.rows('object')) {
    if (!controller.watches.includes(row.kind) && !controller.watches.includes('*')) continue
    wakeByObject(controller, { table: 'object', id: row.id, after: row })
  }
}
