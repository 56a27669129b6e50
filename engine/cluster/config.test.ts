import { expect, test } from 'vitest'
import type { KubeObject } from '../api/types.ts'
import { resolveClusters, sameWorld } from './config.ts'

type Given = Record<string, unknown>

function resolve(...objects: Given[]) {
  return resolveClusters(
    objects.map((object) => ({
      object: object as unknown as KubeObject,
      locate: (path) => ({ file: 'a.yaml', line: path.length }),
    })),
  )
}

const cluster = (spec: Given, name = 'c'): Given => ({
  apiVersion: 'podwalk.dev/v1',
  kind: 'Cluster',
  metadata: { name },
  spec,
})
const node = (name: string, rest: Given = {}): Given => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  ...rest,
})
const codes = (resolved: ReturnType<typeof resolve>) =>
  resolved.diagnostics.map(({ severity, code }) => `${severity} ${code}`)

test('without a Cluster document: four nodes in kind’s manner on one segment, flannel vxlan, iptables', () => {
  const { configs, diagnostics } = resolve()
  const [config] = configs
  expect(diagnostics).toEqual([])
  expect(config.nodes.map(({ name, role, address, host }) => [name, role, address, host])).toEqual([
    ['control-plane', 'control-plane', '192.168.10.10', 'control-plane'],
    ['worker', 'worker', '192.168.10.11', 'worker'],
    ['worker2', 'worker', '192.168.10.12', 'worker2'],
    ['worker3', 'worker', '192.168.10.13', 'worker3'],
  ])
  const { networking: net, underlay } = config
  expect([net.podSubnet, net.serviceSubnet, net.dnsIp, net.apiIp, net.dnsDomain, net.cni, net.kubeProxyMode]).toEqual([
    '10.244.0.0/16',
    '10.96.0.0/16',
    '10.96.0.10',
    '10.96.0.1',
    'cluster.local',
    { name: 'flannel', backend: 'vxlan' },
    'iptables',
  ])
  expect(underlay.subnets).toEqual([{ name: 'lan', cidr: '192.168.10.0/24', gateway: '192.168.10.1' }])
  expect(underlay.hosts.map(({ name, address }) => `${name} ${address}`)).toEqual([
    'external 203.0.113.50',
    'onprem 172.16.5.5',
  ])
  expect(underlay.mtu).toBe(1500)
})

test('the reference cluster: a node behind a router of its own segment', () => {
  const { configs, diagnostics } = resolve(
    cluster({
      nodes: [
        { name: 'n1', role: 'control-plane', address: '192.168.10.11', podCIDR: '10.244.1.0/24' },
        { name: 'n2', address: '192.168.10.12', podCIDR: '10.244.2.0/24' },
        { name: 'n3', address: '192.168.20.13', podCIDR: '10.244.3.0/24', subnet: 'b' },
      ],
      underlay: {
        subnets: [
          { name: 'a', cidr: '192.168.10.0/24' },
          { name: 'b', cidr: '192.168.20.0/24', gateway: '192.168.20.1' },
        ],
      },
    }),
  )
  expect(diagnostics).toEqual([])
  expect(configs[0].underlay.routers).toEqual([
    {
      name: 'router',
      legs: [
        { subnet: 'a', address: '192.168.10.1' },
        { subnet: 'b', address: '192.168.20.1' },
      ],
      routes: [],
    },
  ])
  expect(configs[0].nodes.map(({ subnet }) => subnet)).toEqual(['a', 'a', 'b'])
})

test('a node addressed outside every subnet gets a segment of its own behind the default router', () => {
  const { configs, diagnostics } = resolve(
    cluster({ nodes: [{ name: 'n1' }, { name: 'n3', address: '192.168.20.13' }] }),
  )
  expect(diagnostics).toEqual([])
  expect(configs[0].underlay.subnets.map(({ cidr, gateway }) => `${cidr} ${gateway}`)).toEqual([
    '192.168.10.0/24 192.168.10.1',
    '192.168.20.0/24 192.168.20.1',
  ])
})

