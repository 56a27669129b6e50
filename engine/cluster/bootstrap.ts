import type { ClusterConfig } from '../api/cluster-config.ts'
import { deepEqual } from '../api/json.ts'
import { kindKeyOf } from '../api/names.ts'
import { apiOf, configureApi } from '../api/store.ts'
import type { Api, KubeObject, SourceRef, Status } from '../api/types.ts'
import { assert } from '../core/assert.ts'
import type { Ctx } from '../core/context.ts'
import { buildFabric } from '../fabric/build.ts'
import { clusterFabric } from './fabric-of.ts'
import { mergeDiff } from './merge-diff.ts'
import { nodeObject } from './node-object.ts'
import { idOf, networkObjects, systemObjects } from './system-objects.ts'

/** An object that laying out a cluster makes, and the text behind it if there is any. */
export interface BootstrapObject {
  readonly object: KubeObject
  readonly source?: SourceRef
  /** The same without what the text says of it, for when the API server refuses that. */
  readonly plain?: KubeObject
}

/** A part of the text's description that the API server refused: the object was made without it. */
export interface RefusedPart {
  readonly object: KubeObject
  readonly error: Status
  readonly source?: SourceRef
}

/**
 * Lays a cluster out, or brings one that stands to a changed description: fabric and hosts as kernel rows, then the objects
 * that an installer would have made. What the description does not change is not touched, so that a second call writes nothing.
 * Returns what the API server refused of Nodes that the text describes; their own documents are not among them, because
 * whoever applies them hears of it.
 */
export function bootstrapCluster(ctx: Ctx, config: ClusterConfig): readonly RefusedPart[] {
  const old = ctx.tx.get('clusterConfig', config.id)
  if (old && deepEqual(old, config)) return []
  ctx.tx.put('clusterConfig', config)
  configureApi(ctx.tx, config.name, {
    serviceCidrs: config.networking.serviceSubnets,
    nodePorts: [config.networking.nodePorts.from, config.networking.nodePorts.to],
  })
  buildFabric(ctx, clusterFabric(config))
  const api = apiOf(ctx, config.name)
  return reach(ctx, api, old ? bootstrapObjects(old) : [], bootstrapObjects(config))
}

/** Nodes first, since everything else stands on them; nothing that the text brings itself. */
export function bootstrapObjects(config: ClusterConfig): BootstrapObject[] {
  const nodes = config.nodes.map((node) => ({
    object: nodeObject(config, node),
    source: node.source,
    plain: nodeObject(config, { ...node, given: undefined, labels: undefined, taints: undefined }),
  }))
  const own = (object: KubeObject) => !config.brought.includes(idOf(object))
  const network = networkSource(config)
  return [
    ...nodes,
    ...systemObjects(config)
      .filter(own)
      .map((object) => ({ object })),
    ...networkObjects(config)
      .filter(own)
      .map((object) => ({ object, ...network })),
  ]
}

/** What installs the network is there because of the document's choice of it. */
function networkSource({ source }: ClusterConfig): { source?: SourceRef } {
  if (!source) return {}
  const base = source.maps[0].path
  return { source: { ...source, maps: [{ at: '', path: base ? `${base}.networking.cni` : 'networking' }] } }
}

/** Creates, patches and deletes as far as what is wanted differs from what was wanted: other authors' fields stay. */
function reach(
  ctx: Ctx,
  api: Api,
  old: readonly BootstrapObject[],
  wanted: readonly BootstrapObject[],
): readonly RefusedPart[] {
  const refused: RefusedPart[] = []
  const before = new Map(old.map(({ object }) => [idOf(object), object]))
  for (const { object, source, plain } of wanted) {
    const { kind, metadata } = object
    const was = before.get(idOf(object))
    before.delete(idOf(object))
    if (!was) {
      const made = api.create(object, { source })
      if (made.ok) continue
      assert(plain, `${idOf(object)} is not valid: ${made.error.message}`)
      refused.push({ object, error: made.error, source })
      api.create(plain, { source }) // a Node without a name that Kubernetes takes is none
      continue
    }
    const patch = mergeDiff(was, object)
    if (patch) api.patch(kind, metadata.namespace ?? '', metadata.name, patch)
    const row = api.get(kind, metadata.namespace ?? '', metadata.name)
    if (row && source && !deepEqual(row.source, source)) ctx.tx.put('object', { ...row, source })
  }
  for (const object of before.values())
    api.delete(kindKeyOf(object), object.metadata.namespace ?? '', object.metadata.name)
  return refused
}
