import { clusterCause, clusterConfig } from '../api/cluster-config.ts'
import { apiOf } from '../api/store.ts'
import { assert } from '../core/assert.ts'
import type { Cause } from '../core/cause.ts'
import type { Ctx } from '../core/context.ts'
import { err, ok, type Result } from '../core/result.ts'
import { readFile, removeFile, writeFile } from '../kernel/file.ts'
import { parseIp } from '../net/ip.ts'
import type { Ip } from '../net/address.ts'
import { loadConf } from './conf-dir.ts'
import type { CniRun } from './exec-table.ts'
import { PLUGINS } from './registry.ts'
import { CNI_CODE, type CniCall, type CniEnv, type CniError, type CniResult, type CniWishes, type ExecConf, type NetConfList, type PluginConf, type PortMapping } from './spec.ts'

/** What a container runtime knows when it connects a sandbox. */
export interface Attachment {
  /** Host id. */
  readonly host: string
  readonly containerId: string
  readonly netnsId: string
  /** `/run/netns/cni-...` */
  readonly netnsPath: string
  readonly ifName: string
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string }
  readonly portMappings?: readonly PortMapping[]
}

const BIN_DIR = '/opt/cni/bin'
const RESULTS = '/var/lib/cni/results'

/**
 * Connects a sandbox: runs the plugins of the node's configuration first to last, each with the result of the one before.
 * A failed ADD is followed by a DEL, as the specification asks. Models libcni api.go AddNetworkList().
 */
export function cniAdd(ctx: Ctx, to: Attachment): Result<CniResult, CniError> {
  const loaded = loadConf(ctx.tx, to.host)
  if (!loaded) return err({ cniVersion: '1.1.0', code: CNI_CODE.tryAgainLater, msg: 'cni plugin not initialized' })
  const { list } = loaded
  const session = new Session(ctx, to, list, 'ADD')
  let result: CniResult | undefined
  for (const plugin of list.plugins) {
    const ran = session.run(plugin, result)
    if (!ran.ok) {
      session.record()
      const error = { ...ran.error, msg: `plugin type="${plugin.type}" failed (add): ${ran.error.msg}` }
      new Session(ctx, to, list, 'DEL').runBack(undefined)
      return err(error)
    }
    result = ran.value ?? result
  }
  assert(result, 'ADD of a list without plugins')
  session.record()
  writeFile(ctx.tx, to.host, cachePath(list.name, to), cached(to, list, result), { owner: 'containerd', cause: session.cause })
  ctx.note({ actor: 'cni', node: to.host, object: `Pod/${to.pod.namespace}/${to.pod.name}`, text: `ADD ${to.ifName} ${result.ips?.map(({ address }) => address).join(', ')} (${session.chain()})` })
  return ok(result)
}

/** Disconnects a sandbox: plugins last to first, with the result that ADD left. Succeeds on what is already gone. */
export function cniDel(ctx: Ctx, to: Attachment): Result<void, CniError> {
  const found = findCached(ctx, to)
  const list = found?.config ?? loadConf(ctx.tx, to.host)?.list
  if (!list) return ok(undefined)
  const session = new Session(ctx, asAdded(to, found), list, 'DEL')
  const done = session.runBack(found?.result)
  session.record()
  if (!done.ok) return done
  if (removeFile(ctx.tx, to.host, cachePath(list.name, to))) {
    ctx.note({ actor: 'cni', node: to.host, object: `Pod/${to.pod.namespace}/${to.pod.name}`, text: `DEL ${to.ifName}` })
  }
  return ok(undefined)
}

/** Asks every plugin whether what ADD left still stands. */
export function cniCheck(ctx: Ctx, to: Attachment): Result<void, CniError> {
  const found = findCached(ctx, to)
  if (!found) return err({ cniVersion: '1.1.0', code: CNI_CODE.unknownContainer, msg: `no cached result of container ${to.containerId}` })
  const session = new Session(ctx, asAdded(to, found), found.config, 'CHECK')
  for (const plugin of found.config.plugins) {
    const ran = session.run(plugin, found.result)
    if (!ran.ok) {
      session.record()
      return err({ ...ran.error, msg: `plugin type="${plugin.type}" failed (check): ${ran.error.msg}` })
    }
  }
  session.record()
  return ok(undefined)
}

