import type { ClusterPins, CniChoice, TimeCosts } from '../api/cluster-config.ts'
import type { Mac } from '../net/address.ts'
import { networkOf, nthIp, readIp } from '../net/range.ts'
import type { Complaints, ConfigDocument } from './complaints.ts'
import { DEFAULTS } from './defaults.ts'
import { complaintsFor, countedNodes, type Draft, type DraftNode, nameNodes, sourceAt } from './draft.ts'
import { Fields, readMac } from './fields.ts'
import { readKubeProxyFlags } from './read-kube-proxy.ts'

/** The playground's own `Cluster` document (podwalk.dev/v1). Its fields: `architecture.md`, "A scenario is one text". */
export function readPodwalk(document: ConfigDocument, fallbackName: string): Draft {
  const complaints = complaintsFor(document)
  const name = document.object.metadata?.name ?? fallbackName
  const spec = new Fields(document.object.spec, 'spec', complaints)
  const draft: Draft = {
    name,
    origin: { kind: 'Cluster', name },
    ...sourceAt(document, 'spec'),
    complaints,
    nodes: readNodes(spec, complaints),
    defaultCni: DEFAULTS.cni,
    subnets: [DEFAULTS.subnet],
    hosts: DEFAULTS.hosts,
    firstNode: DEFAULTS.firstNode,
    version: spec.text('version')?.replace(/^v/, ''),
    era: spec.oneOf('era', ['today', '2021'] as const),
  }
  readNetworking(spec.fields('networking'), draft)
  readUnderlay(spec.fields('underlay'), draft)
  const cloud = spec.fields('cloud')
  draft.cloud = { provider: cloud.text('provider'), loadBalancer: cloud.text('loadBalancer') }
  cloud.done()
  draft.pin = readPins(spec.fields('pin'), complaints)
  draft.timeCosts = readTimeCosts(spec.fields('timeCosts'))
  spec.done()
  return draft
}

function readNodes(spec: Fields, complaints: Complaints): DraftNode[] {
  const raw = spec.raw('nodes')
  if (raw === undefined) return countedNodes(DEFAULTS.nodes, 'spec')
  if (!Array.isArray(raw)) return countedNodes(spec.count('nodes', 1, 5000) ?? DEFAULTS.nodes, 'spec.nodes')
  if (raw.length === 0) complaints.error('no-nodes', 'spec.nodes', 'a cluster has at least one node')
  return nameNodes(
    spec.list('nodes').map((node) => {
      const podCIDR = node.cidr('podCIDR')
      const given = {
        name: node.text('name'),
        role: node.oneOf('role', ['control-plane', 'worker'] as const) ?? 'worker',
        path: node.path,
        address: node.ip('address'),
        subnet: node.text('subnet'),
        podCIDRs: podCIDR && [podCIDR],
        zone: node.text('zone'),
        cpu: node.text('cpu'),
        memory: node.text('memory'),
        labels: node.map('labels'),
        taints: node.raw('taints') as DraftNode['taints'], // as in a Node's spec.taints; the API checks the Node
      }
      node.done()
      return given
    }),
  )
}

function readNetworking(net: Fields, draft: Draft): void {
  draft.podSubnet = net.cidr('podSubnet')
  draft.serviceSubnet = net.cidr('serviceSubnet')
  draft.nodeCidrMaskSize = net.count('nodeCidrMaskSize', 8, 30)
  draft.dnsDomain = net.text('dnsDomain')
  const family = net.oneOf('ipFamily', ['ipv4', 'ipv6', 'dual'] as const)
  if (family && family !== 'ipv4')
    draft.complaints.error('not-modelled', net.at('ipFamily'), `clusters of family ${family} are not modelled yet`)
  const mode = net.oneOf('kubeProxyMode', ['iptables', 'nftables', 'ipvs', 'none'] as const)
  if (mode === 'nftables' || mode === 'ipvs')
    draft.complaints.error('not-modelled', net.at('kubeProxyMode'), `kube-proxy's ${mode} mode is not modelled yet`)
  draft.kubeProxyMode = mode
  draft.kubeProxy = readKubeProxyFlags(net.fields('kubeProxy'))
  draft.cni = readCni(net)
  net.done()
}

/** `cni: flannel` and `cni: {name: flannel, backend: host-gw}`. The provider itself checks its options. */
function readCni(net: Fields): CniChoice | undefined {
  const raw = net.raw('cni')
  if (raw === undefined) return undefined
  if (typeof raw === 'string') return { name: raw }
  const cni = net.fields('cni')
  const name = cni.text('name')
  return { ...cni.all(), name: name ?? DEFAULTS.cni.name }
}

