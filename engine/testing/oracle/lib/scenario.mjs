// Shorthands for scenario files.
import { vethOf } from './cluster.mjs'

export const tcpListener = (netns, port = 8080, address = '0.0.0.0') => ({ netns, proto: 'tcp', address, port })
export const udpListener = (netns, address, port = 8080) => ({ netns, proto: 'udp', address, port })

export const tcpProbe = (netns, dst, dport, more = {}) => ({
  netns,
  proto: 'tcp',
  sport: 40000,
  dst,
  dport,
  payloadBytes: 5,
  ...more,
})
export const udpProbe = (netns, dst, dport, more = {}) => ({
  netns,
  proto: 'udp',
  sport: 40000,
  dst,
  dport,
  payloadBytes: 5,
  ...more,
})
export const pingProbe = (netns, dst, more = {}) => ({ netns, proto: 'icmp', dst, payloadBytes: 56, ...more })

export const oneRun = (probe) => [{ name: 'probe', change: [], probe }]

/**
 * Every device a packet may cross, but the switch's own ports. Lower devices come first: the kernel stamps a frame once
 * on the way up, and the capture breaks ties in this order.
 */
export function watch(hosts) {
  const links = hosts.flatMap((host) =>
    host.netns.flatMap((ns) => (ns.links ?? []).map((link) => ({ netns: ns.name, ...link }))),
  )
  const rank = { veth: 0, vxlan: 1, bridge: 2 }
  const points = links.flatMap((link) => [
    { point: `${link.netns}/${link.name}`, rank: rank[link.kind] },
    ...(link.peer ? [{ point: `${link.peer.netns}/${link.peer.name}`, rank: 0 }] : []),
  ])
  return points
    .filter(({ point }) => !point.startsWith('lan/'))
    .sort((a, b) => a.rank - b.rank)
    .map(({ point }) => point)
}

export { vethOf }
