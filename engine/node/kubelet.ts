import { clusterConfig, hostIdOf } from '../api/cluster-config.ts'
import type { ObjectRow } from '../api/types.ts'
import type { Change } from '../core/change.ts'
import type { Ctx } from '../core/context.ts'
import { CONF_DIR } from '../cni/conf-dir.ts'
import { keyOf } from '../control/keys.ts'
import type { Controller, ControllerCtx, RowKey } from '../control/types.ts'
import type { FileRow, SocketRow } from '../kernel/tables.ts'
import { syncKubeletChains } from './kubelet-iptables.ts'
import { syncNodeStatus } from './node-status.ts'
import { discard, syncPod } from './pod-worker.ts'
import { sandboxesOf } from './sandbox-table.ts'

/**
 * The kubelet of every node. Keys: `node` for the Node's status, `node/namespace/pod` for a pod that is bound to it.
 * It learns of its network by the file in /etc/cni/net.d, and of its containers' health by their sockets.
 */
export const kubelet: Controller = {
  name: 'kubelet',
  watches: ['Pod', 'Node'],
  watchesRows: ['file', 'socket'],
  keysFor({ before, after }) {
    const row = after ?? before
    if (row?.kind === 'Node')
      return after && (!before || before.object.status?.addresses !== after.object.status?.addresses) ? [row.name] : []
    if (before && after && sameToKubelet(before, after)) return []
    return [
      ...new Set(
        [before, after].flatMap((pod) =>
          pod?.object.spec?.nodeName ? [`${pod.object.spec.nodeName}/${keyOf(pod)}`] : [],
        ),
      ),
    ]
  },
  keysForRow(change, ctx) {
    return change.table === 'file' ? networkChanged(change, ctx) : socketChanged(change, ctx)
  },
  reconcile(key, ctx) {
    const [node, namespace, name] = key.split('/')
    const row = ctx.api.get('Node', '', node)
    const host = hostOf(node, ctx)
    if (!host) return
    if (name === undefined) {
      if (row) syncNodeStatus(row, host, ctx)
      if (row) syncKubeletChains(ctx.tx, host)
      return
    }
    const found = ctx.api.get('Pod', namespace, name)
    const pod = found?.object.spec?.nodeName === node ? found : undefined
    const sandboxes = sandboxesOf(ctx.tx, ctx.cluster, key)
    for (const sandbox of sandboxes) if (sandbox.uid !== pod?.object.metadata.uid) discard(sandbox, ctx)
    if (!pod || !row) return
    const sandbox = sandboxes.find(({ uid }) => uid === pod.object.metadata.uid)
    return syncPod(pod, sandbox, { node, host, hostIps: addressesOf(row) }, ctx)
  },
}

/** The kubelet's own status writes are not news to it. */
function sameToKubelet(before: ObjectRow, after: ObjectRow): boolean {
  const [old, now] = [before.object, after.object]
  return (
    old.spec === now.spec &&
    old.metadata.uid === now.metadata.uid &&
    old.metadata.deletionTimestamp === now.metadata.deletionTimestamp
  )
}

/** The machine under a Node; none for a Node object without one. */
function hostOf(node: string, ctx: ControllerCtx): string | undefined {
  const config = clusterConfig(ctx.tx, ctx.cluster)
  const host = config ? hostIdOf(config, node) : node
  return ctx.tx.get('host', host)?.up ? host : undefined
}

/** Internal addresses by a Node's frozen list of all of them. */
const INTERNAL = new WeakMap<object, readonly string[]>()

function addressesOf(node: ObjectRow): readonly string[] {
  const addresses: readonly { type: string; address: string }[] = node.object.status?.addresses ?? NONE
  const known = INTERNAL.get(addresses)
  if (known) return known
  const internal = addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address)
  INTERNAL.set(addresses, internal)
  return internal
}

const NONE: readonly never[] = Object.freeze([])

/** The network came or went: the node, and the pods that wait for it. */
function networkChanged({ before, after }: Change, ctx: Ctx): readonly RowKey[] {
  const { scope, path } = (after ?? before) as FileRow
  if (!path.startsWith(`${CONF_DIR}/`)) return []
  const cluster = ctx.tx.get('host', scope)?.cluster
  if (cluster === undefined) return []
  const config = clusterConfig(ctx.tx, cluster)
  const node = config && !config.first ? scope.slice(config.name.length + 1) : scope
  const waiting = ctx.tx
    .by('object', 'node', `${cluster}|${node}`)
    .filter((pod) => !pod.object.spec?.hostNetwork && !pod.object.status?.podIP)
  return [{ cluster, key: node }, ...waiting.map((pod) => ({ cluster, key: `${node}/${keyOf(pod)}` }))]
}

/** A listening socket appeared or went in a netns whose pod is probed. */
function socketChanged({ before, after }: Change, ctx: Ctx): readonly RowKey[] {
  const [old, now] = [before as SocketRow | undefined, after as SocketRow | undefined]
  if ((old?.state === 'LISTEN') === (now?.state === 'LISTEN')) return []
  const netns = (now ?? old)?.netns ?? ''
  return ctx.tx
    .by('podSandbox', 'probed', netns)
    .map(({ cluster, node, namespace, name }) => ({ cluster, key: `${node}/${namespace}/${name}` }))
}
