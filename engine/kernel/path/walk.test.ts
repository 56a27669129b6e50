import { describe, expect, test } from 'vitest'
import type { Ip } from '../../net/address.ts'
import type { Frame, IpPacket } from '../../net/packet.ts'
import { formatWalk } from '../trace/format.ts'
import { flannelLab } from '../../testing/flannel-lab.ts'
import { Lab } from '../../testing/lab.ts'
import { fdbDel, linkDel, linkSet, neighDel, neighReplace, routeDel } from '../netlink.ts'
import type { Step } from '../trace/step.ts'

/** How the walk of a packet ended: disposition, reason, where. */
const end = (lab: Lab, packet = 'p') => {
  const last = lab.steps.find((step) => step.packet === packet && step.branch === '0' && step.end)
  return last
    ? `${last.end?.disposition}${last.end?.reason ? ` ${last.end.reason}` : ''} at ${last.netns}`
    : 'on its way'
}

const ipOf = (step: Step | undefined): IpPacket | undefined => {
  const headers = step?.headers as Frame | IpPacket | undefined // the walk puts one of these there
  if (!headers) return undefined
  return 'kind' in headers ? headers : headers.body.kind === 'ip' ? headers.body : undefined
}

const ttlAt = (lab: Lab, netns: string, packet = 'p') =>
  ipOf(lab.walk(packet).findLast((step) => step.netns === netns))?.ttl
const icmpOf = (lab: Lab) =>
  lab.events
    .filter(({ app }) => app.startsWith('client/'))
    .map(({ event }) =>
      event.type === 'error' ? `${event.errno}${event.icmp ? ` from ${event.icmp.from}` : ''}` : event.type,
    )
    .at(-1)

describe('where a packet goes and what it looks like there', () => {
  test('on one bridge: the same frame, TTL 64', () => {
    const lab = flannelLab()
    lab.tcp('client', '10.244.1.11', 8080, { packet: 'p' })
    expect(end(lab.run())).toBe('delivered at web-a')
    expect(ttlAt(lab, 'web-a')).toBe(64)
    expect(lab.heard('client')?.type).toBe('connected')
  })

  test('through the tunnel: two routed hops, outer TTL 64 without DF, the source port of the flow', () => {
    const lab = flannelLab()
    lab.tcp('client', '10.244.2.11', 8080, { packet: 'p' })
    expect(end(lab.run())).toBe('delivered at web-b')
    expect(ttlAt(lab, 'web-b')).toBe(62)
    const outer = lab.walk('p').find((step) => step.stage === 'encap')
    expect(ipOf(outer)).toMatchObject({
      src: '192.168.10.11',
      dst: '192.168.10.12',
      ttl: 64,
      df: false,
      body: { dport: 8472 },
    })
    expect(outer?.decidedBy).toMatchObject({ table: 'fdb', row: { dst: '192.168.10.12' } })
    expect(outer?.after).toMatchObject({ 'outer.ip.dst': '192.168.10.12', 'vxlan.vni': 1 })
    const ports = lab.steps
      .filter((step) => step.action === 'encapsulated' && step.netns === 'n1')
      .map((step) => step.after?.['outer.udp.sport'])
    expect(new Set(ports).size).toBe(1)
  })

  test('a node reaches a far pod with the address of its tunnel device', () => {
    const lab = flannelLab()
    lab.tcp('n1', '10.244.2.11', 8080, { packet: 'p' })
    expect(end(lab.run())).toBe('delivered at web-b')
    expect(ipOf(lab.walk('p').at(-1))?.src).toBe('10.244.1.0')
  })

  test('to oneself: by way of loopback', () => {
    const lab = flannelLab()
    lab.tcp('web-a', '10.244.1.11', 8080, { packet: 'p' })
    expect(end(lab.run())).toBe('delivered at web-a')
    expect(lab.walk('p').map((step) => step.dev)).toContain('lo')
    expect(lab.world.count('queuedSkb')).toBe(0)
  })

  test('the second packet asks nobody', () => {
    const lab = flannelLab()
    lab.udp('client', '10.244.2.11', 8080, { packet: 'p' })
    lab.run()
    expect(lab.steps.filter((step) => step.stage === 'arp').length).toBeGreaterThan(0)
    lab.steps.length = 0
    lab.udp('client', '10.244.2.11', 8080, { packet: 'q' })
    lab.run()
    expect(lab.steps.filter((step) => step.stage === 'arp')).toEqual([])
  })
})

