import type { HostRow, LinkRow, StepView } from '../../engine/index.ts'
import type { Rows } from './model.ts'

// A hand-written cluster for the tests of this folder: flannel (VXLAN) on as many workers as asked, and a walk over it.

// biome-ignore lint/suspicious/noExplicitAny: rows of every table, written by hand
type AnyRow = any
type Tables = Record<string, AnyRow[]>

export interface FixtureOptions {
  readonly workers?: number
  /** Pods per worker, beside the shop of the opening scene. */
  readonly pods?: number
  /** Without the shop: only `pods` each. */
  readonly bare?: boolean
  /** Adds what goes wrong in clusters: pending, waiting and terminating pods; a NodePort; a pod in the host's network. */
  readonly troubles?: boolean
}

export function fixtureRows(options: FixtureOptions = {}): Rows {
  const tables: Tables = {
    object: [],
    host: [],
    netns: [],
    link: [],
    addr: [],
    route: [],
    neigh: [],
    fdb: [],
    socket: [],
    conntrack: [],
  }
  const workers = Array.from({ length: options.workers ?? 3 }, (_, i) => (i === 0 ? 'worker' : `worker${i + 1}`))
  host(tables, 'lan', 'switch')
  link(tables, 'lan', 'br0', 'bridge')
  host(tables, 'gateway', 'router')
  host(tables, 'external', 'outside')
  cable(tables, 'gateway', 'eth0', 'lan', 'port-gw', '192.168.10.1/24')
  cable(tables, 'external', 'eth0', 'gateway', 'eth1', '203.0.113.50/24')
  ;['control-plane', ...workers].forEach((name, i) => {
    node(tables, name, i)
  })
  if (!options.bare) {
    pod(tables, {
      namespace: 'default',
      name: 'frontend-7d4b9c5f66-x2x9k',
      app: 'frontend',
      node: 'worker',
      last: 2,
      port: 80,
    })
    pod(tables, {
      namespace: 'default',
      name: 'backend-6c9f7d8b4c-k8x2z',
      app: 'backend',
      node: 'worker2',
      last: 2,
      port: 8080,
    })
    pod(tables, {
      namespace: 'default',
      name: 'backend-6c9f7d8b4c-p4vwq',
      app: 'backend',
      node: workers[2] ?? 'worker',
      last: 3,
      port: 8080,
    })
    service(tables, 'default', 'backend', '10.96.20.30', [80], ['backend-6c9f7d8b4c-k8x2z', 'backend-6c9f7d8b4c-p4vwq'])
    service(tables, 'default', 'kubernetes', '10.96.0.1', [443], [])
  }
  pod(tables, {
    namespace: 'kube-system',
    name: 'coredns-5d78c9869d-aaaaa',
    app: 'kube-dns',
    node: 'worker',
    last: 9,
    port: 53,
  })
  for (const name of workers) {
    for (let i = 0; i < (options.pods ?? 0); i++) addPod(tables, name, i)
  }
  if (options.troubles) addTroubles(tables)
  return readerOf(tables)
}

function addTroubles(tables: Tables): void {
  const named = (name: string, change: (object: AnyRow) => AnyRow) => {
    const row = tables.object.find((candidate) => candidate.kind === 'Pod' && candidate.name === name)
    if (row) row.object = change(row.object)
  }
  for (const [i, name] of ['slow', 'leaving', 'agent', 'homeless'].entries()) {
    pod(tables, { namespace: 'default', name, app: name, node: 'worker', last: 50 + i, port: 80 })
  }
  named('slow', (o) => ({ ...o, status: { ...o.status, conditions: [{ type: 'Ready', status: 'False' }] } }))
  named('leaving', (o) => ({ ...o, metadata: { ...o.metadata, deletionTimestamp: '2026-01-01T00:10:00Z' } }))
  named('agent', (o) => ({ ...o, spec: { ...o.spec, hostNetwork: true } }))
  named('homeless', (o) => ({
    ...o,
    spec: { containers: [] },
    status: {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', message: '0/4 nodes are available: 4 Insufficient cpu.' }],
    },
  }))
  service(tables, 'default', 'open', '10.96.77.7', [80], [])
  const open = tables.object.find((row) => row.id === 'Service/default/open')
  open.object = {
    ...open.object,
    spec: { ...open.object.spec, type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] },
  }
}

