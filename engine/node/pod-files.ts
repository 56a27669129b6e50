import { clusterConfig } from '../api/cluster-config.ts'
import type { ObjectRow } from '../api/types.ts'
import type { ControllerCtx } from '../control/types.ts'
import { resolvConfFor } from '../apps/resolv-conf.ts'
import { readFile, removeFile, writeFile } from '../kernel/file.ts'
import { filesOf, type PodSandboxRow } from './sandbox-table.ts'

const RESOLV_CONF = '/etc/resolv.conf'
const HOSTS = '/etc/hosts'

/**
 * The files that the kubelet mounts into every container. A pod with hostNetwork gets only those that differ from its node's;
 * whoever reads them falls back to the node's.
 */
export function writePodFiles(pod: ObjectRow, sandbox: PodSandboxRow, ctx: ControllerCtx): void {
  const scope = filesOf(sandbox)
  const by = { owner: 'kubelet', cause: causeOf(pod, ctx) }
  const { hostNetwork, host } = sandbox
  const { dnsPolicy, dnsConfig, hostAliases } = pod.object.spec
  const ownDns = !hostNetwork || dnsConfig || dnsPolicy === 'ClusterFirstWithHostNet' || dnsPolicy === 'None'
  if (ownDns) writeFile(ctx.tx, scope, RESOLV_CONF, resolvConf(pod, sandbox, ctx), by)
  if (!hostNetwork) writeFile(ctx.tx, scope, HOSTS, hostsFile(pod, sandbox, clusterDomain(ctx)), by)
  else if (hostAliases?.length)
    writeFile(ctx.tx, scope, HOSTS, hostNetworkHostsFile(pod, readFile(ctx.tx, host, HOSTS) ?? ''), by)
}

export function removePodFiles(sandbox: PodSandboxRow, ctx: ControllerCtx): void {
  for (const path of [RESOLV_CONF, HOSTS]) removeFile(ctx.tx, filesOf(sandbox), path)
}

/** The pod as the cause of what its kubelet makes. */
export function causeOf(pod: ObjectRow, ctx: ControllerCtx) {
  const first = clusterConfig(ctx.tx, ctx.cluster)?.first !== false
  return { kind: 'Pod', namespace: pod.namespace, name: pod.name, ...(first ? {} : { cluster: ctx.cluster }) }
}

function resolvConf(pod: ObjectRow, { host }: PodSandboxRow, ctx: ControllerCtx): string {
  const dnsIp = clusterConfig(ctx.tx, ctx.cluster)?.networking.dnsIp
  const dns = { clusterDns: dnsIp ? [dnsIp] : [], clusterDomain: clusterDomain(ctx) }
  return resolvConfFor(pod.object.spec, pod.namespace, dns, readFile(ctx.tx, host, RESOLV_CONF) ?? '')
}

function clusterDomain(ctx: ControllerCtx): string {
  return clusterConfig(ctx.tx, ctx.cluster)?.networking.dnsDomain ?? 'cluster.local'
}

/** Models pkg/kubelet/kubelet_pods.go managedHostsFileContent. */
function hostsFile(pod: ObjectRow, { ips }: PodSandboxRow, domain: string): string {
  const { hostname, subdomain } = pod.object.spec
  const name = hostname || pod.name
  const full = subdomain ? `${name}.${subdomain}.${pod.namespace}.svc.${domain}\t` : ''
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    ...ips.map((ip) => `${ip}\t${full}${name}`),
  ]
  return `${lines.join('\n')}\n${hostAliases(pod)}`
}

/** Models pkg/kubelet/kubelet_pods.go nodeHostsFileContent. */
function hostNetworkHostsFile(pod: ObjectRow, nodes: string): string {
  return `# Kubernetes-managed hosts file (host network).\n${nodes}${hostAliases(pod)}`
}

function hostAliases(pod: ObjectRow): string {
  const aliases: readonly { ip: string; hostnames?: readonly string[] }[] = pod.object.spec.hostAliases ?? []
  if (aliases.length === 0) return ''
  const lines = aliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}\n`)
  return `\n# Entries added by HostAliases.\n${lines.join('')}`
}