describe('where it dies, and what its sender hears', () => {
  type Case = {
    name: string
    break: (lab: Lab) => unknown
    dst?: string
    end: string
    heard?: string
    send?: (lab: Lab) => unknown
  }
  const cases: readonly Case[] = [
    {
      name: 'no neighbour answers for the far pod',
      break: () => {},
      dst: '10.244.2.99',
      end: 'dropped neigh.unresolved at n2',
      heard: 'EHOSTUNREACH from 10.244.2.0',
    },
    {
      name: 'no neighbour answers here',
      break: () => {},
      dst: '10.244.1.99',
      end: 'dropped neigh.unresolved at client',
      heard: 'EHOSTUNREACH from 10.244.1.10',
    },
    {
      name: 'forwarding is off',
      break: (lab) => lab.sysctl('n1', 'net.ipv4.ip_forward', '0'),
      end: 'dropped forwarding.off at n1',
    },
    {
      name: 'forwarding is off on the device it came in by',
      break: (lab) => lab.sysctl('n1', 'net.ipv4.conf.cni0.forwarding', '0'),
      end: 'dropped forwarding.off at n1',
    },
    {
      name: 'the node has no route',
      break: (lab) => routeDel(lab.world, { netns: 'n1', dst: '10.244.2.0/24' }),
      end: 'dropped route.none at n1',
      heard: 'ENETUNREACH from 10.244.1.1',
    },
    {
      name: 'a blackhole',
      break: (lab) => lab.route('n1', '10.244.2.11/32', { type: 'blackhole' }),
      end: 'dropped route.blackhole at n1',
    },
    {
      name: 'an unreachable route',
      break: (lab) => lab.route('n1', '10.244.2.11/32', { type: 'unreachable' }),
      end: 'dropped route.none at n1',
      heard: 'EHOSTUNREACH from 10.244.1.1',
    },
    {
      name: 'a prohibit route',
      break: (lab) => lab.route('n1', '10.244.2.11/32', { type: 'prohibit' }),
      end: 'dropped route.none at n1',
      heard: 'EHOSTUNREACH from 10.244.1.1',
    },
    {
      name: 'no forwarding entry for the VTEP',
      break: (lab) => fdbDel(lab.world, { link: 'n1|flannel.1', mac: '92:5b:65:01:ef:02' as never }),
      end: 'dropped fdb.missing at n1',
    },
    {
      name: 'another VNI at the far end',
      break: (lab) =>
        lab.world.patch('link', 'n2|flannel.1', {
          vxlan: { vni: 2, port: 8472, local: '192.168.10.12' as Ip, dev: 'n2|eth0', learning: false },
        }),
      end: 'dropped tunnel.peer-unknown at n2',
    },
    {
      name: 'no neighbour entry: ARP on the tunnel goes nowhere',
      break: (lab) => neighDel(lab.world, { link: 'n1|flannel.1', address: '10.244.2.0' as Ip }),
      end: 'dropped neigh.unresolved at n1',
      heard: 'EHOSTUNREACH from 10.244.1.1',
    },
    {
      name: 'the wire is cut',
      break: (lab) => linkSet(lab.world, 'n1|eth0', { cut: true }),
      end: 'dropped neigh.unresolved at n1',
    },
    {
      name: 'the far node is down',
      break: (lab) => lab.world.patch('host', 'n2', { up: false }),
      end: 'dropped neigh.unresolved at n1',
    },
    {
      name: 'strict reverse path filtering, and the way back is another',
      break: (lab) =>
        lab.sysctl('n2', 'net.ipv4.conf.all.rp_filter', '1').route('n2', '10.244.1.10/32', { via: '192.168.10.11' }),
      end: 'dropped rpf.failed at n2',
    },
    {
      name: 'loose reverse path filtering lets that pass',
      break: (lab) =>
        lab.sysctl('n2', 'net.ipv4.conf.all.rp_filter', '2').route('n2', '10.244.1.10/32', { via: '192.168.10.11' }),
      end: 'delivered at web-b',
      heard: 'connected',
    },
    {
      name: "a source that is the node's own",
      break: (lab) => lab.addr('n2', 'eth0', '10.244.1.10/32'),
      end: 'dropped martian.source at n2',
    },
    {
      name: 'the pod is gone, its neighbour entry not',
      break: (lab) => {
        neighReplace(lab.world, { link: 'n2|cni0', address: '10.244.2.11' as Ip, lladdr: '02:00:00:00:00:99' as never })
        linkDel(lab.world, 'n2|veth-web-b')
      },
      end: 'dropped bridge.no-port at n2',
    },
    {
      name: 'nothing listens',
      break: () => {},
      send: (lab) => lab.tcp('client', '10.244.2.11', 81, { packet: 'p' }),
      end: 'rejected sock.not-listening at web-b',
      heard: 'ECONNREFUSED',
    },
    {
      name: 'UDP to a closed port',
      break: () => {},
      send: (lab) => lab.udp('client', '10.244.2.11', 81, { packet: 'p' }),
      end: 'rejected sock.not-listening at web-b',
      heard: 'ECONNREFUSED from 10.244.2.11',
    },
  ]
  test.each(cases)('$name', ({ break: breakIt, dst, end: expected, heard, send }) => {
    const lab = flannelLab()
    breakIt(lab)
    if (send) send(lab)
    else lab.tcp('client', dst ?? '10.244.2.11', 8080, { packet: 'p' })
    lab.run(3_500_000)
    expect(end(lab)).toBe(expected)
    expect(icmpOf(lab)).toBe(heard)
  })

  test('a loop uses the TTL up in a moment, and the node that ends it says so', () => {
    const lab = flannelLab()
      .route('n1', '10.99.0.0/16', { via: '192.168.10.12' })
      .route('n2', '10.99.0.0/16', { via: '192.168.10.11' })
    lab.tcp('client', '10.99.0.1', 80, { packet: 'p' })
    lab.run(1_000_000)
    expect(lab.walk('p').filter((step) => step.stage === 'forward' && step.action === 'forwarded')).toHaveLength(63)
    expect(icmpOf(lab)).toMatch(/^EHOSTUNREACH from 10\.244\.2\.0/)
    expect(lab.events.at(-1)?.at).toBeLessThan(20_000)
  })
})

