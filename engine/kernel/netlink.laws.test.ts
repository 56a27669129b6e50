import fc from 'fast-check'
import { expect, test } from 'vitest'
import { World } from '../core/world.ts'
import type { Ip, Mac } from '../net/address.ts'
import { clockTable, eventTable } from '../core/event-queue.ts'
import { rngTable } from '../core/rng.ts'
import * as nl from './netlink.ts'
import { KERNEL_TABLES } from './table-defs.ts'

const RUNS = { numRuns: Number(process.env.LAW_RUNS ?? 100) }

const NETNS = ['h', 'a', 'b'] as const
const NAMES = ['x', 'y', 'z', 'br'] as const
const netns = fc.constantFrom(...NETNS)
const name = fc.constantFrom(...NAMES)
const octet = fc.nat(3)
const address = fc.tuple(octet, octet).map(([net, host]) => `10.0.${net}.${host + 1}`)

/** Any verb with any arguments out of a small world, so that they often meet. */
const verb = fc.oneof(
  fc.record({ do: fc.constant('veth' as const), netns, name, other: netns, peer: name, up: fc.boolean() }),
  fc.record({ do: fc.constant('bridge' as const), netns, name, up: fc.boolean() }),
  fc.record({ do: fc.constant('vxlan' as const), netns, name, lower: name }),
  fc.record({ do: fc.constant('del' as const), netns, name }),
  fc.record({ do: fc.constant('up' as const), netns, name, up: fc.boolean() }),
  fc.record({ do: fc.constant('master' as const), netns, name, bridge: fc.option(name) }),
  fc.record({ do: fc.constant('move' as const), netns, name, other: netns, peer: name }),
  fc.record({ do: fc.constant('mac' as const), netns, name, n: octet }),
  fc.record({ do: fc.constant('addr' as const), netns, name, address, length: fc.constantFrom(24, 32, 16) }),
  fc.record({ do: fc.constant('addrDel' as const), netns, name, address, length: fc.constantFrom(24, 32, 16) }),
  fc.record({ do: fc.constant('route' as const), netns, name, via: fc.option(address), net: octet }),
  fc.record({ do: fc.constant('neigh' as const), netns, name, address }),
  fc.record({ do: fc.constant('fdb' as const), netns, name, n: octet, dst: fc.option(address) }),
  fc.record({ do: fc.constant('netnsDel' as const), netns: fc.constantFrom('a', 'b') }),
)
type Verb = typeof verb extends fc.Arbitrary<infer T> ? T : never

function run(world: World, v: Verb): unknown {
  const id = 'name' in v ? `${v.netns}|${v.name}` : ''
  switch (v.do) {
    case 'veth':
      return v.netns === v.other && v.name === v.peer
        ? undefined
        : nl.linkAdd(world, {
            netns: v.netns,
            name: v.name,
            kind: 'veth',
            up: v.up,
            peer: { netns: v.other, name: v.peer, up: v.up },
          })
    case 'bridge':
      return nl.linkAdd(world, { netns: v.netns, name: v.name, kind: 'bridge', up: v.up })
    case 'vxlan':
      return nl.linkAdd(world, {
        netns: v.netns,
        name: v.name,
        kind: 'vxlan',
        vni: 1,
        port: 8472,
        local: '10.0.0.1' as Ip,
        dev: `${v.netns}|${v.lower}`,
      })
    case 'del':
      return nl.linkDel(world, id)
    case 'up':
      return nl.linkSet(world, id, { up: v.up })
    case 'master':
      return nl.linkSet(world, id, { master: v.bridge === null ? null : `${v.netns}|${v.bridge}` })
    case 'move':
      return nl.linkSet(world, id, { netns: v.other, name: v.peer })
    case 'mac':
      return nl.linkSet(world, id, { mac: `02:00:00:00:00:0${v.n}` as Mac })
    case 'addr':
      return nl.addrAdd(world, { link: id, address: `${v.address}/${v.length}` })
    case 'addrDel':
      return nl.addrDel(world, { link: id, address: `${v.address}/${v.length}` })
    case 'route':
      return nl.routeReplace(world, {
        netns: v.netns,
        dst: `10.9.${v.net}.0/24`,
        dev: id,
        ...(v.via ? { via: v.via as Ip } : {}),
      })
    case 'neigh':
      return nl.neighReplace(world, { link: id, address: v.address as Ip, lladdr: '02:00:00:00:00:09' as Mac })
    case 'fdb':
      return nl.fdbAppend(world, {
        link: id,
        mac: `02:00:00:00:01:0${v.n}` as Mac,
        ...(v.dst ? { dst: v.dst as Ip } : {}),
      })
    case 'netnsDel':
      return [nl.netnsDel(world, v.netns), nl.netnsAdd(world, { id: v.netns, host: 'h' })]
  }
}