/** The same world with one more pod on a worker. */
export function withOneMore(rows: Rows, node: string, name: string): Rows {
  const tables = Object.fromEntries(
    ['object', 'host', 'netns', 'link', 'addr', 'route', 'neigh', 'fdb', 'socket', 'conntrack'].map((table) => [
      table,
      [...rows.rows(table as 'host')],
    ]),
  ) as Tables
  pod(tables, { namespace: 'default', name, app: 'aaa', node, last: 200, port: 80, created: '2026-01-01T01:00:00Z' })
  return readerOf(tables)
}

function addPod(tables: Tables, node: string, i: number): void {
  pod(tables, { namespace: 'load', name: `web-${node}-${i}`, app: `web-${i % 3}`, node, last: 20 + i, port: 80 })
}

function readerOf(tables: Tables): Rows {
  const rows = (table: string) => (tables[table] ?? []).sort((a, b) => (a.id < b.id ? -1 : 1))
  return {
    rows: (table: string) => rows(table),
    get: (table: string, id: string) => rows(table).find((row) => row.id === id),
    by: (table: string, index: string, key: string) => rows(table).filter((row) => row[index] === key),
  } as Rows
}

function host(tables: Tables, id: string, kind: HostRow['kind']): void {
  tables.host.push({ id, kind, up: true })
  tables.netns.push({ id, host: id, nextIfindex: 9 })
}

function link(tables: Tables, netns: string, name: string, kind: LinkRow['kind'], extra: object = {}): string {
  const id = `${netns}|${name}`
  tables.link.push({
    id,
    netns,
    name,
    kind,
    ifindex: tables.link.length + 1,
    mac: '52:54:00:00:00:01',
    mtu: 1500,
    up: true,
    ...extra,
  })
  return id
}

function address(tables: Tables, id: string, text: string): void {
  const [ip, prefixLen] = text.split('/')
  const netns = id.slice(0, id.lastIndexOf('|'))
  tables.addr.push({
    id: `${id}|${ip}`,
    netns,
    link: id,
    family: 'ipv4',
    address: ip,
    prefixLen: Number(prefixLen),
    scope: 'global',
    seq: 1,
  })
}

function cable(tables: Tables, host: string, dev: string, far: string, farDev: string, ip: string): void {
  address(tables, link(tables, host, dev, 'ether', { peer: `${far}|${farDev}` }), ip)
  link(tables, far, farDev, 'ether', { peer: `${host}|${dev}`, ...(far === 'lan' ? { master: 'lan|br0' } : {}) })
}

function node(tables: Tables, name: string, i: number): void {
  host(tables, name, 'node')
  const ip = `192.168.10.${10 + i}`
  tables.object.push({
    id: `Node//${name}`,
    kind: 'Node',
    cluster: 'default',
    namespace: '',
    name,
    resourceVersion: 1,
    object: {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: name === 'control-plane' ? { 'node-role.kubernetes.io/control-plane': '' } : {} },
      spec: { podCIDR: `10.244.${i}.0/24` },
      status: { addresses: [{ type: 'InternalIP', address: ip }], conditions: [{ type: 'Ready', status: 'True' }] },
    },
  })
  cable(tables, name, 'eth0', 'lan', `port-${name}`, `${ip}/24`)
  address(
    tables,
    link(tables, name, 'flannel.1', 'vxlan', {
      vxlan: { vni: 1, port: 8472, local: ip, dev: `${name}|eth0`, learning: false },
    }),
    `10.244.${i}.0/32`,
  )
  address(tables, link(tables, name, 'cni0', 'bridge'), `10.244.${i}.1/24`)
  const route = (dst: string, dev: string, via?: string) =>
    tables.route.push({
      id: `${name}|${dst}`,
      netns: name,
      family: 'ipv4',
      table: 254,
      dst,
      type: 'unicast',
      nexthops: [{ dev: `${name}|${dev}`, via, ...(via && dev === 'flannel.1' ? { onlink: true } : {}) }],
      scope: 'link',
      proto: 'kernel',
      metric: 0,
    })
  route('0.0.0.0/0', 'eth0', '192.168.10.1')
  route(`10.244.${i}.0/24`, 'cni0')
  route('10.244.99.0/24', 'flannel.1', '10.244.99.0')
  tables.object.push({
    id: `Pod/kube-system/kube-proxy-${name}`,
    kind: 'Pod',
    cluster: 'default',
    namespace: 'kube-system',
    name: `kube-proxy-${name}`,
    resourceVersion: 1,
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `kube-proxy-${name}`, namespace: 'kube-system' },
      spec: { nodeName: name, hostNetwork: true, containers: [] },
      status: { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: 'True' }] },
    },
  })
}

