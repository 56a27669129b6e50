import { err, type Result } from '../core/result.ts'
import type { Cause } from '../core/cause.ts'
import type { Ctx } from '../core/context.ts'
import type { Ip, Mac } from '../net/address.ts'

/** Shapes of the CNI specification 1.1.0 (SPEC.md), as JSON. */

/** §1 Network configuration list: `/etc/cni/net.d/NAME.conflist`. */
export interface NetConfList {
  readonly cniVersion: string
  readonly name: string
  readonly disableCheck?: boolean
  readonly disableGC?: boolean
  readonly plugins: readonly PluginConf[]
}

/** One plugin's part of the list; more fields by type of plugin. */
export interface PluginConf {
  readonly type: string
  readonly capabilities?: Readonly<Record<string, boolean>>
  readonly ipam?: IpamConf
  // biome-ignore lint/suspicious/noExplicitAny: every plugin has fields of its own
  readonly [field: string]: any
}

export interface IpamConf {
  readonly type?: string
  // biome-ignore lint/suspicious/noExplicitAny: every IPAM plugin has fields of its own
  readonly [field: string]: any
}

/** §2 What the runtime sends on standard input: the plugin's part with name, version, previous result and runtime values. */
export interface ExecConf extends PluginConf {
  readonly cniVersion: string
  readonly name: string
  readonly prevResult?: CniResult
  readonly runtimeConfig?: { readonly portMappings?: readonly PortMapping[] }
}

export interface PortMapping {
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly hostIP?: string
}

/** §5 Success: what ADD answers. */
export interface CniResult {
  readonly cniVersion: string
  readonly interfaces?: readonly CniInterface[]
  readonly ips?: readonly CniIp[]
  readonly routes?: readonly CniRoute[]
  readonly dns?: {
    readonly nameservers?: readonly string[]
    readonly domain?: string
    readonly search?: readonly string[]
    readonly options?: readonly string[]
  }
}

export interface CniInterface {
  readonly name: string
  readonly mac: Mac
  readonly mtu?: number
  /** Path of the netns, absent for interfaces of the host. */
  readonly sandbox?: string
}

export interface CniIp {
  /** Address with prefix length: `10.244.1.10/24`. */
  readonly address: string
  readonly gateway?: Ip
  /** Index into `interfaces`. */
  readonly interface?: number
}

export interface CniRoute {
  readonly dst: string
  readonly gw?: Ip
  readonly mtu?: number
}

/** §5 Error: what a plugin prints when it fails. */
export interface CniError {
  readonly cniVersion: string
  readonly code: number
  readonly msg: string
  readonly details?: string
}

/** §5 Well-known codes; plugins' own begin at 100, and 999 is what Go's skel package uses for any other error. */
export const CNI_CODE = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnv: 4,
  io: 5,
  decode: 6,
  invalidConfig: 7,
  tryAgainLater: 11,
  pluginNotAvailable: 50,
  internal: 999,
} as const

export const CNI_VERSIONS = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0']

/** §2 The environment of one invocation. */
export interface CniEnv {
  readonly CNI_COMMAND: 'ADD' | 'DEL' | 'CHECK'
  readonly CNI_CONTAINERID: string
  readonly CNI_NETNS: string
  readonly CNI_IFNAME: string
  readonly CNI_ARGS: string
  readonly CNI_PATH: string
}

/** One run of a plugin: its environment and input, and the host on which it runs. */
export interface CniCall {
  readonly ctx: Ctx
  /** Host id, which is also the id of its root netns. */
  readonly host: string
  /** Id of the pod's netns; absent on a DEL whose netns is gone. */
  readonly netns?: string
  readonly env: CniEnv
  readonly conf: ExecConf
  /** The pod whose attachment this is: cause of every row. */
  readonly cause: Cause
  /** What the specification leaves to chance or to arguments, decided by the cluster: seeds and pins. */
  readonly wishes: CniWishes
  /** Runs another plugin with the same environment (delegation). */
  delegate(conf: ExecConf): Result<CniResult, CniError>
}

export interface CniWishes {
  /** Names the random streams of this attachment; the same for the same pod on every run. */
  readonly seedName: string
  /** The object and field that chose this network: cause of what all its pods share. */
  readonly network?: Cause
  readonly ip?: Ip
  /** The address was asked for: without it there is no pod. Otherwise another will do. */
  readonly insists?: boolean
  readonly mac?: Mac
  readonly veth?: string
  /** MAC that a bridge made for this host gets, by interface name. */
  bridgeMac(ifName: string): Mac | undefined
  /** Addresses that pods with a reservation will ask for: not handed out to others. */
  reserved(ip: Ip): boolean
}

/** A CNI plugin: an executable with its verbs as functions. DEL succeeds on what is already gone. */
export interface CniPlugin {
  readonly type: string
  add(call: CniCall): Result<CniResult, CniError>
  del(call: CniCall): Result<void, CniError>
  check(call: CniCall): Result<void, CniError>
}

/** The error of a Go plugin that returned `msg`. */
export function failed(
  call: CniCall,
  msg: string,
  code: number = CNI_CODE.internal,
): { readonly ok: false; readonly error: CniError } {
  return err({ cniVersion: call.conf.cniVersion, code, msg }) as { ok: false; error: CniError }
}