test('kind’s own document: its names, its docker network, kindnet', () => {
  const { configs, diagnostics } = resolve({
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    kind: 'Cluster',
    name: 'demo',
    nodes: [{ role: 'control-plane' }, { role: 'worker', extraPortMappings: [] }, { role: 'worker' }],
    networking: { podSubnet: '10.10.0.0/16' },
  })
  expect(diagnostics).toEqual([])
  expect(configs[0].nodes.map(({ name, address }) => `${name} ${address}`)).toEqual([
    'demo-control-plane 172.18.0.2',
    'demo-worker 172.18.0.3',
    'demo-worker2 172.18.0.4',
  ])
  expect([configs[0].networking.podSubnet, configs[0].networking.cni.name]).toEqual(['10.10.0.0/16', 'kindnet'])
})

test('Node objects replace the default nodes, and merge by name into a document’s', () => {
  const dump = node('n1', {
    spec: { podCIDR: '10.244.7.0/24' },
    status: { addresses: [{ type: 'InternalIP', address: '192.168.10.77' }] },
  })
  expect(resolve(dump).configs[0].nodes.map(({ name, address, podCIDRs }) => [name, address, podCIDRs])).toEqual([
    ['n1', '192.168.10.77', ['10.244.7.0/24']],
  ])
  const merged = resolve(
    cluster({ nodes: [{ name: 'n1', address: '192.168.10.11' }, { name: 'n2' }] }),
    dump,
    node('n9'),
  ).configs[0].nodes
  expect(merged.map(({ name, address }) => `${name} ${address}`)).toEqual([
    'n1 192.168.10.11',
    'n2 192.168.10.10',
    'n9 192.168.10.12',
  ])
  expect(merged[0].given).toMatchObject({ spec: { podCIDR: '10.244.7.0/24' } })
})

test('where only Nodes say where pods are, the pod range is what holds them all', () => {
  const ranges = (...cidrs: string[]) =>
    resolve(...cidrs.map((podCIDR, i) => node(`n${i}`, { spec: { podCIDR } }))).configs[0].networking.podSubnet
  expect(ranges('10.42.0.0/24', '10.42.1.0/24')).toBe('10.42.0.0/16')
  expect(ranges('10.42.0.0/24', '10.43.1.0/24')).toBe('10.42.0.0/15')
  expect(ranges('10.244.7.0/24')).toBe('10.244.0.0/16')
})

test('flannel’s DaemonSet in the text selects flannel, with its ConfigMap’s network and backend', () => {
  const resolved = resolve(
    { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'kube-flannel-ds', namespace: 'kube-flannel' } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-flannel-cfg', namespace: 'kube-flannel' },
      data: { 'net-conf.json': '{"Network":"10.10.0.0/16","Backend":{"Type":"host-gw"}}' },
    },
  )
  expect(codes(resolved)).toEqual(['info network-from-text'])
  const { podSubnet, cni } = resolved.configs[0].networking
  expect([podSubnet, cni]).toEqual(['10.10.0.0/16', { name: 'flannel', backend: 'host-gw' }])
  expect(resolved.configs[0].brought).toEqual([
    'DaemonSet/kube-flannel/kube-flannel-ds',
    'ConfigMap/kube-flannel/kube-flannel-cfg',
  ])
})

test('a KubeProxyConfiguration overrides kube-proxy’s flags', () => {
  const proxy = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    detectLocalMode: 'BridgeInterface',
    detectLocal: { bridgeInterface: 'cni0' },
    iptables: { masqueradeAll: true, minSyncPeriod: '10s' },
  }
  expect(resolve(proxy).configs[0].networking.kubeProxy).toMatchObject({
    masqueradeAll: true,
    detectLocal: 'bridge',
    bridgeInterface: 'cni0',
    minSyncPeriodUs: 10_000_000,
  })
})