function pod(
  tables: Tables,
  p: { namespace: string; name: string; app: string; node: string; last: number; port: number; created?: string },
): void {
  const index = tables.object.findIndex((row) => row.kind === 'Node' && row.name === p.node)
  const third = tables.object.filter((row, i) => row.kind === 'Node' && i < index).length
  const ip = `10.244.${third}.${p.last}`
  const netns = `${p.node}/cni-${p.namespace}-${p.name}`
  const hash = /-([0-9a-f]{9,10})-/.exec(p.name)?.[1]
  tables.object.push({
    id: `Pod/${p.namespace}/${p.name}`,
    kind: 'Pod',
    cluster: 'default',
    namespace: p.namespace,
    name: p.name,
    resourceVersion: 1,
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: p.name,
        namespace: p.namespace,
        creationTimestamp: p.created ?? '2026-01-01T00:00:01Z',
        labels: { app: p.app, ...(hash ? { 'pod-template-hash': hash } : {}) },
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name: hash ? `${p.app}-${hash}` : p.app,
            uid: p.app,
            controller: true,
          },
        ],
      },
      spec: { nodeName: p.node, containers: [{ name: 'main' }] },
      status: { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: 'True' }] },
    },
  })
  tables.netns.push({
    id: netns,
    host: p.node,
    nextIfindex: 3,
    path: netns,
    cause: { kind: 'Pod', namespace: p.namespace, name: p.name },
  })
  const veth = `veth${p.name.slice(-8)}`
  address(tables, link(tables, netns, 'eth0', 'veth', { peer: `${p.node}|${veth}` }), `${ip}/24`)
  link(tables, p.node, veth, 'veth', {
    peer: `${netns}|eth0`,
    master: `${p.node}|cni0`,
    port: { hairpin: true, learning: true, flood: true, isolated: false },
  })
  tables.socket.push({
    id: `${netns}|tcp|${p.port}`,
    netns,
    proto: 'tcp',
    family: 'ipv4',
    localIp: '0.0.0.0',
    localPort: p.port,
    state: 'LISTEN',
  })
}