describe('neighbours', () => {
  test('three questions, one second apart, then FAILED; the next packet asks again', () => {
    const lab = flannelLab()
    lab.udp('client', '10.244.1.99', 80, { packet: 'p' })
    lab.run(3_500_000)
    const asked = () => lab.steps.filter((step) => step.action === 'asks').map((step) => step.at)
    expect(asked()).toEqual([0, 1_000_000, 2_000_000])
    expect(lab.world.get('neigh', 'client|eth0|10.244.1.99')?.state).toBe('FAILED')
    lab.udp('client', '10.244.1.99', 80, { packet: 'q' })
    lab.run(4_000_000)
    expect(asked()).toHaveLength(4)
  })

  test('an entry goes stale with time, is used as it is, and is checked five seconds later', () => {
    const lab = flannelLab()
    lab.udp('client', '10.244.1.11', 8080, { packet: 'p' })
    lab.run(40_000_000)
    lab.steps.length = 0
    lab.udp('client', '10.244.1.11', 8080, { packet: 'q' })
    expect(lab.walk('q').find((step) => step.stage === 'neighbour')?.detail).toMatch(/DELAY/)
    lab.run()
    expect(lab.world.get('event', 'neigh-timer/client|eth0|10.244.1.11')).toMatchObject({ background: true })
  })

  test('parked packets go on when the entry is given by hand', () => {
    const lab = flannelLab()
    lab.udp('client', '10.244.1.99', 80, { packet: 'p' })
    lab.neigh('client', 'eth0', '10.244.1.99', lab.world.get('link', 'web-a|eth0')?.mac ?? '')
    lab.run(2_000_000)
    expect(formatWalk(lab.steps)).toContain('p[0.1] web-a/eth0 receive')
    expect(lab.world.count('queuedSkb')).toBe(0)
  })

  test('proxy_arp answers for what lies behind another device; a proxy entry for one address', () => {
    const lab = new Lab().host('h').netns('h', 'pod').netns('h', 'other')
    for (const [pod, n] of [
      ['pod', 10],
      ['other', 20],
    ] as const) {
      lab.link({ netns: 'h', name: `cali${n}`, kind: 'veth', up: true, peer: { netns: pod, name: 'eth0', up: true } })
      lab
        .addr(pod, 'eth0', `10.65.0.${n}/32`)
        .route(pod, '169.254.1.1/32', { dev: 'eth0' })
        .route(pod, 'default', { via: '169.254.1.1', dev: 'eth0' })
      lab.route('h', `10.65.0.${n}/32`, { dev: `cali${n}` })
    }
    lab
      .link({ netns: 'h', name: 'up', kind: 'dummy', up: true })
      .addr('h', 'up', '192.168.0.1/24')
      .route('h', 'default', { via: '192.168.0.254' })
    lab.echo('other', 'udp', 53)
    lab.udp('pod', '10.65.0.20', 53, { packet: 'p' })
    lab.run(3_500_000)
    expect(end(lab)).toBe('dropped neigh.unresolved at pod')
    lab.sysctl('h', 'net.ipv4.conf.cali10.proxy_arp', '1')
    neighReplace(lab.world, { link: 'h|cali20', address: '169.254.1.1' as Ip, proxy: true })
    lab.udp('pod', '10.65.0.20', 53, { packet: 'q' })
    lab.run(8_000_000)
    expect(end(lab, 'q')).toBe('delivered at other')
    expect(ttlAt(lab, 'other', 'q')).toBe(63)
    expect(lab.steps.find((step) => step.action === 'answered' && step.packet === 'q')?.decidedBy).toMatchObject({
      table: 'sysctl',
      id: 'h|net.ipv4.conf.cali10.proxy_arp',
    })
    expect(lab.heard('pod')?.type).toBe('datagram')
  })
})

