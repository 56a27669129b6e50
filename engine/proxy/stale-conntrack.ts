import type { Tx } from '../core/world.ts'
import type { Family, Ip } from '../net/address.ts'
import type { ObjectRow } from '../api/types.ts'
import { endpointsOf } from './endpoints.ts'
import { servicePorts } from './service-ports.ts'

/**
 * Deletes UDP entries that lead from a Service to what is none of its serving endpoints: a client that keeps its source port
 * would go there for ever. A Service without endpoints keeps its entries. TCP connections end by themselves.
 * Models pkg/proxy/conntrack/cleanup.go CleanStaleEntries().
 */
export function deleteStaleUdp(
  tx: Tx,
  at: { readonly netns: string; readonly family: Family },
  services: readonly ObjectRow[],
  slices: ReadonlyMap<string, readonly ObjectRow[]>,
): number {
  const flows = tx
    .by('conntrack', 'netns', at.netns)
    .filter((row) => row.orig.proto === 'udp' && row.family === at.family)
  if (flows.length === 0) return 0
  const { frontends, nodePorts } = servingByFrontend(at.family, services, slices)
  const stale = flows.filter(({ orig, reply }) => {
    const sets = [frontends.get(`${orig.dst} ${orig.dport}`), nodePorts.get(orig.dport)]
    return sets.some((serving) => serving && !serving.has(reply.src))
  })
  for (const row of stale) tx.delete('conntrack', row.id)
  return stale.length
}

function servingByFrontend(
  family: Family,
  services: readonly ObjectRow[],
  slices: ReadonlyMap<string, readonly ObjectRow[]>,
) {
  const frontends = new Map<string, ReadonlySet<Ip>>()
  const nodePorts = new Map<number, ReadonlySet<Ip>>()
  for (const service of services) {
    for (const port of servicePorts(service, family)) {
      if (port.protocol !== 'udp') continue
      const endpoints = endpointsOf(port, slices.get(`${port.namespace}/${port.service}`) ?? [])
      const serving = new Set(endpoints.filter((endpoint) => endpoint.serving).map(({ ip }) => ip))
      if (serving.size === 0) continue
      for (const ip of [port.clusterIP, ...port.lbVIPs, ...port.externalIPs])
        frontends.set(`${ip} ${port.port}`, serving)
      if (port.nodePort) nodePorts.set(port.nodePort, serving)
    }
  }
  return { frontends, nodePorts }
}