test.each<[string, Given, string, RegExp]>([
  ['a mistyped network', { networking: { cni: 'calcio' } }, 'unknown-cni', /no network called "calcio"/],
  [
    'a network that is not there yet',
    { networking: { cni: { name: 'cilium' } } },
    'not-modelled',
    /cilium is not modelled yet/,
  ],
  [
    'a backend that is not there yet',
    { networking: { cni: { name: 'flannel', backend: 'wireguard' } } },
    'not-modelled',
    /wireguard/,
  ],
  [
    'pods and services in one range',
    { networking: { serviceSubnet: '10.244.128.0/20' } },
    'overlapping-ranges',
    /overlaps the pod range 10.244.0.0\/16/,
  ],
  ['pods on the nodes’ segment', { networking: { podSubnet: '192.168.0.0/16' } }, 'overlapping-ranges', /overlaps/],
  [
    'a pod range too small for the nodes',
    { nodes: 5, networking: { podSubnet: '10.244.0.0/22' } },
    'pod-range-too-small',
    /holds 4 ranges of \/24, too few for 5 nodes/,
  ],
  [
    'two nodes with one address',
    {
      nodes: [
        { name: 'a', address: '192.168.10.5' },
        { name: 'b', address: '192.168.10.5' },
      ],
    },
    'duplicate-address',
    /both have address/,
  ],
  ['two nodes with one name', { nodes: [{ name: 'a' }, { name: 'a' }] }, 'duplicate-node', /two nodes called a/],
  [
    'two nodes with one pod range',
    {
      nodes: [
        { name: 'a', podCIDR: '10.244.1.0/24' },
        { name: 'b', podCIDR: '10.244.1.0/25' },
      ],
    },
    'overlapping-ranges',
    /node b overlaps/,
  ],
  ['a node called like the router', { nodes: [{ name: 'router' }] }, 'duplicate-node', /like a router/],
  ['a subnet that nobody declared', { nodes: [{ name: 'a', subnet: 'x' }] }, 'unknown-subnet', /no subnet "x"/],
  ['an address that is none', { nodes: [{ name: 'a', address: '192.168.10' }] }, 'bad-value', /must be an IP address/],
  ['IPv6 clusters', { networking: { ipFamily: 'dual' } }, 'not-modelled', /dual/],
])('%s is an error where it stands', (_what, spec, code, message) => {
  const errors = resolve(cluster(spec)).diagnostics.filter(({ severity }) => severity === 'error')
  expect(errors.map((error) => error.code)).toContain(code)
  expect(errors.find((error) => error.code === code)?.message).toMatch(message)
  expect(errors[0].line).toBeGreaterThan(4)
})

test('a field that nobody knows is named, with the nearest that is known', () => {
  const { diagnostics } = resolve(cluster({ networking: { podsubnet: '10.0.0.0/8' } }))
  expect(diagnostics).toMatchObject([{ severity: 'warning', code: 'unknown-field', hint: 'Did you mean "podSubnet"?' }])
})

test('a second document makes a second cluster beside the first: hosts, addresses and objects apart', () => {
  const { configs, diagnostics } = resolve(cluster({ nodes: 2 }, 'east'), cluster({ nodes: 2 }, 'west'))
  expect(diagnostics).toEqual([])
  expect(configs.map(({ first, nodes }) => [first, nodes.map(({ host, address }) => `${host} ${address}`)])).toEqual([
    [true, ['control-plane 192.168.10.10', 'worker 192.168.10.11']],
    [false, ['west:control-plane 192.168.10.12', 'west:worker 192.168.10.13']],
  ])
})

test.each<[string, Given, Given, boolean]>([
  ['nothing', {}, {}, true],
  [
    'flannel’s backend',
    { networking: { cni: { name: 'flannel' } } },
    { networking: { cni: { name: 'flannel', backend: 'host-gw' } } },
    true,
  ],
  ['flags of kube-proxy', {}, { networking: { kubeProxy: { masqueradeAll: true } } }, true],
  ['a node more', { nodes: 3 }, { nodes: 4 }, true],
  ['a node less', { nodes: 4 }, { nodes: 3 }, false],
  ['the network', {}, { networking: { cni: 'kubenet' } }, false],
  ['the pod range', {}, { networking: { podSubnet: '10.10.0.0/16' } }, false],
  ['the underlay’s MTU', {}, { underlay: { mtu: 9000 } }, false],
])('an edit of %s can be made in the running world, or not', (_what, before, after, same) => {
  expect(sameWorld(resolve(cluster(before)).configs, resolve(cluster(after)).configs)).toBe(same)
})
