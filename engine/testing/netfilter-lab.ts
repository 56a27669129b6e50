import type { Ctx, DiceRoll } from '../core/context.ts'
import { schedulerOf } from '../core/event-queue.ts'
import { draw } from '../core/rng.ts'
import { World } from '../core/world.ts'
import type { Ip } from '../net/address.ts'
import { hostCidr } from '../net/ip.ts'
import type { IpPacket, L4 } from '../net/packet.ts'
import type { HookPoint, NfResult } from '../kernel/contract.ts'
import { runHook } from '../kernel/netfilter/hook.ts'
import { iptablesRestore } from '../kernel/netfilter/iptables-text.ts'
import type { Skb } from '../kernel/path/skb.ts'
import type { ConntrackRow, NfHook } from '../kernel/tables.ts'
import type { Step } from '../kernel/trace/step.ts'
import { TABLES } from '../tables.ts'

/** One host's netfilter alone: rules by text, packets hook by hook, no devices and no routing. */
export interface NetfilterLab {
  readonly world: World
  readonly ctx: Ctx
  /** Steps since the last call of `send`. */
  steps: Step[]
  /** Answers the dice; absent: the seeded stream. */
  dice?: (stream: string, chances?: DiceRoll) => number
  rules(text: string): void
  address(dev: string, ip: string, prefixLen: number): void
  /** Runs a packet through hooks in turn until one does not accept. */
  send(packet: IpPacket, hooks: readonly NfHook[], at?: Partial<HookPoint> & { skb?: Partial<Skb> }): NfResult
  /** Moves the clock. */
  pass(seconds: number): void
  entries(): readonly ConntrackRow[]
}

export const FORWARD: readonly NfHook[] = ['prerouting', 'forward', 'postrouting']
export const OUTGOING: readonly NfHook[] = ['output', 'postrouting']
export const INCOMING: readonly NfHook[] = ['prerouting', 'input']

export function netfilterLab(netns = 'worker', seed = 1): NetfilterLab {
  const world = new World(TABLES)
  world.put('clock', { id: 'clock', now: 0, seq: 0, seed })
  world.put('host', { id: netns, kind: 'node', up: true })
  world.put('netns', { id: netns, host: netns, nextIfindex: 2 })
  return netfilterOf(world, netns, seed)
}

/** The same on a host of a world that is there already. */
export function netfilterOf(world: World, netns: string, seed = 1): NetfilterLab {
  const clock = schedulerOf(world)
  let addresses = 0
  let packets = 0
  const lab: NetfilterLab = {
    world,
    ctx: {
      tx: world,
      clock,
      random: (stream, chances) => lab.dice?.(stream, chances) ?? draw(world, seed, stream),
      emit: (step) => lab.steps.push(step as Step), // only the walk emits
      note: () => {},
    },
    steps: [],
    rules(text) {
      const loaded = iptablesRestore(world, netns, text, { owner: 'by hand', noflush: true })
      if (!loaded.ok) throw new Error(loaded.error.message)
    },
    address(dev, ip, prefixLen) {
      const link = `${netns}|${dev}`
      addresses++
      if (!world.get('link', link)) {
        const ifindex = addresses + 1
        world.put('link', { id: link, netns, ifindex, name: dev, kind: 'dummy', mac: '' as never, mtu: 1500, up: true })
      }
      const family = ip.includes(':') ? 'ipv6' : 'ipv4'
      const address = ip as Ip
      world.put('addr', {
        id: `${link}|${ip}`,
        netns,
        link,
        family,
        address,
        prefixLen,
        scope: 'global',
        seq: addresses,
      })
      world.put('route', {
        id: `${netns}|local|${ip}`,
        ...{ netns, family, table: 255, dst: hostCidr(address), type: 'local', nexthops: [{ dev: link }] },
        ...{ scope: 'host', proto: 'kernel', metric: 0 },
      })
    },
    send(packet, hooks, at = {}) {
      lab.steps = []
      let skb: Skb = {
        packet: `p${++packets}`,
        branch: '0',
        netns,
        ip: packet,
        mark: 0,
        priority: 0,
        depth: 0,
        ...at.skb,
      }
      let result: NfResult = { kind: 'accept', skb }
      for (const hook of hooks) {
        result = runHook(lab.ctx, { ...at, hook, skb })
        if (result.kind !== 'accept') return result
        skb = result.skb
      }
      return result
    },
    pass(seconds) {
      const row = world.get('clock', 'clock')
      if (row) world.put('clock', { ...row, now: row.now + seconds * 1_000_000 })
    },
    entries: () => world.rows('conntrack').filter((row) => row.expiresUs > clock.now),
  }
  return lab
}

