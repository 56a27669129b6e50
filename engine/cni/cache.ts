import type { Ctx } from '../core/context.ts'
import { readFile } from '../kernel/file.ts'
import type { Attachment } from './attachment.ts'
import { loadConf } from './conf-dir.ts'
import type { CniResult, NetConfList, PortMapping } from './spec.ts'

const RESULTS = '/var/lib/cni/results'

/** What ADD left for CHECK and DEL, one file per attachment. Models libcni's cache. */
export interface Cached {
  readonly config: NetConfList
  readonly result: CniResult
  readonly capabilityArgs?: { readonly portMappings?: readonly PortMapping[] }
}

/** DEL and CHECK are given the runtime values that ADD was given. */
export function asAdded(to: Attachment, found: Cached | undefined): Attachment {
  const portMappings = found?.capabilityArgs?.portMappings
  return portMappings ? { ...to, portMappings } : to
}

export function cachePath(network: string, to: Attachment): string {
  return `${RESULTS}/${network}-${to.containerId}-${to.ifName}`
}

// Simplified: `config` is plain JSON in the cache file, not base64, so that it can be read.
export function cacheText(to: Attachment, config: NetConfList, result: CniResult): string {
  return JSON.stringify({
    kind: 'cniCacheV1',
    containerId: to.containerId,
    config,
    ifName: to.ifName,
    networkName: config.name,
    netns: to.netnsPath,
    capabilityArgs: { portMappings: to.portMappings },
    result,
  })
}

export function findCached(ctx: Ctx, to: Attachment): Cached | undefined {
  const name = loadConf(ctx.tx, to.host)?.list.name
  const text = name === undefined ? undefined : readFile(ctx.tx, to.host, cachePath(name, to))
  return text === undefined ? anyCached(ctx, to) : (JSON.parse(text) as Cached) // written by `cacheText`
}

/** The configuration may have been replaced since ADD: the container's own cache file is looked for by its end. */
function anyCached(ctx: Ctx, to: Attachment): Cached | undefined {
  const row = ctx.tx
    .by('file', 'dir', `${to.host}|${RESULTS}`)
    .find(({ path }) => path.endsWith(`-${to.containerId}-${to.ifName}`))
  return row && (JSON.parse(row.text) as Cached) // written by `cacheText`
}