/** One verb over one list: builds each plugin's environment and input, runs it, and keeps what was said. */
class Session {
  readonly cause: Cause
  private readonly ctx: Ctx
  private readonly to: Attachment
  private readonly list: NetConfList
  private readonly env: CniEnv
  private readonly wishes: CniWishes
  private readonly runs: CniRun[] = []
  private depth = 0

  constructor(ctx: Ctx, to: Attachment, list: NetConfList, command: CniEnv['CNI_COMMAND']) {
    const cluster = ctx.tx.get('host', to.host)?.cluster
    const { namespace, name, uid } = to.pod
    this.ctx = ctx
    this.to = to
    this.list = list
    this.cause = { kind: 'Pod', namespace, name, ...(clusterConfig(ctx.tx, cluster ?? '')?.first === false ? { cluster } : {}) }
    this.env = {
      CNI_COMMAND: command,
      CNI_CONTAINERID: to.containerId,
      CNI_NETNS: to.netnsPath,
      CNI_IFNAME: to.ifName,
      CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=${namespace};K8S_POD_NAME=${name};K8S_POD_INFRA_CONTAINER_ID=${to.containerId};K8S_POD_UID=${uid}`,
      CNI_PATH: BIN_DIR,
    }
    this.wishes = wishesOf(ctx, to, cluster)
  }

  run(plugin: PluginConf, prevResult: CniResult | undefined): Result<CniResult | undefined, CniError> {
    return this.exec(this.inputOf(plugin, prevResult))
  }

  runBack(prevResult: CniResult | undefined): Result<void, CniError> {
    for (const plugin of [...this.list.plugins].reverse()) {
      const ran = this.run(plugin, prevResult)
      if (!ran.ok) return err({ ...ran.error, msg: `plugin type="${plugin.type}" failed (delete): ${ran.error.msg}` })
    }
    return ok(undefined)
  }

  /** Files what was run under the sandbox. */
  record(): void {
    const { host, netnsId, pod, containerId } = this.to
    const row = { id: `${host}|${containerId}`, host, netns: netnsId, pod, command: this.env.CNI_COMMAND, atUs: this.ctx.clock.now, runs: this.runs }
    this.ctx.tx.put('cniExec', row)
  }

  /** `flannel > bridge > host-local, portmap` */
  chain(): string {
    const chains: string[] = []
    let delegates: string[] = []
    for (const { type, depth } of this.runs) {
      if (depth > 0) delegates = [type, ...delegates]
      else chains.push([type, ...delegates.splice(0)].join(' > '))
    }
    return chains.join(', ')
  }

  /** Models libcni buildOneConfig() and injectRuntimeConfig(): capabilities say which runtime values a plugin is given. */
  private inputOf(plugin: PluginConf, prevResult: CniResult | undefined): ExecConf {
    const { portMappings } = this.to
    const mapped = plugin.capabilities?.portMappings && portMappings?.length ? { runtimeConfig: { portMappings } } : {}
    const { capabilities: _capabilities, ...conf } = plugin
    return { ...conf, cniVersion: this.list.cniVersion, name: this.list.name, ...mapped, ...(prevResult ? { prevResult } : {}) }
  }

  private exec(conf: ExecConf): Result<CniResult | undefined, CniError> {
    const plugin = PLUGINS.find(({ type }) => type === conf.type)
    if (!plugin) {
      return err({ cniVersion: conf.cniVersion, code: CNI_CODE.internal, msg: `failed to find plugin "${conf.type}" in path [${BIN_DIR}]` })
    }
    const depth = this.depth++
    const call: CniCall = {
      ctx: this.ctx,
      host: this.to.host,
      ...(this.ctx.tx.get('netns', this.to.netnsId) ? { netns: this.to.netnsId } : {}),
      env: this.env,
      conf,
      cause: this.cause,
      wishes: this.wishes,
      delegate: (inner) => this.exec(inner) as Result<CniResult, CniError>, // an ADD answers with a result; others are not looked at
    }
    const verb = this.env.CNI_COMMAND === 'ADD' ? plugin.add : this.env.CNI_COMMAND === 'DEL' ? plugin.del : plugin.check
    const ran: Result<CniResult | void, CniError> = verb(call)
    this.depth--
    const stdout = ran.ok ? (ran.value ?? undefined) : ran.error
    this.runs.push({ depth, type: conf.type, env: this.env, stdin: conf, ...(stdout ? { stdout } : {}), exitCode: ran.ok ? 0 : 1 })
    return ran.ok ? ok(ran.value ?? undefined) : ran
  }
}

/** What the pod, the cluster's pins and its seed decide where a real plugin would throw dice. */
function wishesOf(ctx: Ctx, to: Attachment, cluster: string | undefined): CniWishes {
  const { namespace, name } = to.pod
  const config = clusterConfig(ctx.tx, cluster ?? '')
  const pin = config?.pin.pods[`${namespace}/${name}`]
  const pod = cluster === undefined ? undefined : apiOf(ctx, cluster).get('Pod', namespace, name)?.object
  const ip = pin?.ip ?? asIp(pod?.metadata.annotations?.['podwalk.dev/ip']) ?? asIp(pod?.status?.podIP)
  return {
    seedName: `cni/${to.host}/${namespace}/${name}`,
    ...(ip ? { ip } : {}),
    ...(config?.origin ? { network: clusterCause(config, 'spec.networking.cni') } : {}),
    ...(pin?.mac ? { mac: pin.mac } : {}),
    ...(pin?.veth ? { veth: pin.veth } : {}),
    bridgeMac: (ifName) => config?.pin.macs[`${to.host}/${ifName}`],
    reserved: (address) =>
      ctx.tx.oneBy('object', 'podIp', `${cluster}|${address}`) !== undefined ||
      Object.values(config?.pin.pods ?? {}).some((other) => other.ip === address),
  }
}

function asIp(text: unknown): Ip | undefined {
  return typeof text === 'string' ? parseIp(text) : undefined
}

interface Cached {
  readonly config: NetConfList
  readonly result: CniResult
  readonly capabilityArgs?: { readonly portMappings?: readonly PortMapping[] }
}

/** DEL and CHECK are given the runtime values that ADD was given. */
function asAdded(to: Attachment, found: Cached | undefined): Attachment {
  const portMappings = found?.capabilityArgs?.portMappings
  return portMappings ? { ...to, portMappings } : to
}

function cachePath(network: string, to: Attachment): string {
  return `${RESULTS}/${network}-${to.containerId}-${to.ifName}`
}

/** Models libcni's cache file. Simplified: `config` is plain JSON, not base64, so that it can be read. */
function cached(to: Attachment, config: NetConfList, result: CniResult): string {
  return JSON.stringify({ kind: 'cniCacheV1', containerId: to.containerId, config, ifName: to.ifName, networkName: config.name, netns: to.netnsPath, capabilityArgs: { portMappings: to.portMappings }, result })
}

function findCached(ctx: Ctx, to: Attachment): Cached | undefined {
  const name = loadConf(ctx.tx, to.host)?.list.name
  const text = name === undefined ? undefined : readFile(ctx.tx, to.host, cachePath(name, to))
  return text === undefined ? anyCached(ctx, to) : (JSON.parse(text) as Cached) // written by `cached`
}

/** The configuration may have been replaced since ADD: the container's own cache file is looked for by its end. */
function anyCached(ctx: Ctx, to: Attachment): Cached | undefined {
  const row = ctx.tx.by('file', 'dir', `${to.host}|${RESULTS}`).find(({ path }) => path.endsWith(`-${to.containerId}-${to.ifName}`))
  return row && (JSON.parse(row.text) as Cached) // written by `cached`
}