function readUnderlay(underlay: Fields, draft: Draft): void {
  draft.mtu = underlay.count('mtu', 576, 65535)
  draft.latencyUs = underlay.duration('latency')
  if (underlay.has('subnets')) {
    draft.subnets = underlay.list('subnets').map((subnet) => {
      const cidr = subnet.cidr('cidr') ?? DEFAULTS.subnet.cidr
      const read = { name: subnet.text('name') ?? cidr, cidr, gateway: subnet.ip('gateway') ?? nthIp(cidr, 1) }
      subnet.done()
      return read
    })
  }
  if (underlay.has('routers')) draft.routers = readRouters(underlay, draft)
  draft.hosts = [...draft.hosts, ...readHosts(underlay)]
  underlay.done()
}

/** `{name, subnets: [a, b], addresses: {a: 192.168.10.2}, routes: [{to, via}]}`; a leg without an address takes the gateway's. */
function readRouters(underlay: Fields, draft: Draft): Draft['routers'] {
  return underlay.list('routers').map((router) => {
    const addresses = router.map('addresses') ?? {}
    const names = router.texts('subnets') ?? draft.subnets.map(({ name }) => name)
    const legs = names.flatMap((name) => {
      const subnet = draft.subnets.find((candidate) => candidate.name === name)
      if (!subnet)
        draft.complaints.error(
          'unknown-subnet',
          router.at('subnets'),
          `there is no subnet "${name}" in spec.underlay.subnets`,
        )
      return subnet ? [{ subnet: name, address: readIp(addresses[name]) ?? subnet.gateway }] : []
    })
    const routes = router.list('routes').flatMap((route) => {
      const [dst, via] = [route.cidr('to'), route.ip('via')]
      route.done()
      return dst && via ? [{ dst, via }] : []
    })
    const name = router.text('name') ?? DEFAULTS.router
    router.done()
    return { name, legs, routes }
  })
}

/** Declared hosts stand beside the default two; one of the same name replaces it. */
function readHosts(underlay: Fields): Draft['hosts'] {
  return underlay.list('hosts').flatMap((host) => {
    const [name, address] = [host.text('name'), host.ip('address')]
    const prefixLen = host.count('prefixLen', 8, 30) ?? 24
    const gateway = host.ip('gateway') ?? (address && nthIp(networkOf(address, prefixLen), 1))
    host.done()
    return name && address && gateway ? [{ name, address, prefixLen, gateway }] : []
  })
}

function readPins(pin: Fields, complaints: Complaints): ClusterPins {
  const pods: Record<string, { ip?: ReturnType<typeof readIp>; mac?: Mac; veth?: string }> = {}
  const given = pin.fields('pods')
  for (const [key, value] of Object.entries(given.all())) {
    const at = given.at(key)
    if (!/^[a-z0-9.-]+\/[a-z0-9.-]+$/.test(key))
      complaints.error('bad-value', at, `${at}: pods are pinned as namespace/name`)
    if (typeof value === 'string') {
      const ip = readIp(value)
      if (!ip) complaints.error('bad-value', at, `${at} must be an IP address, not "${value}"`)
      pods[key] = { ip }
    } else {
      const fields = given.fields(key)
      pods[key] = { ip: fields.ip('ip'), mac: fields.mac('mac'), veth: fields.text('veth') }
      fields.done()
    }
  }
  const macs: Record<string, Mac> = {}
  const givenMacs = pin.fields('macs')
  for (const [key, value] of Object.entries(givenMacs.all())) {
    const mac = readMac(value)
    if (mac) macs[key] = mac
    else
      complaints.error(
        'bad-value',
        givenMacs.at(key),
        `${givenMacs.at(key)} must be a MAC address such as 52:54:00:00:00:11`,
      )
  }
  pin.done()
  return { pods, macs }
}

const TIMES = [
  'apiWrite',
  'watch',
  'schedule',
  'sandbox',
  'cniAdd',
  'imagePull',
  'containerStart',
  'containerStop',
  'proxySync',
] as const

function readTimeCosts(fields: Fields): Partial<TimeCosts> {
  const costs: Record<string, number> = {}
  for (const name of TIMES) {
    const us = fields.duration(name)
    if (us !== undefined) costs[`${name}Us`] = us
  }
  const jitter = fields.raw('jitter')
  if (typeof jitter === 'number' && jitter >= 0 && jitter < 1) costs.jitter = jitter
  fields.done()
  return costs
}
