import { clusterConfig } from '../api/cluster-config.ts'
import { assert } from '../core/assert.ts'
import type { Cause } from '../core/cause.ts'
import type { Ctx } from '../core/context.ts'
import { err, ok, type Result } from '../core/result.ts'
import { removeFile, writeFile } from '../kernel/file.ts'
import type { Attachment } from './attachment.ts'
import { asAdded, cachePath, cacheText, findCached } from './cache.ts'
import { loadConf } from './conf-dir.ts'
import type { CniRun } from './exec-table.ts'
import { PLUGINS } from './registry.ts'
import {
  CNI_CODE,
  type CniCall,
  type CniEnv,
  type CniError,
  type CniResult,
  type CniWishes,
  type ExecConf,
  type NetConfList,
  type PluginConf,
} from './spec.ts'
import { wishesOf } from './wishes.ts'

export type { Attachment } from './attachment.ts'

const BIN_DIR = '/opt/cni/bin'

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
  writeFile(ctx.tx, to.host, cachePath(list.name, to), cacheText(to, list, result), {
    owner: 'containerd',
    cause: session.cause,
  })
  ctx.note({
    actor: 'cni',
    node: to.host,
    object: `Pod/${to.pod.namespace}/${to.pod.name}`,
    text: `ADD ${to.ifName} ${result.ips?.map(({ address }) => address).join(', ')} (${session.chain()})`,
  })
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
    ctx.note({
      actor: 'cni',
      node: to.host,
      object: `Pod/${to.pod.namespace}/${to.pod.name}`,
      text: `DEL ${to.ifName}`,
    })
  }
  return ok(undefined)
}

/** Asks every plugin whether what ADD left still stands. */
export function cniCheck(ctx: Ctx, to: Attachment): Result<void, CniError> {
  const found = findCached(ctx, to)
  if (!found)
    return err({
      cniVersion: '1.1.0',
      code: CNI_CODE.unknownContainer,
      msg: `no cached result of container ${to.containerId}`,
    })
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
    this.cause = {
      kind: 'Pod',
      namespace,
      name,
      ...(clusterConfig(ctx.tx, cluster ?? '')?.first === false ? { cluster } : {}),
    }
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
    const row = {
      id: `${host}|${containerId}`,
      host,
      netns: netnsId,
      pod,
      command: this.env.CNI_COMMAND,
      atUs: this.ctx.clock.now,
      runs: this.runs,
    }
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
    return {
      ...conf,
      cniVersion: this.list.cniVersion,
      name: this.list.name,
      ...mapped,
      ...(prevResult ? { prevResult } : {}),
    }
  }

  private exec(conf: ExecConf): Result<CniResult | undefined, CniError> {
    const plugin = PLUGINS.find(({ type }) => type === conf.type)
    if (!plugin) {
      return err({
        cniVersion: conf.cniVersion,
        code: CNI_CODE.internal,
        msg: `failed to find plugin "${conf.type}" in path [${BIN_DIR}]`,
      })
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
    const verb =
      this.env.CNI_COMMAND === 'ADD' ? plugin.add : this.env.CNI_COMMAND === 'DEL' ? plugin.del : plugin.check
    const ran: Result<unknown, CniError> = verb(call)
    this.depth--
    const result = ran.ok ? ((ran.value ?? undefined) as CniResult | undefined) : undefined // DEL and CHECK print nothing
    const stdout = ran.ok ? result : ran.error
    this.runs.push({
      depth,
      type: conf.type,
      env: this.env,
      stdin: conf,
      ...(stdout ? { stdout } : {}),
      exitCode: ran.ok ? 0 : 1,
    })
    return ran.ok ? ok(result) : ran
  }
}
