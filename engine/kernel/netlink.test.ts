import { describe, expect, test } from 'vitest'
import { Lab } from '../testing/lab.ts'
import type { Ip, Mac } from '../net/address.ts'
import * as nl from './netlink.ts'
import { rulesOf } from './fib/rules.ts'
import type { NetlinkResult } from './netlink.ts'

/** A host `h` with a bridge `br0` 10.1.0.1/24 and a veth pair `v0` - `v1` in it, all up. */
function oneHost(): Lab {
  return new Lab()
    .host('h')
    .link({ netns: 'h', name: 'br0', kind: 'bridge', up: true })
    .link({ netns: 'h', name: 'v0', kind: 'veth', up: true, peer: { netns: 'h', name: 'v1', up: true } })
    .addr('h', 'br0', '10.1.0.1/24')
}

const routes = (lab: Lab, netns = 'h', family = 'ipv4') =>
  lab.world
    .by('route', 'netnsFamily', `${netns}|${family}`)
    .map(
      (row) =>
        `${row.table} ${row.type} ${row.dst} ${row.nexthops.map((hop) => `${hop.via ?? '-'} ${hop.dev.split('|')[1]}`).join()} ${row.src ?? '-'}`,
    )

const errno = (result: NetlinkResult) => (result.ok ? 'ok' : `${result.error.errno} ${result.error.message}`)

describe('routes that follow from addresses', () => {
  test('a new address brings its local, connected and broadcast routes', () => {
    const lab = oneHost()
    expect(routes(lab).filter((line) => line.includes('10.1'))).toEqual([
      '254 unicast 10.1.0.0/24 - br0 10.1.0.1',
      '255 broadcast 10.1.0.255/32 - br0 10.1.0.1',
      '255 local 10.1.0.1/32 - br0 10.1.0.1',
    ])
  })

  test('a /32 has no connected route, a second address of a subnet is secondary and shares the primary as source', () => {
    const lab = oneHost().addr('h', 'v0', '10.9.0.0/32').addr('h', 'br0', '10.1.0.9/24')
    expect(routes(lab).filter((line) => line.includes('10.9'))).toEqual(['255 local 10.9.0.0/32 - v0 10.9.0.0'])
    expect(routes(lab)).toContain('255 local 10.1.0.9/32 - br0 10.1.0.1')
    expect(lab.world.get('addr', 'h|br0|10.1.0.9/24')?.secondary).toBe(true)
  })

  test('removing the primary removes its secondaries and everything derived', () => {
    const lab = oneHost().addr('h', 'br0', '10.1.0.9/24')
    nl.addrDel(lab.world, { link: 'h|br0', address: '10.1.0.1/24' })
    expect(lab.world.by('addr', 'link', 'h|br0').filter((row) => row.family === 'ipv4')).toEqual([])
    expect(routes(lab).filter((line) => line.includes('10.1'))).toEqual([])
  })

  test('loopback coming up brings 127.0.0.1 and ::1', () => {
    expect(routes(oneHost()).filter((line) => line.includes('127'))).toEqual([
      '255 broadcast 127.255.255.255/32 - lo 127.0.0.1',
      '255 local 127.0.0.0/8 - lo 127.0.0.1',
      '255 local 127.0.0.1/32 - lo 127.0.0.1',
    ])
    expect(routes(oneHost(), 'h', 'ipv6')).toContain('255 local ::1/128 - lo -')
  })

  test('an up link has a link-local IPv6 address of its MAC, unless IPv6 is off', () => {
    const lab = oneHost().link({ netns: 'h', name: 'x', kind: 'dummy', mac: '52:54:00:00:00:11' as Mac, up: true })
    expect(lab.world.by('addr', 'link', 'h|x').map((row) => row.address)).toEqual(['fe80::5054:ff:fe00:11'])
    lab.sysctl('h', 'net.ipv6.conf.all.disable_ipv6', '1').link({ netns: 'h', name: 'y', kind: 'dummy', up: true })
    expect(lab.world.by('addr', 'link', 'h|y')).toEqual([])
    expect(errno(nl.addrAdd(lab.world, { link: 'h|y', address: 'fd00::1/64' }))).toMatch(/^EACCES/)
  })

  test('a link that goes down takes all routes through it; up again, only derived ones return', () => {
    const lab = oneHost().route('h', '10.2.0.0/16', { via: '10.1.0.7' })
    nl.linkSet(lab.world, 'h|br0', { up: false })
    expect(routes(lab).filter((line) => line.includes('br0'))).toEqual([])
    nl.linkSet(lab.world, 'h|br0', { up: true })
    expect(routes(lab).filter((line) => line.includes('br0'))).toHaveLength(3)
  })
})

