import type { ObjectRow } from '../api/types.ts'
import type { ListenerConfig } from '../apps/listener.ts'
import { startListeners, stopListeners } from '../apps/listeners.ts'
import type { Ctx } from '../core/context.ts'
import { endpointsOf } from './endpoints.ts'
import { causeOf } from './iptables/service-rules.ts'
import { type ServicePort, servicePorts } from './service-ports.ts'

const OWNER = 'kube-proxy/healthcheck'

/**
 * The servers behind `healthCheckNodePort`: a load balancer asks every node whether it has endpoints of its own, and sends
 * traffic to those that answer 200. Models pkg/proxy/healthcheck/service_health.go.
 * Simplified: they listen on every address, because nobody asks on those that `--nodeport-addresses` leave out.
 */
export function syncHealthChecks(
  ctx: Ctx,
  { netns, node }: { readonly netns: string; readonly node: string },
  services: readonly ObjectRow[],
  slices: ReadonlyMap<string, readonly ObjectRow[]>,
): void {
  const wanted = new Map<string, { readonly port: ServicePort; readonly config: ListenerConfig }>()
  for (const service of services) {
    const ports = [...servicePorts(service, 'ipv4'), ...servicePorts(service, 'ipv6')]
    const [port] = ports
    if (!port?.healthCheckNodePort) continue
    const id = `${OWNER}/${netns}/${port.namespace}/${port.service}:${port.healthCheckNodePort}`
    wanted.set(id, { port, config: answerOf(localEndpoints(ports, slices, node)) })
  }
  for (const { id } of ctx.tx.by('app', 'netns', netns).filter(({ owner }) => owner === OWNER)) {
    const name = id.replace(/#[^#]*$/, '')
    if (!wanted.has(name)) stopListeners(ctx, name)
  }
  for (const [id, { port, config }] of wanted) {
    const app = ctx.tx.get('app', `${id}#listener`)
    if (app) {
      if (JSON.stringify(app.config) !== JSON.stringify(config)) ctx.tx.patch('app', app.id, { config })
      continue
    }
    // Taken by somebody else: kube-proxy logs an error and goes on without.
    startListeners(ctx, {
      netns,
      id,
      ...config,
      ports: [{ port: port.healthCheckNodePort, proto: 'tcp', program: 'listener', process: 'kube-proxy' }],
      owner: OWNER,
      cause: causeOf(port, 'spec.healthCheckNodePort'),
    })
  }
}

/** Ready endpoints on this node, each address once. */
function localEndpoints(
  ports: readonly ServicePort[],
  slices: ReadonlyMap<string, readonly ObjectRow[]>,
  node: string,
): number {
  const here = ports.flatMap((port) =>
    endpointsOf(port, slices.get(`${port.namespace}/${port.service}`) ?? []).filter(
      (endpoint) => endpoint.ready && endpoint.node === node,
    ),
  )
  return new Set(here.map(({ ip }) => ip)).size
}

function answerOf(localEndpoints: number): ListenerConfig {
  return {
    name: 'kube-proxy',
    status: localEndpoints > 0 ? 200 : 503,
    headers: { 'content-type': 'application/json', 'x-load-balancing-endpoint-weight': String(localEndpoints) },
  }
}
