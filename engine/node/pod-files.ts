import { clusterConfig } from '../api/cluster-config.ts'
import type { ObjectRow } from '../api/types.ts'
import type { ControllerCtx } from '../control/types.ts'
import { resolvConfFor } from '../apps/resolv-conf.ts'
import { readFile, removeFile, writeFile } from '../kernel/file.ts'
import type { PodSandboxRow } from './sandbox-table.ts'

const RESOLV_CONF = '/etc/resolv.conf'
const HOSTS = '/etc/hosts'

/**
 * The files that the kubelet mounts into every container.
 * Simplified: pods with hostNetwork share their node's files, because files belong to a netns here.
 */
export function writePodFiles(pod: ObjectRow, sandbox: PodSandboxRow, ctx: ControllerCtx): void {
  if (sandbox.hostNetwork) return
  const by = { owner: 'kubelet', cause: causeOf(pod, ctx) }
  writeFile(ctx.tx, sandbox.netns, RESOLV_CONF, resolvConf(pod, sandbox, ctx), by)
  writeFile(ctx.tx, sandbox.netns, HOSTS, hostsFile(pod, sandbox, clusterDomain(ctx)), by)
}

export function removePodFiles(sandbox: PodSandboxRow, ctx: ControllerCtx): void {
  if (sandbox.hostNetwork) return
  for (const path of [RESOLV_CONF, HOSTS]) removeFile(ctx.tx, sandbox.netns, path)
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
  const { hostname, subdomain, hostAliases = [] } = pod.object.spec
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
  if (hostAliases.length > 0) {
    lines.push('', '# Entries added by HostAliases.')
    for (const { ip, hostnames } of hostAliases) lines.push(`${ip}\t${(hostnames ?? []).join('\t')}`)
  }
  return `${lines.join('\n')}\n`
}