describe('bridges', () => {
  const three = (options: { hairpin?: boolean } = {}) => {
    const lab = new Lab()
      .host('h')
      .link({ netns: 'h', name: 'br0', kind: 'bridge', up: true })
      .addr('h', 'br0', '10.0.0.1/24')
    for (const n of [2, 3, 4])
      lab
        .pod('h', `p${n}`, {
          bridge: 'br0',
          address: `10.0.0.${n}/24`,
          via: '10.0.0.1',
          hairpin: options.hairpin ?? false,
        })
        .echo(`p${n}`, 'udp', 53)
    return lab
  }

  test('isolated ports reach the host but not each other', () => {
    const lab = three()
    for (const n of [2, 3]) linkSet(lab.world, `h|veth-p${n}`, { isolated: true })
    lab.udp('p2', '10.0.0.3', 53, { packet: 'a' })
    lab.udp('p2', '10.0.0.4', 53, { packet: 'b' })
    lab.run(3_500_000)
    expect([end(lab, 'a'), end(lab, 'b')]).toEqual(['dropped neigh.unresolved at p2', 'delivered at p4'])
  })

  test('an unknown MAC is flooded, a learned one is not; after the ageing time it is unknown again', () => {
    const lab = three()
    lab.udp('p2', '10.0.0.3', 53, { packet: 'a' })
    lab.run()
    const flooded = (packet: string) => lab.walk(packet).some((step) => step.action === 'flooded')
    expect(flooded('a')).toBe(false)
    const mac = lab.world.get('link', 'p3|eth0')?.mac
    expect(lab.world.oneBy('fdb', 'bridgeMac', `h|br0|${mac}`)?.link).toBe('h|veth-p3')
    lab.world.patch('clock', 'clock', { now: 400_000_000 })
    neighReplace(lab.world, { link: 'p2|eth0', address: '10.0.0.3' as Ip, lladdr: mac })
    lab.udp('p2', '10.0.0.3', 53, { packet: 'b' })
    lab.run()
    expect(flooded('b')).toBe(true)
    expect(lab.steps.filter((step) => step.packet === 'b' && step.end?.disposition === 'delivered')).toHaveLength(1)
  })

  test('a MAC that moves is learned where it is now', () => {
    const lab = three()
    const mac = lab.world.get('link', 'p3|eth0')?.mac
    lab.udp('p3', '10.0.0.1', 9, { packet: 'a' })
    lab.run(4_000_000)
    linkSet(lab.world, 'p3|eth0', { mac: '02:00:00:00:00:03' as never })
    linkSet(lab.world, 'p4|eth0', { mac })
    lab.udp('p4', '10.0.0.1', 9, { packet: 'b' })
    lab.run(8_000_000)
    expect(lab.world.oneBy('fdb', 'bridgeMac', `h|br0|${mac}`)?.link).toBe('h|veth-p4')
  })

  test('without hairpin a frame does not leave by the port it came in by', () => {
    const lab = three().sysctl('h', 'net.bridge.bridge-nf-call-iptables', '0')
    const mac = lab.world.get('link', 'p3|eth0')?.mac
    lab.udp('p2', '10.0.0.3', 53)
    lab.run()
    // p2 takes p3's MAC for a pod that is behind its own port.
    neighReplace(lab.world, { link: 'p2|eth0', address: '10.0.0.9' as Ip, lladdr: mac })
    lab.world.put('fdb', {
      ...(lab.world.oneBy('fdb', 'bridgeMac', `h|br0|${mac}`) as never as object),
      id: 'moved',
      link: 'h|veth-p2',
    } as never)
    lab.world.delete('fdb', `h|veth-p3|${mac}|h|br0`)
    lab.udp('p2', '10.0.0.9', 53, { packet: 'p' })
    lab.run()
    expect(end(lab)).toBe('dropped bridge.hairpin-off at h')
    linkSet(lab.world, 'h|veth-p2', { hairpin: true })
    lab.udp('p2', '10.0.0.9', 53, { packet: 'q' })
    lab.run()
    expect(lab.walk('q').map((step) => `${step.netns} ${step.stage}`)).toContain('p2 receive')
  })
})

