import { timestampAt } from '../api/time.ts'
import type { KubeObject, ObjectRow } from '../api/types.ts'
import type { Ctx } from '../core/context.ts'
import { hash32 } from '../core/rng.ts'
import type { Row, TableDef } from '../core/table.ts'
import type { WorldReader } from '../core/world.ts'

/**
 * What a component said about an object, repeated messages counted.
 * Simplified: Events are rows of a table of their own, not objects in the store, because nothing watches them and a
 * thousand pods make six thousand of them; `eventObject` prints one as the API would.
 */
export interface KubeEventRow extends Row {
  readonly cluster: string
  readonly namespace: string
  /** `Kind/namespace/name` */
  readonly about: string
  readonly kind: string
  readonly name: string
  readonly uid?: string
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** `kubelet`, `default-scheduler`, ... */
  readonly component: string
  readonly count: number
  readonly firstUs: number
  readonly lastUs: number
}

declare module '../core/tables.ts' {
  interface Tables {
    kubeEvent: KubeEventRow
  }
}

export const kubeEventTable: TableDef<KubeEventRow> = {
  name: 'kubeEvent',
  order: (a, b) => a.lastUs - b.lastUs,
  indexes: { about: (r) => `${r.cluster}|${r.about}` },
}

/** Event sources as `kubectl describe` prints them, where they differ from the controller's own name. */
const SOURCES: Readonly<Record<string, string>> = {
  'kube-scheduler': 'default-scheduler',
  'replicationcontroller-controller': 'replication-controller',
  'endpointslice-controller': 'endpoint-slice-controller',
  'node-ipam-controller': 'cidrAllocator',
  'node-lifecycle-controller': 'node-controller',
}

export interface Said {
  readonly component: string
  readonly about: ObjectRow
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/** Files one event; the same words about the same object only raise its count. */
export function fileEvent(ctx: Pick<Ctx, 'tx' | 'clock'>, { component, about, type, reason, message }: Said): void {
  const now = ctx.clock.now
  const id = `${about.id}|${component}|${reason}|${hash32(0, message).toString(16)}`
  const seen = ctx.tx.get('kubeEvent', id)
  const { cluster, kind, namespace, name } = about
  ctx.tx.put('kubeEvent', {
    id,
    cluster,
    namespace,
    about: `${kind}/${namespace}/${name}`,
    kind,
    name,
    uid: about.object.metadata.uid,
    type,
    reason,
    message,
    component: SOURCES[component] ?? component,
    count: (seen?.count ?? 0) + 1,
    firstUs: seen?.firstUs ?? now,
    lastUs: now,
  })
}

/** The events about one object, oldest first. `about` is `Kind/namespace/name`. */
export function eventsAbout(tx: Pick<WorldReader, 'by'>, cluster: string, about: string): readonly KubeEventRow[] {
  return tx.by('kubeEvent', 'about', `${cluster}|${about}`)
}

/** An event as the core/v1 Event that `kubectl get events -o yaml` prints. */
export function eventObject(row: KubeEventRow): KubeObject {
  const namespace = row.namespace || 'default'
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${row.name}.${hash32(0, row.id).toString(16).padStart(16, '1')}`,
      namespace,
      creationTimestamp: timestampAt(row.firstUs),
    },
    involvedObject: { kind: row.kind, namespace: row.namespace || undefined, name: row.name, uid: row.uid },
    reason: row.reason,
    message: row.message,
    source: { component: row.component },
    firstTimestamp: timestampAt(row.firstUs),
    lastTimestamp: timestampAt(row.lastUs),
    count: row.count,
    type: row.type,
    reportingComponent: row.component,
    reportingInstance: '',
  }
}