describe('what the kernel refuses, in its words', () => {
  const lab = oneHost()
    .route('h', '10.2.0.0/16', { via: '10.1.0.7' })
    .neigh('h', 'br0', '10.1.0.8', '02:00:00:00:00:08')
  const tx = lab.world
  const refusals: readonly (readonly [string, () => NetlinkResult, string])[] = [
    [
      'a gateway on no link',
      () => nl.routeAdd(tx, { netns: 'h', dst: '10.3.0.0/16', via: '9.9.9.9' as Ip }),
      'ENETUNREACH Error: Nexthop has invalid gateway.',
    ],
    [
      'a gateway on another link',
      () => nl.routeAdd(tx, { netns: 'h', dst: '10.3.0.0/16', via: '10.1.0.7' as Ip, dev: 'h|v0' }),
      'ENETUNREACH Error: Nexthop has invalid gateway.',
    ],
    [
      'a gateway that is behind another gateway',
      () => nl.routeAdd(tx, { netns: 'h', dst: '10.3.0.0/16', via: '10.2.0.1' as Ip }),
      'ENETUNREACH Error: Nexthop has invalid gateway.',
    ],
    [
      'oneself as gateway',
      () => nl.routeAdd(tx, { netns: 'h', dst: '10.3.0.0/16', via: '10.1.0.1' as Ip }),
      'ENETUNREACH Error: Nexthop has invalid gateway.',
    ],
    [
      'an onlink gateway, anywhere',
      () => nl.routeAdd(tx, { netns: 'h', dst: '10.3.0.0/16', via: '9.9.9.9' as Ip, dev: 'h|v0', onlink: true }),
      'ok',
    ],
    [
      'a second route to a prefix',
      () => nl.routeAdd(tx, { netns: 'h', dst: '10.2.0.0/16', dev: 'h|br0' }),
      'EEXIST RTNETLINK answers: File exists',
    ],
    [
      'a second one with another metric',
      () => nl.routeAdd(tx, { netns: 'h', dst: '10.2.0.0/16', dev: 'h|br0', metric: 50 }),
      'ok',
    ],
    [
      'a route by a device that is down',
      () => nl.routeAdd(tx, { netns: 'h', dst: '10.4.0.0/16', dev: 'h|down' }),
      'ENETDOWN Error: Device for nexthop is not up.',
    ],
    [
      'a route by no device',
      () => nl.routeAdd(tx, { netns: 'h', dst: '10.4.0.0/16', dev: 'h|gone' }),
      'ENODEV RTNETLINK answers: No such device',
    ],
    ['a blackhole', () => nl.routeAdd(tx, { netns: 'h', dst: '10.5.0.0/16', type: 'blackhole' }), 'ok'],
    [
      'removing a route that is not',
      () => nl.routeDel(tx, { netns: 'h', dst: '10.77.0.0/16' }),
      'ESRCH RTNETLINK answers: No such process',
    ],
    [
      'an address twice',
      () => nl.addrAdd(tx, { link: 'h|br0', address: '10.1.0.1/24' }),
      'EEXIST Error: ipv4: Address already assigned.',
    ],
    [
      'removing an address that is not',
      () => nl.addrDel(tx, { link: 'h|br0', address: '10.1.0.2/24' }),
      'EADDRNOTAVAIL Error: ipv4: Address not found.',
    ],
    [
      'a neighbour twice',
      () => nl.neighAdd(tx, { link: 'h|br0', address: '10.1.0.8' as Ip, lladdr: '02:00:00:00:00:08' as Mac }),
      'EEXIST RTNETLINK answers: File exists',
    ],
    [
      'removing a neighbour that is not',
      () => nl.neighDel(tx, { link: 'h|br0', address: '10.1.0.9' as Ip }),
      'ENOENT RTNETLINK answers: No such file or directory',
    ],
    [
      'an fdb entry on a link that is no port',
      () => nl.fdbAdd(tx, { link: 'h|v0', mac: '02:00:00:00:00:09' as Mac }),
      'EOPNOTSUPP RTNETLINK answers: Operation not supported',
    ],
    [
      'a link twice',
      () => nl.linkAdd(tx, { netns: 'h', name: 'br0', kind: 'dummy' }),
      'EEXIST RTNETLINK answers: File exists',
    ],
    ['a link of no name', () => nl.linkDel(tx, 'h|gone'), 'ENODEV RTNETLINK answers: No such device'],
    ['loopback', () => nl.linkDel(tx, 'h|lo'), 'EOPNOTSUPP RTNETLINK answers: Operation not supported'],
    [
      'a setting that is none',
      () => nl.sysctlSet(tx, { netns: 'h', key: 'net.ipv4.nonsense', value: '1' }),
      'ENOENT Error: cannot stat /proc/sys/net/ipv4/nonsense.',
    ],
    ['a netns twice', () => nl.netnsAdd(tx, { id: 'h', host: 'h' }), 'EEXIST RTNETLINK answers: File exists'],
  ]
  lab.link({ netns: 'h', name: 'down', kind: 'dummy' })
  test.each(refusals)('%s', (_, attempt, expected) => expect(errno(attempt())).toBe(expected))
})

