import type { Row, TableDef } from '../core/table.ts'
import type { Tx, WorldReader } from '../core/world.ts'

/** Which controllers and daemons run: `only` these, or all but the stopped ones. The API store always runs. */
export interface Components {
  readonly only?: readonly string[]
  readonly stop?: readonly string[]
}

/** One row, id `components`; absent means that everything runs. */
export interface ComponentsRow extends Row, Components {}

declare module '../core/tables.ts' {
  interface Tables {
    components: ComponentsRow
  }
}

export const componentsTable: TableDef<ComponentsRow> = { name: 'components' }

/** Every name that `components` may hold: what runs here, and the daemons of networks that are only named. */
export const COMPONENT_NAMES = [
  ...['deployment-controller', 'replicaset-controller', 'replicationcontroller-controller', 'statefulset-controller'],
  ...['daemonset-controller', 'job-controller', 'endpointslice-controller', 'namespace-controller'],
  ...[
    'garbage-collector-controller',
    'pod-garbage-collector-controller',
    'node-ipam-controller',
    'node-lifecycle-controller',
    'serviceaccount-controller',
  ],
  ...['route-controller', 'service-lb-controller', 'kube-scheduler', 'kubelet', 'kube-proxy', 'coredns'],
  ...[
    'flanneld',
    'kubenet',
    'kindnetd',
    'calico-node',
    'cilium-agent',
    'weave-net',
    'aws-node',
    'azure-cns',
    'antrea-agent',
    'ovnkube-node',
  ],
] as const

export function setComponents(tx: Tx, components: Components | undefined): void {
  if (components) tx.put('components', { id: 'components', only: components.only, stop: components.stop })
  else tx.delete('components', 'components')
}

/** Whether a controller runs now. */
export function runs(tx: Pick<WorldReader, 'get'>, name: string): boolean {
  return runsUnder(tx.get('components', 'components'), name)
}

/** Whether a controller runs under these components. */
export function runsUnder(components: Components | undefined, name: string): boolean {
  if (components?.only && !components.only.includes(name)) return false
  return !components?.stop?.includes(name)
}

/** What is wrong with the names, and the nearest right one; undefined if all are known. */
export function unknownComponent(components: Components | undefined): string | undefined {
  const known: readonly string[] = COMPONENT_NAMES
  for (const name of [...(components?.only ?? []), ...(components?.stop ?? [])]) {
    if (known.includes(name)) continue
    const nearest = [...known].sort((a, b) => distance(name, a) - distance(name, b))[0]
    return `unknown component "${name}"; did you mean "${nearest}"?`
  }
  return undefined
}

/** Levenshtein distance, a full containment counting as near. */
function distance(a: string, b: string): number {
  if (b.startsWith(a) || b.endsWith(a)) return 1
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return row[b.length]
}