/** `tcp('10.244.1.10:40000', '10.96.20.30:80', 'S')` and the like: packets as people write them. */
export function tcp(from: string, to: string, flags = 'S', bytes = 0): IpPacket {
  const [src, sport] = ends(from)
  const [dst, dport] = ends(to)
  const mss = flags.includes('S') ? { mss: 1460 } : {}
  return packet(src, dst, {
    kind: 'tcp',
    sport,
    dport,
    seq: 0,
    ack: 0,
    flags,
    window: 64_240,
    ...mss,
    data: { kind: 'data', bytes },
  })
}

export function udp(from: string, to: string, bytes = 30): IpPacket {
  const [src, sport] = ends(from)
  const [dst, dport] = ends(to)
  return packet(src, dst, { kind: 'udp', sport, dport, body: { kind: 'data', bytes } })
}

export function ping(src: string, dst: string, type: 'echo-request' | 'echo-reply' = 'echo-request', id = 7): IpPacket {
  return packet(src as Ip, dst as Ip, { kind: 'icmp', type, id, seq: 1, data: { kind: 'data', bytes: 56 } })
}

export function unreachable(
  src: string,
  dst: string,
  quoted: IpPacket,
  code: 'host' | 'port' | 'net' = 'host',
): IpPacket {
  return packet(src as Ip, dst as Ip, { kind: 'icmp', type: 'unreachable', code, quoted })
}

/** The answer to a packet: its ends swapped. */
export function answer(ip: IpPacket, flags = 'S.'): IpPacket {
  const { body } = ip
  if (body.kind === 'icmp') return { ...ip, src: ip.dst, dst: ip.src, body: { ...body, type: 'echo-reply' } as L4 }
  if (body.kind === 'ipip') return { ...ip, src: ip.dst, dst: ip.src }
  const swapped = { ...body, sport: body.dport, dport: body.sport, ...(body.kind === 'tcp' ? { flags } : {}) } as L4
  return { ...ip, src: ip.dst, dst: ip.src, body: swapped }
}

/** `10.244.1.10:40000 > 10.96.20.30:80`. */
export function route(result: NfResult): string {
  if (result.kind !== 'accept') return result.kind === 'drop' ? `drop ${result.reason}` : result.kind
  const { ip } = result.skb
  if (!ip) return ''
  const { body } = ip
  const end = (address: string, port: number | undefined) => {
    if (port === undefined) return address
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  }
  const ports = 'sport' in body ? body : undefined
  return `${end(ip.src, ports?.sport)} > ${end(ip.dst, ports?.dport)}`
}

function packet(src: Ip, dst: Ip, body: L4): IpPacket {
  const family = src.includes(':') ? 'ipv6' : 'ipv4'
  return { kind: 'ip', family, src, dst, ttl: 64, tos: 0, df: true, ident: 0, body }
}

/** `10.0.0.1:80`, `[fd00::1]:80`. */
function ends(text: string): readonly [Ip, number] {
  const colon = text.lastIndexOf(':')
  return [text.slice(0, colon).replace(/^\[|\]$/g, '') as Ip, Number(text.slice(colon + 1))]
}