function born(): World {
  const world = new World([clockTable, eventTable, rngTable, ...KERNEL_TABLES] as never) // tables of different rows
  nl.hostAdd(world, { id: 'h', kind: 'node' })
  for (const id of ['a', 'b']) nl.netnsAdd(world, { id, host: 'h' })
  return world
}

/** What holds of the tables after any verb. */
function complaints(world: World): string[] {
  const said: string[] = []
  const say = (ok: unknown, text: string) => {
    if (!ok) said.push(text)
  }
  for (const link of world.rows('link')) {
    say(link.id === `${link.netns}|${link.name}`, `${link.id} has another name`)
    if (link.peer)
      say(world.get('link', link.peer)?.peer === link.id, `${link.id} and ${link.peer} are not each other's peers`)
    const master = link.master ? world.get('link', link.master) : undefined
    if (link.master) say(master?.bridge && master.netns === link.netns, `${link.id} has no such bridge ${link.master}`)
    say((link.port !== undefined) === (link.master !== undefined), `${link.id}: port settings and a master go together`)
    const twins = world.by('link', 'netns', link.netns).filter((other) => other.ifindex === link.ifindex)
    say(twins.length === 1, `${link.netns}: ifindex ${link.ifindex} twice`)
    if (link.master) {
      const own = world.by('fdb', 'link', link.id).filter((row) => row.flags.includes('local'))
      say(own.length === 1 && own[0].mac === link.mac, `${link.id}: its bridge has another MAC for it`)
    }
    if (link.vxlan) say(world.get('link', link.vxlan.dev), `${link.id} has lost its lower device`)
    if (link.bridge && !link.bridge.macFixed) {
      const macs = world
        .by('link', 'master', link.id)
        .map((port) => port.mac)
        .sort()
      say(macs.length === 0 || macs[0] === link.mac, `${link.id} has not its lowest port's MAC`)
    }
  }
  for (const row of world.rows('addr'))
    say(world.get('link', row.link)?.netns === row.netns, `address ${row.id} on no link`)
  for (const row of world.rows('neigh'))
    say(world.get('link', row.link)?.netns === row.netns, `neighbour ${row.id} on no link`)
  for (const row of world.rows('route')) {
    for (const hop of row.nexthops) {
      const link = world.get('link', hop.dev)
      say(
        link?.netns === row.netns && (link.up || row.type === 'local'),
        `route ${row.id} by ${hop.dev}, which is ${link ? 'down' : 'gone'}`,
      )
    }
  }
  for (const row of world.rows('fdb')) {
    const link = world.get('link', row.link)
    say(link?.netns === row.netns && (!row.bridge || link.master === row.bridge), `fdb ${row.id} on no port`)
  }
  for (const row of world.rows('addr')) {
    if (row.family !== 'ipv4') continue
    say(
      world.by('route', 'netns', row.netns).some((route) => route.table === 255 && route.dst === `${row.address}/32`) ||
        !world.get('link', row.link)?.up,
      `${row.id} is not local`,
    )
  }
  return said
}

test('law: after any verbs links, ports, addresses, routes and neighbours fit together, and can be undone', () => {
  fc.assert(
    fc.property(fc.array(verb, { maxLength: 40 }), (verbs) => {
      const world = born()
      const [start, genesis] = [world.position, world.dump()]
      for (const v of verbs) {
        run(world, v)
        expect({ after: v, complaints: complaints(world) }).toEqual({ after: v, complaints: [] })
      }
      world.seek(start)
      expect(world.dump()).toBe(genesis)
    }),
    RUNS,
  )
})

test('law: syncing the same wishes twice writes nothing the second time, in any order', () => {
  const wish = fc.record({ net: octet, host: octet })
  fc.assert(
    fc.property(fc.array(fc.array(wish, { maxLength: 6 }), { maxLength: 6 }), (lists) => {
      const world = born()
      nl.linkAdd(world, { netns: 'h', name: 'x', kind: 'bridge', up: true })
      nl.addrAdd(world, { link: 'h|x', address: '10.0.0.1/24' })
      for (const list of lists) {
        const desired = list.map(({ net, host }) => ({ dst: `10.9.${net}.0/24`, via: `10.0.0.${host + 2}` as Ip }))
        nl.syncOwned(world, 'd', 'route', 'h', desired)
        const rows = world.dump(['route'])
        expect(nl.syncOwned(world, 'd', 'route', 'h', desired).changed).toBe(0)
        const last = new Map(desired.map((d) => [d.dst, d]))
        expect(nl.syncOwned(world, 'd', 'route', 'h', [...last.values()].reverse()).changed).toBe(0)
        expect(world.dump(['route'])).toBe(rows)
      }
    }),
    RUNS,
  )
})
