import { describe, expect, test } from 'vitest'
import type { Cidr, Ip } from '../../net/address.ts'
import { Lab } from '../../testing/lab.ts'
import { ruleAdd } from '../netlink.ts'
import { routeLookup } from './lookup.ts'

/** A host with two uplinks and a bridge, one route of each kind. */
function router(): Lab {
  const lab = new Lab().host('r')
  for (const [name, address] of [
    ['e0', '10.0.0.1/24'],
    ['e1', '10.0.1.1/24'],
    ['br0', '10.244.1.1/24'],
  ] as const) {
    lab.link({ netns: 'r', name, kind: name === 'br0' ? 'bridge' : 'dummy', up: true }).addr('r', name, address)
  }
  return lab
    .addr('r', 'e0', 'fd00::1/64')
    .route('r', 'default', { via: '10.0.0.254' })
    .route('r', 'default', { via: '10.0.1.254', metric: 100 })
    .route('r', '10.9.0.0/16', { via: '10.0.1.9', src: '10.244.1.1' as Ip })
    .route('r', '10.9.1.0/24', { type: 'throw' })
    .route('r', '10.9.2.0/24', { type: 'unreachable' })
    .route('r', '10.9.3.0/24', { type: 'blackhole' })
    .route('r', '10.9.4.0/24', { type: 'prohibit' })
    .route('r', '10.7.0.0/16', {
      nexthops: [
        { dev: 'r|e0', via: '10.0.0.7' as Ip },
        { dev: 'r|e1', via: '10.0.1.7' as Ip, weight: 3 },
      ],
    })
    .route('r', '10.200.0.0/16', { via: '10.0.1.200', table: 100 })
    .route('r', 'fd01::/64', { via: 'fd00::9' })
    .route('r', 'default', { family: 'ipv6', via: 'fe80::1', dev: 'e1' })
}

const look = (lab: Lab, dst: string, more: object = {}) => {
  const found = routeLookup(lab.ctx, { netns: 'r', dst: dst as Ip, ...more })
  return 'route' in found ? `${found.kind} ${found.via ?? '-'} ${found.dev.split('|')[1]} ${found.src}` : found.kind
}

describe('one look-up', () => {
  const lab = router()
  test.each([
    ['connected', '10.244.1.10', 'unicast - br0 10.244.1.1'],
    ['our own', '10.244.1.1', 'local - lo 10.244.1.1'],
    ['loopback', '127.8.8.8', 'local - lo 127.0.0.1'],
    ['a broadcast', '10.244.1.255', 'broadcast - br0 10.244.1.1'],
    ['default, smallest metric', '8.8.8.8', 'unicast 10.0.0.254 e0 10.0.0.1'],
    ['with its own source', '10.9.9.9', 'unicast 10.0.1.9 e1 10.244.1.1'],
    ['throw leaves the table', '10.9.1.1', 'none'],
    ['unreachable', '10.9.2.1', 'unreachable'],
    ['blackhole', '10.9.3.1', 'blackhole'],
    ['prohibit', '10.9.4.1', 'prohibit'],
    ['a table that no rule names', '10.200.0.1', 'unicast 10.0.0.254 e0 10.0.0.1'],
    ['IPv6 by a gateway', 'fd01::5', 'unicast fd00::9 e0 fd00::1'],
  ])('%s: %s', (_, dst, expected) => expect(look(lab, dst)).toBe(expected))

  test('an interface that is asked for narrows the choice', () => {
    expect(look(lab, '8.8.8.8', { oif: 'r|e1' })).toBe('unicast 10.0.1.254 e1 10.0.1.1')
  })

  test('a link that is down is passed over', () => {
    const other = router()
    other.world.patch('link', 'r|e0', { up: false })
    expect(look(other, '8.8.8.8')).toBe('unicast 10.0.1.254 e1 10.0.1.1')
  })
})

test('policy rules choose the table by mark, source and incoming interface', () => {
  const lab = router()
  ruleAdd(lab.world, { netns: 'r', priority: 10, fwmark: { value: 0x80, mask: 0x80 }, action: { lookup: 100 } })
  ruleAdd(lab.world, { netns: 'r', priority: 11, from: '10.244.1.0/24' as Cidr, iif: 'br0', action: 'blackhole' })
  expect(look(lab, '10.200.0.1')).toBe('unicast 10.0.0.254 e0 10.0.0.1')
  expect(look(lab, '10.200.0.1', { mark: 0xff })).toBe('unicast 10.0.1.200 e1 10.0.1.1')
  expect(look(lab, '10.5.0.1', { mark: 0x80 })).toBe('unicast 10.0.0.254 e0 10.0.0.1')
  expect(look(lab, '8.8.8.8', { src: '10.244.1.10', iif: 'r|br0' })).toBe('blackhole')
  expect(look(lab, '8.8.8.8', { src: '10.244.1.10' })).toMatch(/^unicast/)
})

describe('multipath', () => {
  const ways = (lab: Lab) => {
    const count = { e0: 0, e1: 0 }
    for (let sport = 40000; sport < 40400; sport++) {
      const tuple = { proto: 'tcp', src: '10.244.1.10', dst: '10.7.0.1', sport, dport: 80 }
      count[look(lab, '10.7.0.1', { src: '10.244.1.10', tuple }).includes('e0') ? 'e0' : 'e1']++
    }
    return count
  }

  test('hash policy 0: all connections between two hosts take one way', () => {
    const { e0, e1 } = ways(router())
    expect([e0, e1].sort((a, b) => a - b)).toEqual([0, 400])
  })

  test('hash policy 1: they spread by weight', () => {
    const { e0, e1 } = ways(router().sysctl('r', 'net.ipv4.fib_multipath_hash_policy', '1'))
    expect(e0 + e1).toBe(400)
    expect(e0).toBeGreaterThan(60)
    expect(e0).toBeLessThan(140)
  })
})

test('what was learned about a path narrows its MTU until it expires', () => {
  const lab = router()
  const mtu = () => {
    const found = routeLookup(lab.ctx, { netns: 'r', dst: '8.8.8.8' as Ip })
    return 'route' in found ? found.mtu : undefined
  }
  lab.world.put('pmtu', { id: 'r|8.8.8.8', netns: 'r', dst: '8.8.8.8' as Ip, mtu: 1400, expiresUs: 5 })
  expect(mtu()).toBe(1400)
  lab.world.patch('clock', 'clock', { now: 6 })
  expect(mtu()).toBe(1500)
})
