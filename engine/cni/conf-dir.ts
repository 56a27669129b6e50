import type { WorldReader } from '../core/world.ts'
import { fileId } from '../kernel/file.ts'
import type { NetConfList, PluginConf } from './spec.ts'

export const CONF_DIR = '/etc/cni/net.d'

export interface LoadedConf {
  readonly path: string
  readonly list: NetConfList
}

/**
 * The configuration that the container runtime uses: the lexically first valid file of `/etc/cni/net.d`.
 * Models containerd's go-cni LoadConf and libcni ConfFiles(): `.conf`, `.conflist` and `.json` count.
 */
export function loadConf(tx: WorldReader, host: string): LoadedConf | undefined {
  return tx.memo('file', 'dir', fileId(host, CONF_DIR), 'loadConf', (files) => {
    for (const { path, text } of files) {
      if (!/\.(conf|conflist|json)$/.test(path)) continue
      const list = parseConf(text)
      if (list) return { path, list }
    }
    return undefined
  })
}

/** Whether the runtime can connect pods: what the kubelet reports as the node's NetworkReady. */
export function cniStatus(
  tx: WorldReader,
  host: string,
): { readonly ready: true } | { readonly ready: false; readonly message: string } {
  if (loadConf(tx, host)) return { ready: true }
  return { ready: false, message: 'Network plugin returns error: cni plugin not initialized' }
}

/** A list, or a single plugin's configuration as a list of one; undefined if it is not valid. */
function parseConf(text: string): NetConfList | undefined {
  let conf: unknown
  try {
    conf = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof conf !== 'object' || conf === null) return undefined
  const { plugins, type, name, cniVersion } = conf as Partial<NetConfList> & Partial<PluginConf>
  if (typeof name !== 'string' || name === '') return undefined
  const version = typeof cniVersion === 'string' ? cniVersion : '0.1.0'
  if (typeof type === 'string') return { cniVersion: version, name, plugins: [conf as PluginConf] }
  const valid =
    Array.isArray(plugins) && plugins.length > 0 && plugins.every((plugin) => typeof plugin?.type === 'string')
  return valid ? { ...(conf as NetConfList), cniVersion: version } : undefined
}
