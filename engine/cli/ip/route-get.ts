import type { WorldReader } from '../../core/world.ts'
import type { Flow, RouteResult } from '../../kernel/contract.ts'
import { MAIN } from '../../kernel/fib/route-row.ts'
import { routeLookup } from '../../kernel/fib/lookup.ts'
import { linkId, nowOf } from '../../kernel/ids.ts'
import { forwards } from '../../kernel/sysctl.ts'
import type { Ip } from '../../net/address.ts'
import { ANY6, familyOf, parseIp } from '../../net/ip.ts'
import { failed, notModelled, type Output, type Place, printed } from '../types.ts'
import { isOutput, type Options, Words } from '../words.ts'
import { tableName } from './route-table.ts'

interface Asked {
  dst: Ip
  from?: Ip
  iif?: string
  oif?: string
  mark?: number
}

/** strerror(3) of the errno with which the kernel answers. */
const REFUSED = {
  none: 'Network is unreachable',
  unreachable: 'No route to host',
  blackhole: 'Invalid argument',
  prohibit: 'Permission denied',
} as const

/** `ip route get DST [from SRC] [iif DEV] [oif DEV] [mark M]`: one lookup. Models iproute2 ip/iproute.c iproute_get(). */
export function getRoute(world: WorldReader, place: Place, _options: Options, args: readonly string[]): Output {
  const asked = readAsked(args)
  if (isOutput(asked)) return asked
  for (const dev of [asked.iif, asked.oif]) {
    if (dev !== undefined && !world.get('link', linkId(place.netns, dev)))
      return failed(`Cannot find device "${dev}"`, 1)
  }
  const flow: Flow = {
    netns: place.netns,
    dst: asked.dst,
    ...(asked.from ? { src: asked.from } : {}),
    ...(asked.iif ? { iif: linkId(place.netns, asked.iif) } : {}),
    ...(asked.oif ? { oif: linkId(place.netns, asked.oif) } : {}),
    ...(asked.mark === undefined ? {} : { mark: asked.mark }),
  }
  const foreign =
    asked.from !== undefined &&
    asked.iif === undefined &&
    !world.oneBy('addr', 'netnsAddress', `${place.netns}|${asked.from}`)
  if (foreign)
    return failed(
      `RTNETLINK answers: ${familyOf(asked.dst) === 'ipv4' ? 'Network is unreachable' : 'Invalid argument'}`,
      2,
    )
  // A lookup only reads; the contract asks for a transaction because the walk has one at hand.
  const found = routeLookup({ tx: world as Parameters<typeof routeLookup>[0]['tx'] }, flow)
  if (!('route' in found))
    return failed(
      `RTNETLINK answers: ${asked.iif && found.kind === 'none' ? 'No route to host' : REFUSED[found.kind as keyof typeof REFUSED]}`,
      2,
    )
  const iif = flow.iif ? world.get('link', flow.iif) : undefined
  if (iif && found.kind === 'unicast' && !forwards(world, iif, familyOf(asked.dst)))
    return failed('RTNETLINK answers: No route to host', 2)
  const texts = familyOf(asked.dst) === 'ipv4' ? texts4(world, asked, found) : [text6(world, asked, found)]
  return printed(texts.map((text) => ({ text, ref: found.by })))
}

function readAsked(args: readonly string[]): Asked | Output {
  const words = new Words(args)
  const asked: Partial<Asked> = {}
  while (!words.done) {
    const word = words.next() ?? ''
    if (['iif', 'oif', 'dev', 'mark', 'from'].includes(word)) {
      const value = words.next()
      if (value === undefined) return failed('Command line is not complete. Try option "help"', 255)
      if (word === 'iif') asked.iif = value
      else if (word === 'oif' || word === 'dev') asked.oif = value
      else if (word === 'mark') asked.mark = Number(value)
      else {
        asked.from = parseIp(value)
        if (!asked.from) return failed(`Error: inet prefix is expected rather than "${value}".`, 1)
      }
      continue
    }
    if (['tos', 'vrf', 'uid', 'ipproto', 'sport', 'dport', 'fibmatch'].includes(word))
      return notModelled(`ip route get ${word}`)
    const text = word === 'to' ? (words.next() ?? '') : word
    const dst = parseIp(text)
    if (!dst) return failed(`Error: any valid prefix is expected rather than "${text}".`, 1)
    asked.dst = dst
  }
  if (!asked.dst) return failed('need at least a destination address', 1)
  return { ...asked, dst: asked.dst }
}

type Found = Extract<RouteResult, { readonly route: unknown }>

function texts4(world: WorldReader, asked: Asked, found: Found): string[] {
  const words: string[] = [...(found.kind === 'unicast' ? [] : [found.kind]), asked.dst]
  if (asked.from) words.push(`from ${asked.from}`)
  if (found.via) words.push(`via ${found.via}`)
  words.push(`dev ${world.get('link', found.dev)?.name ?? ''}`)
  if (found.route.table !== MAIN) words.push(`table ${tableName(found.route.table)}`)
  if (!asked.from) words.push(`src ${found.src}`)
  if (asked.mark) words.push(`mark 0x${asked.mark.toString(16)}`)
  if (!asked.iif) words.push('uid 0')
  const cache = ['cache']
  if (found.kind === 'local') cache.push('<local>')
  if (found.kind === 'broadcast') cache.push('<local,brd>')
  const learned = found.kind === 'unicast' ? world.get('pmtu', `${found.route.netns}|${asked.dst}`) : undefined
  const alive = learned && learned.expiresUs > nowOf(world) ? learned : undefined
  if (alive) cache.push(`expires ${Math.ceil((alive.expiresUs - nowOf(world)) / 1_000_000)}sec`)
  const mtu = alive?.mtu ?? found.route.mtu
  if (mtu !== undefined) cache.push(`mtu ${mtu}`)
  if (asked.iif) cache.push(`iif ${asked.iif}`)
  return [`${words.join(' ')} `, `    ${cache.join(' ')} `]
}

function text6(world: WorldReader, asked: Asked, found: Found): string {
  const words: string[] = [...(found.kind === 'unicast' ? [] : [found.kind]), asked.dst, `from ${asked.from ?? ANY6}`]
  if (found.via) words.push(`via ${found.via}`)
  words.push(`dev ${world.get('link', found.dev)?.name ?? ''}`)
  if (found.route.table !== MAIN) words.push(`table ${tableName(found.route.table)}`)
  if (found.route.proto !== 'boot') words.push(`proto ${found.route.proto}`)
  if (!asked.from) words.push(`src ${found.src}`)
  words.push(`metric ${found.route.metric}`)
  if (asked.iif) words.push(`iif ${asked.iif}`)
  words.push('pref medium')
  return words.join(' ')
}