describe('size', () => {
  const wide = () => flannelLab({ podMtu: 1500 })

  test('with DF the node says how large it may be, and the sender remembers', () => {
    const lab = wide()
    lab.ping('client', '10.244.2.11', { bytes: 1472, packet: 'p' })
    lab.run()
    expect(end(lab)).toBe('dropped mtu.needs-frag at n1')
    expect(ipOf(lab.walk('p/icmp')[0])).toMatchObject({
      src: '10.244.1.1',
      tos: 192,
      df: false,
      body: { code: 'frag-needed', mtu: 1450 },
    })
    expect(lab.world.get('pmtu', 'client|10.244.2.11')?.mtu).toBe(1450)
    lab.ping('client', '10.244.2.11', { bytes: 1472, seq: 2, packet: 'q' })
    lab.run()
    expect(lab.walk('q').some((step) => step.action === 'fragmented')).toBe(true)
    expect(end(lab, 'q')).toBe('delivered at web-b')
  })

  test('TCP learns and goes on with smaller segments', () => {
    const lab = wide()
    const made = lab.tcp('client', '10.244.2.11', 8080, { packet: 'p' })
    lab.run()
    if ('id' in made) lab.say(made.id, 6000)
    lab.run()
    const echoed = lab.events
      .filter(({ app, event }) => app === 'client/client' && event.type === 'stream')
      .reduce((sum, { event }) => sum + (event.type === 'stream' ? event.data.bytes : 0), 0)
    expect(echoed).toBe(6000)
  })

  test('an underlay that is too small fragments the outer packet; the far node puts it together; the sender learns nothing', () => {
    const lab = flannelLab()
    for (const id of ['n1|eth0', 'lan|p-n1', 'lan|br0', 'lan|p-n2', 'n2|eth0']) linkSet(lab.world, id, { mtu: 1400 })
    lab.ping('client', '10.244.2.11', { bytes: 1422, packet: 'p' })
    lab.run()
    expect(end(lab)).toBe('delivered at web-b')
    expect(lab.walk('p').map((step) => step.action)).toEqual(expect.arrayContaining(['fragmented', 'reassembled']))
    expect(lab.world.count('pmtu')).toBe(0)
    expect(lab.heard('client')?.type).toBe('echo-reply')
  })
})