describe('links', () => {
  test('a veth goes with its other end, in whatever netns that is', () => {
    const lab = oneHost().netns('h', 'pod')
    nl.linkSet(lab.world, 'h|v1', { netns: 'pod', name: 'eth0' } as nl.LinkChange)
    expect(lab.world.get('link', 'h|v0')?.peer).toBe('pod|eth0')
    expect(lab.world.get('link', 'pod|eth0')).toMatchObject({ peer: 'h|v0', up: false })
    nl.netnsDel(lab.world, 'pod')
    expect(lab.world.get('link', 'h|v0')).toBeUndefined()
  })

  test("a bridge has its lowest port's MAC until one is set", () => {
    const lab = oneHost()
    const mac = (id: string) => lab.world.get('link', id)?.mac
    nl.linkSet(lab.world, 'h|v0', { master: 'h|br0' })
    nl.linkSet(lab.world, 'h|v1', { master: 'h|br0' })
    expect(mac('h|br0')).toBe([mac('h|v0') ?? '', mac('h|v1') ?? ''].sort()[0])
    nl.linkSet(lab.world, 'h|br0', { mac: '0a:58:0a:f4:01:01' as Mac })
    nl.linkSet(lab.world, 'h|v0', { master: null })
    expect(mac('h|br0')).toBe('0a:58:0a:f4:01:01')
    expect(lab.world.by('fdb', 'link', 'h|v0')).toEqual([])
  })

  test('a VXLAN device starts 50 below its lower device', () => {
    const lab = oneHost().link({
      netns: 'h',
      name: 'vx',
      kind: 'vxlan',
      vni: 1,
      port: 8472,
      local: '10.1.0.1' as Ip,
      dev: 'h|br0',
    })
    expect(lab.world.get('link', 'h|vx')?.mtu).toBe(1450)
  })

  test('a VXLAN device over IPv6 has 70 below its lower device at most, beside one of the same VNI over IPv4', () => {
    const tunnel = { kind: 'vxlan', vni: 1, port: 8472, dev: 'h|br0', mtu: 1450 } as const
    const lab = oneHost()
      .link({ netns: 'h', name: 'flannel.1', ...tunnel, local: '10.1.0.1' as Ip })
      .link({ netns: 'h', name: 'flannel-v6.1', ...tunnel, local: 'fd00:1::1' as Ip })
    expect(['flannel.1', 'flannel-v6.1'].map((name) => lab.world.get('link', `h|${name}`)?.mtu)).toEqual([1450, 1430])
    expect(errno(nl.linkSet(lab.world, 'h|flannel-v6.1', { mtu: 1450 }))).toMatch(/^EINVAL/)
    expect(errno(nl.linkAdd(lab.world, { netns: 'h', name: 'x', ...tunnel, local: 'fd00:1::1' as Ip }))).toMatch(
      /^EEXIST/,
    )
  })

  test('a /128 has a route of its own in the main table, unlike a /32', () => {
    const lab = oneHost().addr('h', 'v0', 'fd00:9::/128')
    expect(routes(lab, 'h', 'ipv6').filter((line) => line.includes('fd00:9'))).toEqual([
      '254 unicast fd00:9::/128 - v0 -',
      '255 local fd00:9::/128 - v0 -',
    ])
  })

  test('what is removed leaves nothing behind', () => {
    const lab = oneHost()
    const before = lab.world.dump(['addr', 'route', 'neigh', 'fdb', 'sysctl', 'link'])
    lab.link({ netns: 'h', name: 'w0', kind: 'veth', up: true, peer: { netns: 'h', name: 'w1', up: true } })
    nl.linkSet(lab.world, 'h|w0', { master: 'h|br0', hairpin: true })
    lab
      .addr('h', 'w1', '10.8.0.1/24')
      .neigh('h', 'w1', '10.8.0.2', '02:00:00:00:00:02')
      .sysctl('h', 'net.ipv4.conf.w1.rp_filter', '1')
    nl.linkSet(lab.world, 'h|w0', { master: null })
    nl.linkDel(lab.world, 'h|w1')
    const mine = (text: string) => text.split('\n').filter((line) => !line.includes('"name":"br0"'))
    expect(mine(lab.world.dump(['addr', 'route', 'neigh', 'fdb', 'sysctl', 'link']))).toEqual(mine(before))
  })
})

