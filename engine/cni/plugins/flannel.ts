import { ok, type Result } from '../../core/result.ts'
import { readFile, removeFile, writeFile } from '../../kernel/file.ts'
import { networkOf, parseCidr, splitCidr } from '../../net/ip.ts'
import { type CniCall, type CniError, type CniPlugin, type ExecConf, failed } from '../spec.ts'

const SUBNET_FILE = '/run/flannel/subnet.env'
const DATA_DIR = '/var/lib/cni/flannel'

/**
 * Turns what flanneld wrote about this node into a configuration for the bridge plugin, and runs that.
 * Models flannel-io/cni-plugin flannel.go and flannel_linux.go.
 */
export const flannel: CniPlugin = {
  type: 'flannel',

  add(call) {
    const env = loadSubnetEnv(call)
    if (!env.ok) return env
    const delegate = delegateConf(call, env.value)
    writeFile(call.ctx.tx, call.host, scratchPath(call), JSON.stringify(delegate), {
      owner: 'cni:flannel',
      cause: call.cause,
    })
    const added = call.delegate(delegate)
    return added.ok ? added : failed(call, `failed to delegate add: ${added.error.msg}`)
  },

  del(call) {
    const text = readFile(call.ctx.tx, call.host, scratchPath(call))
    if (text === undefined) return ok(undefined)
    const deleted = call.delegate(JSON.parse(text) as ExecConf) // written by `add`
    if (!deleted.ok) return deleted
    removeFile(call.ctx.tx, call.host, scratchPath(call))
    return ok(undefined)
  },

  // Upstream's cmdCheck does nothing; here it asks the bridge, so that CHECK after ADD means something.
  // Simplified: flannel's CHECK is delegated because the upstream plugin has not written its own yet.
  check(call) {
    const text = readFile(call.ctx.tx, call.host, scratchPath(call))
    if (text === undefined)
      return failed(call, `no configuration of container ${call.env.CNI_CONTAINERID} in ${DATA_DIR}`)
    const asked = call.delegate({ ...(JSON.parse(text) as ExecConf), prevResult: call.conf.prevResult }) // written by `add`
    return asked.ok ? ok(undefined) : asked
  },
}

interface SubnetEnv {
  readonly networks: readonly string[]
  readonly subnet: string
  readonly mtu: number
  readonly ipMasq: boolean
}

/** Models loadFlannelSubnetEnv(). */
function loadSubnetEnv(call: CniCall): Result<SubnetEnv, CniError> {
  const path: string = call.conf.subnetFile ?? SUBNET_FILE
  const text = readFile(call.ctx.tx, call.host, path)
  if (text === undefined) {
    return failed(
      call,
      `failed to load flannel 'subnet.env' file: open ${path}: no such file or directory. Check the flannel pod log for this node.`,
    )
  }
  const values = new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  const missing = ['FLANNEL_NETWORK', 'FLANNEL_SUBNET', 'FLANNEL_MTU', 'FLANNEL_IPMASQ'].filter(
    (key) => !values.get(key),
  )
  if (missing.length > 0)
    return failed(
      call,
      `failed to load flannel 'subnet.env' file: ${path} is missing ${missing.join(', ')}. Check the flannel pod log for this node.`,
    )
  const subnet = parseCidr(values.get('FLANNEL_SUBNET') ?? '')
  if (!subnet)
    return failed(
      call,
      `failed to load flannel 'subnet.env' file: invalid CIDR address: ${values.get('FLANNEL_SUBNET')}. Check the flannel pod log for this node.`,
    )
  return ok({
    networks: (values.get('FLANNEL_NETWORK') ?? '').split(','),
    subnet,
    mtu: Number(values.get('FLANNEL_MTU')),
    ipMasq: values.get('FLANNEL_IPMASQ') === 'true',
  })
}

/** Models doCmdAdd() and getDelegateIPAM(): the configuration's own `delegate` wins over what flannel would say. */
function delegateConf(call: CniCall, env: SubnetEnv): ExecConf {
  const { name, cniVersion, ipam, runtimeConfig } = call.conf
  const given = (call.conf.delegate ?? {}) as Readonly<Record<string, unknown>>
  const type = String(given.type ?? 'bridge')
  const routes = [
    ...(ipam?.routes ?? []),
    ...env.networks.map((dst) => ({ dst: networkOf(splitCidr(dst).ip, splitCidr(dst).length) })),
  ]
  return {
    ...given,
    name,
    type,
    cniVersion,
    // If flanneld masquerades, the bridge must not.
    ipMasq: given.ipMasq ?? !env.ipMasq,
    mtu: given.mtu ?? env.mtu,
    ...(type === 'bridge' ? { isGateway: given.isGateway ?? true } : {}),
    ...(runtimeConfig ? { runtimeConfig } : {}),
    ipam: { type: 'host-local', ...ipam, ranges: [[{ subnet: env.subnet }]], routes },
  }
}

function scratchPath(call: CniCall): string {
  return `${call.conf.dataDir ?? DATA_DIR}/${call.env.CNI_CONTAINERID}`
}