test('IPIP copies the inner TTL and DF', () => {
  const lab = new Lab().host('a').host('b').wire({ netns: 'a', name: 'eth0' }, { netns: 'b', name: 'eth0' })
  for (const [host, n, far] of [
    ['a', 1, 2],
    ['b', 2, 1],
  ] as const) {
    lab
      .addr(host, 'eth0', `192.168.0.${n}/24`)
      .link({ netns: host, name: 'tunl0', kind: 'ipip', local: '0.0.0.0' as Ip, up: true })
      .addr(host, 'tunl0', `10.${n}.0.0/32`)
    lab.route(host, `10.${far}.0.0/16`, { via: `192.168.0.${far}`, dev: 'tunl0', onlink: true })
    lab
      .netns(host, `pod${n}`)
      .link({ netns: host, name: 'veth0', kind: 'veth', up: true, peer: { netns: `pod${n}`, name: 'eth0', up: true } })
    lab
      .addr(`pod${n}`, 'eth0', `10.${n}.0.5/24`)
      .addr(host, 'veth0', `10.${n}.0.1/24`)
      .route(`pod${n}`, 'default', { via: `10.${n}.0.1` })
  }
  lab.echo('pod2', 'tcp', 80).tcp('pod1', '10.2.0.5', 80, { packet: 'p' })
  lab.run()
  expect(end(lab)).toBe('delivered at pod2')
  expect(ipOf(lab.walk('p').find((step) => step.stage === 'encap'))).toMatchObject({
    src: '192.168.0.1',
    dst: '192.168.0.2',
    ttl: 63,
    df: true,
    body: { kind: 'ipip' },
  })
  expect(ttlAt(lab, 'pod2')).toBe(62)
})

describe('IPv6', () => {
  const lab6 = () => {
    const lab = flannelLab()
    for (const n of [1, 2])
      lab.addr(`n${n}`, 'eth0', `fd00:192::${n}/64`).addr(`n${n}`, 'cni0', `fd00:10:244:${n}::1/64`)
    lab
      .route('n1', 'fd00:10:244:2::/64', { via: 'fd00:192::2' })
      .route('n2', 'fd00:10:244:1::/64', { via: 'fd00:192::1' })
    for (const [pod, n, host] of [
      ['client', 1, '10'],
      ['web-a', 1, '11'],
      ['web-b', 2, '11'],
    ] as const) {
      lab
        .addr(pod, 'eth0', `fd00:10:244:${n}::${host}/64`)
        .route(pod, 'default', { family: 'ipv6', via: `fd00:10:244:${n}::1` })
    }
    return lab
  }
  test.each([
    ['on the bridge', 'fd00:10:244:1::11', 'web-a', 64],
    ['across nodes', 'fd00:10:244:2::11', 'web-b', 62],
  ])('%s', (_, dst, pod, hops) => {
    const lab = lab6()
    lab.tcp('client', dst, 8080, { packet: 'p' })
    lab.run()
    expect(end(lab)).toBe(`delivered at ${pod}`)
    expect(ttlAt(lab, pod)).toBe(hops)
    expect(lab.heard('client')?.type).toBe('connected')
    expect(lab.steps.find((step) => step.action === 'asks')?.summary).toMatch(/neighbor solicitation/)
  })

  test('nobody there: address unreachable after three solicitations', () => {
    const lab = lab6()
    lab.tcp('client', 'fd00:10:244:2::99', 8080, { packet: 'p' })
    lab.run(3_500_000)
    expect(end(lab)).toBe('dropped neigh.unresolved at n2')
    expect(icmpOf(lab)).toMatch(/^EHOSTUNREACH/)
  })
})

test('programs on a device hook: by row, in order of priority, and they decide', async () => {
  const { runPrograms } = await import('./programs.ts')
  const lab = flannelLab()
  const link = lab.world.get('link', 'n1|eth0')
  if (!link) throw new Error('no link')
  for (const [program, priority] of [
    ['drop', 20],
    ['mark', 10],
  ] as const) {
    lab.world.put('hook', {
      id: `n1|eth0|${program}`,
      netns: 'n1',
      link: link.id,
      hook: 'tc-ingress',
      priority,
      program,
    })
  }
  const seen: string[] = []
  const verdict = runPrograms(
    lab.ctx,
    'tc-ingress',
    link,
    { packet: 'p', branch: '0', netns: 'n1', mark: 0, priority: 0, depth: 0 },
    {
      mark: (_ctx, skb) => {
        seen.push('mark')
        return { kind: 'pass', skb: { ...skb, mark: 7 } }
      },
      drop: (_ctx, skb) => {
        seen.push(`drop mark=${skb.mark}`)
        return { kind: 'drop', reason: 'policy.ingress', detail: 'said no' }
      },
    },
  )
  expect([seen, verdict.kind, end(lab)]).toEqual([['mark', 'drop mark=7'], 'drop', 'dropped policy.ingress at n1'])
})