describe('settings', () => {
  test('switching ip_forward switches every interface; one may be switched back', () => {
    const lab = oneHost()
    const value = (key: string) => nl.sysctlValue(lab.world, 'h', key)
    expect(value('net.ipv4.conf.br0.forwarding')).toBe('1')
    lab.sysctl('h', 'net.ipv4.conf.br0.forwarding', '0')
    expect([value('net.ipv4.conf.br0.forwarding'), value('net.ipv4.ip_forward')]).toEqual(['0', '1'])
    lab.sysctl('h', 'net.ipv4.ip_forward', '1')
    expect(value('net.ipv4.conf.br0.forwarding')).toBe('1')
  })

  test('new interfaces copy `default`, new netns copy the root', () => {
    const lab = oneHost()
      .sysctl('h', 'net.ipv4.conf.default.rp_filter', '2')
      .link({ netns: 'h', name: 'flannel.1', kind: 'dummy' })
    expect(nl.sysctlValue(lab.world, 'h', 'net.ipv4.conf.flannel/1.rp_filter')).toBe('2')
    expect(nl.sysctlValue(lab.world, 'h', 'net.ipv4.conf.br0.rp_filter')).toBe('0')
    nl.netnsAdd(lab.world, { id: 'p', host: 'h' })
    expect(nl.sysctlValue(lab.world, 'p', 'net.ipv4.ip_forward')).toBe('1')
    expect(nl.sysctlValue(lab.world, 'p', 'net.bridge.bridge-nf-call-iptables')).toBe('1')
  })
})

