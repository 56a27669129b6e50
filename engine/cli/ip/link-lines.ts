import type { WorldReader } from '../../core/world.ts'
import { hasCarrier } from '../../kernel/dev/link-verbs.ts'
import { refTo } from '../../kernel/ids.ts'
import type { LinkKind, LinkRow, NetnsRow } from '../../kernel/tables.ts'
import type { Line } from '../types.ts'

/** The parts of a link's text that `ip link`, `ip addr` and `bridge link` share. Models iproute2 ip/ipaddress.c print_linkinfo(). */

/** `eth0@if5`: a pair's other end by number, in another netns; `v0@v1`: by name, in this one. */
export function shownName(world: WorldReader, link: LinkRow): string {
  if (link.kind === 'ipip') return `${link.name}@NONE`
  const peer = link.kind === 'veth' && link.peer ? world.get('link', link.peer) : undefined
  if (!peer) return link.name
  return `${link.name}@${peer.netns === link.netns ? peer.name : `if${peer.ifindex}`}`
}

/** `<BROADCAST,MULTICAST,UP,LOWER_UP>` */
export function flagsOf(world: WorldReader, link: LinkRow): string {
  const carrier = hasCarrier(world, link)
  const flags = link.up && !carrier ? ['NO-CARRIER'] : []
  flags.push(...KIND_FLAGS[link.kind])
  if (link.promisc) flags.push('PROMISC')
  if (link.up) flags.push('UP')
  if (carrier) flags.push('LOWER_UP')
  const peer = link.kind === 'veth' && link.peer ? world.get('link', link.peer) : undefined
  if (peer && peer.netns === link.netns && !peer.up) flags.push('M-DOWN')
  return `<${flags.join(',')}>`
}

const KIND_FLAGS: Record<LinkKind, readonly string[]> = {
  loopback: ['LOOPBACK'],
  veth: ['BROADCAST', 'MULTICAST'],
  bridge: ['BROADCAST', 'MULTICAST'],
  vxlan: ['BROADCAST', 'MULTICAST'],
  ether: ['BROADCAST', 'MULTICAST'],
  dummy: ['BROADCAST', 'NOARP'],
  ipip: ['NOARP'],
  tun: ['POINTOPOINT', 'MULTICAST', 'NOARP'],
}

/** Devices with nothing below them never tell the kernel whether they work. Models net/core/link_watch.c default_operstate(). */
const SAYS_NOTHING: readonly LinkKind[] = ['loopback', 'vxlan', 'dummy', 'ipip', 'tun']

/** `UP`, `DOWN`, `UNKNOWN`, `LOWERLAYERDOWN`. */
export function stateOf(world: WorldReader, link: LinkRow): string {
  if (!link.up) return 'DOWN'
  if (SAYS_NOTHING.includes(link.kind)) return 'UNKNOWN'
  if (hasCarrier(world, link)) return 'UP'
  const peer = link.kind === 'veth' && link.peer ? world.get('link', link.peer) : undefined
  return peer && peer.netns === link.netns ? 'LOWERLAYERDOWN' : 'DOWN'
}

/** A disc of our own would be called noqueue; a network card has the distribution's default. */
function qdiscOf(link: LinkRow): string {
  if (!link.up) return 'noop'
  if (link.kind === 'ether') return 'fq_codel'
  return link.kind === 'tun' ? 'pfifo_fast' : 'noqueue'
}

/** The first line: `2: eth0@if5: <...> mtu 1450 qdisc noqueue state UP [mode DEFAULT] group default qlen 1000`. */
export function headText(world: WorldReader, link: LinkRow, withMode: boolean): string {
  const master = link.master ? world.get('link', link.master) : undefined
  return [
    `${link.ifindex}: ${shownName(world, link)}: ${flagsOf(world, link)} mtu ${link.mtu} qdisc ${qdiscOf(link)}`,
    ...(master ? [`master ${master.name}`] : []),
    `state ${stateOf(world, link)}`,
    ...(withMode ? ['mode DEFAULT'] : []),
    `group default qlen ${link.kind === 'tun' ? 500 : 1000}`,
  ].join(' ')
}

/** `    link/ether 0a:58:... brd ff:ff:ff:ff:ff:ff` */
export function hardwareText(link: LinkRow): string {
  switch (link.kind) {
    case 'loopback':
      return '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00'
    case 'ipip':
      return `    link/ipip ${link.ipip?.local ?? '0.0.0.0'} ${link.ipip?.remote ? `peer ${link.ipip.remote}` : 'brd 0.0.0.0'}`
    case 'tun':
      return '    link/none'
    default:
      return `    link/ether ${link.mac} brd ff:ff:ff:ff:ff:ff`
  }
}

/** ` link-netns cni-1f2e`: where a pair's other end lives, by name if `ip netns` knows one, else by the number it has here. */
export function netnsText(world: WorldReader, link: LinkRow): string {
  const peer = link.kind === 'veth' && link.peer ? world.get('link', link.peer) : undefined
  if (!peer || peer.netns === link.netns) return ''
  const netns = world.get('netns', peer.netns)
  const name = netns && nameOf(netns)
  // Simplified: the only netns without a name is the machine's own, which is the first that a pod meets.
  return name ? ` link-netns ${name}` : ' link-netnsid 0'
}

function nameOf(netns: NetnsRow): string | undefined {
  return netns.path?.slice(netns.path.lastIndexOf('/') + 1)
}

/** `-br`: the columns that link and addr share. */
export function briefText(world: WorldReader, link: LinkRow): string {
  return `${shownName(world, link).padEnd(16)} ${stateOf(world, link).padEnd(14)} `
}

/** `-s`: what came in and what went out. */
export function statLines(world: WorldReader, link: LinkRow): Line[] {
  const stat = world.get('linkStat', link.id)
  const ref = stat ? refTo('linkStat', stat) : refTo('link', link)
  const rows = [
    [
      '    RX:  bytes packets errors dropped  missed   mcast           ',
      stat?.rxBytes,
      stat?.rxPackets,
      stat?.rxDropped,
    ],
    [
      '    TX:  bytes packets errors dropped carrier collsns           ',
      stat?.txBytes,
      stat?.txPackets,
      stat?.txDropped,
    ],
  ] as const
  return rows.flatMap(([head, bytes = 0, packets = 0, dropped = 0]) => {
    const widths = [10, 7, 6, 7, 7, 7]
    const numbers = [bytes, packets, 0, dropped, 0, 0]
    return [
      { text: head, ref },
      { text: `    ${numbers.map((n, i) => `${String(n).padStart(widths[i])} `).join('')}`, ref },
    ]
  })
}