function service(
  tables: Tables,
  namespace: string,
  name: string,
  clusterIP: string,
  ports: number[],
  pods: string[],
): void {
  tables.object.push({
    id: `Service/${namespace}/${name}`,
    kind: 'Service',
    cluster: 'default',
    namespace,
    name,
    resourceVersion: 1,
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { clusterIP, type: 'ClusterIP', ports: ports.map((port) => ({ port, protocol: 'TCP' })) },
    },
  })
  tables.object.push({
    id: `EndpointSlice/${namespace}/${name}-abcde`,
    kind: 'EndpointSlice',
    cluster: 'default',
    namespace,
    name: `${name}-abcde`,
    resourceVersion: 1,
    object: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-abcde`, namespace, labels: { 'kubernetes.io/service-name': name } },
      endpoints: pods.map((pod) => ({
        addresses: [],
        conditions: { ready: true },
        targetRef: { kind: 'Pod', namespace, name: pod },
      })),
    },
  })
}

const CLIENT = 'worker/cni-default-frontend-7d4b9c5f66-x2x9k'
const SERVER = 'worker2/cni-default-backend-6c9f7d8b4c-k8x2z'
const SYN = '10.244.1.2:41022 > 10.96.20.30:80 TCP S'
const TRANSLATED = '10.244.1.2:41022 > 10.244.2.2:80 TCP S'

/** The opening scene's first packet: from the frontend's socket over VXLAN to a backend that does not listen, and the RST back. */
export function fixtureWalk(): StepView[] {
  let at = 1_000_000
  const step = (
    host: string,
    netns: string,
    stage: StepView['stage'],
    action: string,
    rest: Partial<StepView> = {},
  ): StepView => ({
    at: at++,
    packet: 'p1',
    branch: '0',
    host,
    netns,
    stage,
    action,
    detail: `${action} at ${stage}`,
    summary: TRANSLATED,
    reply: false,
    ...rest,
  })
  const w = (stage: StepView['stage'], action: string, rest: Partial<StepView> = {}) =>
    step('worker', 'worker', stage, action, rest)
  const w2 = (stage: StepView['stage'], action: string, rest: Partial<StepView> = {}) =>
    step('worker2', 'worker2', stage, action, rest)
  const before = { summary: SYN, pod: 'default/frontend-7d4b9c5f66-x2x9k' }
  return [
    step('worker', CLIENT, 'socket', 'connect', before),
    step('worker', CLIENT, 'routing', 'routed', { ...before, dev: 'eth0' }),
    step('worker', CLIENT, 'xmit', 'sent', { ...before, dev: 'eth0' }),
    w('receive', 'received', { summary: SYN, dev: 'veth66-x2x9k' }),
    w('bridge', 'bridged', { summary: SYN, dev: 'cni0' }),
    w('prerouting', 'DNAT', {
      before: { 'ip.dst': '10.96.20.30' },
      after: { 'ip.dst': '10.244.2.2' },
      decidedBy: {
        table: 'nfChain',
        id: 'x',
        text: '-A KUBE-SEP-AAAA -p tcp -m tcp -j DNAT --to-destination 10.244.2.2:80',
        owner: 'kube-proxy',
        cause: { kind: 'Service', namespace: 'default', name: 'backend', file: 'shop.yaml', line: 44 },
      },
    }),
    w('routing', 'routed', { dev: 'flannel.1' }),
    w('forward', 'accept'),
    w('postrouting', 'accept'),
    w('encap', 'encapsulated', {
      dev: 'flannel.1',
      after: { 'outer.ip.src': '192.168.10.11', 'outer.ip.dst': '192.168.10.12' },
    }),
    w('routing', 'routed', { dev: 'eth0' }),
    w('xmit', 'sent', { dev: 'eth0' }),
    step('lan', 'lan', 'receive', 'received', { dev: 'port-worker' }),
    step('lan', 'lan', 'bridge', 'bridged', { dev: 'br0' }),
    w2('receive', 'received', { dev: 'eth0' }),
    w2('input', 'accept'),
    w2('decap', 'decapsulated', { dev: 'flannel.1' }),
    w2('forward', 'accept'),
    w2('bridge', 'bridged', { dev: 'cni0' }),
    w2('xmit', 'sent', { dev: 'veth4c-k8x2z' }),
    step('worker2', SERVER, 'receive', 'received', { dev: 'eth0', pod: 'default/backend-6c9f7d8b4c-k8x2z' }),
    step('worker2', SERVER, 'deliver', 'rejected', {
      pod: 'default/backend-6c9f7d8b4c-k8x2z',
      end: {
        disposition: 'rejected',
        reason: 'sock.not-listening',
        reasonText: 'nothing listens on the port',
        verdict: 'refused',
      },
    }),
    step('worker2', SERVER, 'output', 'sent', {
      packet: 'p2',
      reply: true,
      dev: 'eth0',
      summary: '10.244.2.2:80 > 10.244.1.2:41022 TCP R.',
    }),
    w2('receive', 'received', { packet: 'p2', reply: true, dev: 'gone0' }),
    step('nowhere', 'nowhere', 'xmit', 'sent', { packet: 'p2', reply: true }),
  ]
}
