import { apiOf } from '../api/store.ts'
import type { Api, KubeObject, ObjectRow } from '../api/types.ts'
import type { ControllerCtx } from '../control/types.ts'
import type { World } from '../core/world.ts'
import { kubeProxy } from '../proxy/kube-proxy.ts'
import { bareWorld } from './bare-world.ts'

/** kube-proxy alone on a few hosts: objects as given, no other controller. */
export interface ProxyLab {
  readonly world: World
  readonly ctx: ControllerCtx
  readonly api: Api
  apply(...objects: KubeObject[]): void
  /** Runs kube-proxy once on every node. */
  sync(): void
}

export function proxyLab(
  nodes: readonly string[] = ['n1', 'n2'],
  zones: Readonly<Record<string, string>> = {},
): ProxyLab {
  const { world, ctx: base } = bareWorld()
  const api = apiOf(world, 'kubernetes', { admission: false })
  const ctx = { ...base, api, cluster: 'kubernetes', costs: {} as never, event: () => {} } // kube-proxy reads no costs itself
  nodes.forEach((name, i) => {
    world.put('host', { id: name, kind: 'node', up: true })
    world.put('netns', { id: name, host: name, nextIfindex: 2 })
    const zone = zones[name]
    api.create({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: zone ? { 'topology.kubernetes.io/zone': zone } : {} },
      spec: { podCIDR: `10.244.${i + 1}.0/24` },
      status: { addresses: [{ type: 'InternalIP', address: `192.168.10.${11 + i}` }] },
    })
  })
  return {
    world,
    ctx,
    api,
    apply(...objects) {
      for (const object of objects) {
        const { kind, metadata } = object
        const found = api.get(kind, metadata.namespace ?? '', metadata.name)
        if (!found) must(api.create(object))
        else {
          must(api.update(object))
          if (object.status) must(api.updateStatus(kind, metadata.namespace ?? '', metadata.name, object.status))
        }
      }
    },
    sync() {
      for (const name of nodes) kubeProxy.reconcile(name, ctx)
    },
  }
}

function must(result: { ok: boolean; error?: { message: string } }): void {
  if (!result.ok) throw new Error(result.error?.message)
}

/** `default/web` as the reference cluster has it; override what differs. */
export function webService(spec: Record<string, unknown> = {}, status: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      type: 'NodePort',
      clusterIP: '10.96.20.30',
      clusterIPs: ['10.96.20.30'],
      selector: { app: 'web' },
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30080 }],
      ...spec,
    },
    status,
  }
}

export interface GivenEndpoint {
  readonly ip: string
  readonly node?: string
  readonly conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean }
  readonly zone?: string
}

export function webSlice(
  endpoints: readonly GivenEndpoint[],
  more: { name?: string; port?: number; protocol?: string; portName?: string } = {},
): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: more.name ?? 'web-abcde', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: endpoints[0]?.ip.includes(':') ? 'IPv6' : 'IPv4',
    ports: [{ name: more.portName ?? 'http', protocol: more.protocol ?? 'TCP', port: more.port ?? 8080 }],
    endpoints: endpoints.map(({ ip, node, conditions, zone }) => ({
      addresses: [ip],
      conditions: conditions ?? { ready: true, serving: true, terminating: false },
      ...(node ? { nodeName: node } : {}),
      ...(zone ? { hints: { forZones: [{ name: zone }] } } : {}),
    })),
  }
}

export const rowOf = (lab: ProxyLab, kind: string, name: string): ObjectRow => {
  const row = lab.api.get(kind, 'default', name)
  if (!row) throw new Error(`no ${kind} ${name}`)
  return row
}