describe('policy rules', () => {
  test('a netns is born with three rules; they become rows with the first change', () => {
    const lab = oneHost()
    const list = () => rulesOf(lab.world, 'h', 'ipv4').map((row) => row.priority)
    expect(list()).toEqual([0, 32766, 32767])
    nl.ruleAdd(lab.world, { netns: 'h', fwmark: { value: 0x80, mask: 0x80 }, action: { lookup: 100 } })
    expect(list()).toEqual([0, 32765, 32766, 32767])
    expect(errno(nl.ruleDel(lab.world, { netns: 'h', priority: 5 }))).toMatch(/^ENOENT/)
    expect(errno(nl.ruleDel(lab.world, { netns: 'h', action: { lookup: 100 } }))).toBe('ok')
    expect(list()).toEqual([0, 32766, 32767])
  })
})

describe('syncOwned', () => {
  const wish = (dst: string, via: string) => ({ dst, via: via as Ip })

  test('the smallest change, and nothing the second time', () => {
    const lab = oneHost().route('h', '10.50.0.0/16', { via: '10.1.0.5', owner: 'by hand' })
    const sync = (list: readonly { dst: string; via: Ip }[]) => nl.syncOwned(lab.world, 'flanneld', 'route', 'h', list)
    expect(sync([wish('10.20.0.0/16', '10.1.0.2'), wish('10.30.0.0/16', '10.1.0.3')]).changed).toBe(2)
    expect(sync([wish('10.30.0.0/16', '10.1.0.3'), wish('10.20.0.0/16', '10.1.0.2')]).changed).toBe(0)
    expect(sync([wish('10.30.0.0/16', '10.1.0.4')]).changed).toBe(2)
    expect(routes(lab).filter((line) => /10\.[2-5]0/.test(line))).toEqual([
      '254 unicast 10.30.0.0/16 10.1.0.4 br0 -',
      '254 unicast 10.50.0.0/16 10.1.0.5 br0 -',
    ])
  })

  test('what the kernel refuses is told, the rest is done', () => {
    const lab = oneHost()
    const result = nl.syncOwned(lab.world, 'flanneld', 'route', 'h', [
      wish('10.20.0.0/16', '192.168.20.13'),
      wish('10.30.0.0/16', '10.1.0.3'),
    ])
    expect(result.changed).toBe(1)
    expect(result.refused.map(({ index, error }) => [index, error.message])).toEqual([
      [0, 'Error: Nexthop has invalid gateway.'],
    ])
  })

  test('neighbours and forwarding entries keep their times of use', () => {
    const lab = oneHost().link({
      netns: 'h',
      name: 'vx',
      kind: 'vxlan',
      vni: 1,
      port: 8472,
      local: '10.1.0.1' as Ip,
      dev: 'h|br0',
      up: true,
    })
    const neigh = [{ link: 'h|vx', address: '10.244.2.0' as Ip, lladdr: '02:00:00:00:00:02' as Mac }]
    const fdb = [{ link: 'h|vx', mac: '02:00:00:00:00:02' as Mac, dst: '10.1.0.2' as Ip }]
    expect(
      nl.syncOwned(lab.world, 'flanneld', 'neigh', 'h', neigh).changed +
        nl.syncOwned(lab.world, 'flanneld', 'fdb', 'h', fdb).changed,
    ).toBe(2)
    lab.world.patch('neigh', 'h|vx|10.244.2.0', { usedUs: 77 })
    expect(
      nl.syncOwned(lab.world, 'flanneld', 'neigh', 'h', neigh).changed +
        nl.syncOwned(lab.world, 'flanneld', 'fdb', 'h', fdb).changed,
    ).toBe(0)
    expect(nl.syncOwned(lab.world, 'flanneld', 'fdb', 'h', []).changed).toBe(1)
  })
})
