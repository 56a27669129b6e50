import { describe, expect, test } from 'vitest'
import {
  answer,
  FORWARD,
  INCOMING,
  type NetfilterLab,
  netfilterLab,
  OUTGOING,
  ping,
  route,
  tcp,
  udp,
  unreachable,
} from '../../testing/netfilter-lab.ts'
import type { NfResult } from '../contract.ts'
import { tupleKey } from './tuple.ts'

const CLIENT = '10.244.1.10:40000'
const VIP = '10.96.20.30:80'
const POD = '10.244.2.11:8080'

/** kube-proxy's rules for one Service with one endpoint, as far as a packet meets them. */
const WEB = `*nat
:KUBE-SERVICES - [0:0]
:KUBE-SVC-WEB - [0:0]
:KUBE-SEP-B - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
-A KUBE-SERVICES -d 10.96.20.30 -p tcp --dport 80 -j KUBE-SVC-WEB
-A KUBE-SERVICES -d 10.96.20.30 -p udp --dport 80 -j KUBE-SVC-WEB
-A KUBE-SVC-WEB ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-WEB -j KUBE-SEP-B
-A KUBE-SEP-B -s 10.244.2.11 -j KUBE-MARK-MASQ
-A KUBE-SEP-B -p tcp -j DNAT --to-destination 10.244.2.11:8080
-A KUBE-SEP-B -p udp -j DNAT --to-destination 10.244.2.11:8080
COMMIT
`

const web = (): NetfilterLab => {
  const lab = netfilterLab()
  lab.address('eth0', '192.168.10.11', 24)
  lab.address('cni0', '10.244.1.1', 24)
  lab.address('flannel.1', '10.244.1.0', 32)
  lab.rules(WEB)
  return lab
}
const packetOf = (result: NfResult) => {
  if (result.kind !== 'accept' || !result.skb.ip) throw new Error(`not accepted: ${result.kind}`)
  return result.skb.ip
}
const actions = (lab: NetfilterLab) => lab.steps.map((step) => `${step.stage} ${step.action}`)

describe('a netns without rules', () => {
  test('lets pass, tracks nothing, writes nothing', () => {
    const lab = netfilterLab()
    const before = lab.world.position
    expect(route(lab.send(tcp(CLIENT, VIP), FORWARD))).toBe(`${CLIENT} > ${VIP}`)
    expect(lab.world.position).toBe(before)
    expect(lab.steps).toEqual([])
  })

  test('a table nat without a NAT rule does not make it track', () => {
    const lab = netfilterLab()
    lab.rules('*nat\n:FOO - [0:0]\n-A PREROUTING -j FOO\nCOMMIT\n')
    lab.send(tcp(CLIENT, VIP), FORWARD)
    expect(lab.entries()).toEqual([])
  })
})

describe('a ClusterIP by iptables', () => {
  test('the first packet is translated by the DNAT rule, the answer back, in both directions for good', () => {
    const lab = web()
    const there = lab.send(tcp(CLIENT, VIP), FORWARD, { in: 'cni0', out: 'flannel.1' })
    expect(route(there)).toBe(`${CLIENT} > ${POD}`)
    expect(actions(lab)).toEqual(['nat DNAT'])
    expect(lab.steps[0]).toMatchObject({
      decidedBy: { table: 'nfChain', id: 'worker|ipv4|nat|KUBE-SEP-B', rule: 1 },
      before: { 'ip.dst': '10.96.20.30', 'tcp.dport': 80 },
      after: { 'ip.dst': '10.244.2.11', 'tcp.dport': 8080 },
      detail:
        'destination 10.96.20.30:80 becomes 10.244.2.11:8080: nat PREROUTING rule 1 > KUBE-SERVICES rule 1 > KUBE-SVC-WEB rule 2 > KUBE-SEP-B rule 2',
    })
    const back = lab.send(answer(packetOf(there)), FORWARD, { in: 'flannel.1', out: 'cni0' })
    expect(route(back)).toBe(`${VIP} > ${CLIENT}`)
    expect(actions(lab)).toEqual(['nat un-DNAT'])
    expect(route(lab.send(tcp(CLIENT, VIP, '.'), FORWARD))).toBe(`${CLIENT} > ${POD}`)
    expect(lab.entries()).toMatchObject([
      { tcp: 'ESTABLISHED', status: expect.arrayContaining(['ASSURED', 'DST_NAT']) },
    ])
  })

  test('a client outside the cluster is masqueraded to the address of the egress device', () => {
    const lab = web()
    const there = lab.send(tcp('203.0.113.50:5000', VIP), FORWARD, { in: 'eth0', out: 'flannel.1' })
    expect(packetOf(there).src).toBe('10.244.1.0')
    expect(actions(lab)).toEqual(['prerouting MARK', 'nat DNAT', 'nat SNAT'])
    expect(there).toMatchObject({ skb: { mark: 0 } })
    expect(route(lab.send(answer(packetOf(there)), FORWARD))).toBe(`${VIP} > 203.0.113.50:5000`)
    expect(actions(lab)).toEqual(['nat un-SNAT', 'nat un-DNAT'])
  })

  test('a device without addresses lends the first one of the host', () => {
    const lab = web()
    const there = lab.send(tcp('203.0.113.50:5000', VIP), FORWARD, { in: 'eth0', out: 'cali1' })
    expect(packetOf(there).src).toBe('192.168.10.11')
  })

  test('the host itself is translated in OUTPUT and masqueraded on the way out', () => {
    const lab = web()
    const there = lab.send(tcp('192.168.10.11:6000', VIP), OUTGOING, { out: 'cni0' })
    expect(packetOf(there)).toMatchObject({ src: '10.244.1.1', dst: '10.244.2.11' })
    expect(route(lab.send(answer(packetOf(there)), INCOMING, { in: 'cni0' }))).toBe(`${VIP} > 192.168.10.11:6000`)
  })

  test('an ICMP error about the endpoint comes back from the Service, quoting the Service', () => {
    const lab = web()
    const there = packetOf(lab.send(tcp(CLIENT, VIP), FORWARD, { in: 'cni0', out: 'flannel.1' }))
    const error = packetOf(lab.send(unreachable('10.244.2.0', '10.244.1.10', there), FORWARD))
    expect(error).toMatchObject({ src: '10.96.20.30', dst: '10.244.1.10' })
    expect(error.body).toMatchObject({
      quoted: { src: '10.244.1.10', dst: '10.96.20.30', body: { sport: 40_000, dport: 80 } },
    })
  })

  test('an ICMP error about a masqueraded flow finds the client behind it', () => {
    const lab = web()
    const there = packetOf(lab.send(tcp('203.0.113.50:5000', VIP), FORWARD, { in: 'eth0', out: 'flannel.1' }))
    const error = packetOf(lab.send(unreachable('10.244.2.0', '10.244.1.0', there), FORWARD))
    expect(error).toMatchObject({ src: '10.96.20.30', dst: '203.0.113.50' })
    expect(error.body).toMatchObject({
      quoted: { src: '203.0.113.50', dst: '10.96.20.30', body: { sport: 5000, dport: 80 } },
    })
  })

  test('a UDP flow that began before the rules keeps its entry; another source port is translated at once', () => {
    const lab = netfilterLab()
    lab.rules('*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n')
    expect(route(lab.send(udp(CLIENT, VIP), FORWARD))).toBe(`${CLIENT} > ${VIP}`)
    lab.rules(WEB)
    lab.pass(20)
    expect(route(lab.send(udp(CLIENT, VIP), FORWARD))).toBe(`${CLIENT} > ${VIP}`)
    expect(actions(lab)).toContain('nat kept')
    lab.pass(20)
    expect(route(lab.send(udp(CLIENT, VIP), FORWARD)), 'each datagram refreshes it').toBe(`${CLIENT} > ${VIP}`)
    expect(route(lab.send(udp('10.244.1.10:40001', VIP), FORWARD))).toBe(`10.244.1.10:40001 > ${POD}`)
  })

  test('a packet that dies on the way leaves no entry', () => {
    const lab = web()
    lab.rules('*filter\n-A FORWARD -p tcp -j DROP\nCOMMIT\n')
    expect(route(lab.send(tcp(CLIENT, VIP), FORWARD))).toBe('drop fw.forward-drop')
    expect(lab.entries()).toEqual([])
    expect(lab.steps.at(-1)).toMatchObject({
      action: 'dropped',
      end: { disposition: 'dropped', reason: 'fw.forward-drop' },
    })
  })

  test('two clients that would share a source port get different ones', () => {
    const lab = netfilterLab()
    lab.address('eth0', '192.168.10.11', 24)
    lab.rules('*nat\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n')
    const [a, b] = ['10.244.1.10:40000', '10.244.1.11:40000'].map((from) =>
      packetOf(lab.send(tcp(from, '203.0.113.50:80'), FORWARD, { out: 'eth0' })),
    )
    expect(a).toMatchObject({ src: '192.168.10.11', body: { sport: 40_000 } })
    expect(b.src).toBe('192.168.10.11')
    expect(b.body).not.toMatchObject({ sport: 40_000 })
  })
})

describe('verdicts', () => {
  const filter = (rules: string, policy = 'ACCEPT') => {
    const lab = netfilterLab()
    lab.rules(`*filter\n:FORWARD ${policy} [0:0]\n:A - [0:0]\n:B - [0:0]\n${rules}\nCOMMIT\n`)
    return lab
  }

  test.each([
    ['policy DROP', '', 'DROP', 'drop fw.forward-drop'],
    [
      'RETURN in a chain goes on after the jump',
      '-A FORWARD -j A\n-A FORWARD -j DROP\n-A A -j RETURN\n-A A -j ACCEPT',
      'ACCEPT',
      'drop fw.forward-drop',
    ],
    [
      'a goto does not come back to its chain',
      '-A FORWARD -j A\n-A FORWARD -j ACCEPT\n-A A -g B\n-A A -j DROP',
      'DROP',
      `${CLIENT} > ${VIP}`,
    ],
    [
      'RETURN in a base chain is its policy',
      '-A FORWARD -j RETURN\n-A FORWARD -j ACCEPT',
      'DROP',
      'drop fw.forward-drop',
    ],
    ['REJECT', '-A FORWARD -p tcp -j REJECT --reject-with tcp-reset', 'ACCEPT', 'reject'],
    ['an empty chain lets pass', '-A FORWARD -j A', 'ACCEPT', `${CLIENT} > ${VIP}`],
    [
      'a mark is seen by later rules',
      '-A FORWARD -j MARK --set-mark 0x10\n-A FORWARD -m mark --mark 0x10/0xf0 -j DROP',
      'ACCEPT',
      'drop fw.forward-drop',
    ],
    [
      'INVALID has its own reason',
      '-A FORWARD -p tcp -m conntrack --ctstate INVALID -j DROP',
      'ACCEPT',
      `${CLIENT} > ${VIP}`,
    ],
  ])('%s', (_what, rules, policy, expected) => {
    expect(route(filter(rules, policy).send(tcp(CLIENT, VIP), FORWARD))).toBe(expected)
  })

  test('a SYN-ACK that nobody asked for is INVALID', () => {
    const lab = filter('-A FORWARD -m conntrack --ctstate INVALID -j DROP')
    expect(route(lab.send(tcp(CLIENT, VIP, 'S.'), FORWARD))).toBe('drop ct.invalid')
  })

  test('the rule names what its owner calls the death of a packet', () => {
    const lab = filter('-A FORWARD -p tcp -j REJECT')
    const row = lab.world.get('nfChain', 'worker|ipv4|filter|FORWARD')
    if (!row) throw new Error('no chain')
    lab.world.put('nfChain', { ...row, rules: row.rules.map((rule) => ({ ...rule, reason: 'service.no-endpoints' })) })
    expect(lab.send(tcp(CLIENT, VIP), FORWARD)).toMatchObject({
      kind: 'reject',
      reason: 'service.no-endpoints',
      with: 'icmp-port-unreachable',
    })
  })

  test('counters count packets and bytes of rules and policies', () => {
    const lab = filter('-A FORWARD -s 10.244.0.0/16 -j A\n-A FORWARD -s 10.0.0.0/16 -j A')
    lab.send(tcp(CLIENT, VIP), FORWARD)
    lab.send(tcp(CLIENT, VIP, '.', 10), FORWARD)
    const counted = lab.world.by('nfCount', 'chain', 'worker|ipv4|filter|FORWARD')
    expect(counted.map((row) => [row.rule, row.packets, row.bytes])).toEqual([
      [-1, 2, 60 + 62],
      [0, 2, 60 + 62],
    ])
  })
})

describe('matches', () => {
  const matches = (spec: string, send: (lab: NetfilterLab) => NfResult) => {
    const lab = netfilterLab()
    lab.address('eth0', '192.168.10.11', 24)
    lab.rules(`*filter\n-A FORWARD ${spec} -j DROP\nCOMMIT\n`)
    return send(lab).kind === 'drop'
  }
  const syn =
    (from: string, to: string, at = {}) =>
    (lab: NetfilterLab) =>
      lab.send(tcp(from, to), FORWARD, at)

  test.each([
    ['-s 10.244.0.0/16', syn('10.244.9.9:1', VIP), true],
    ['! -s 10.244.0.0/16', syn('10.244.9.9:1', VIP), false],
    ['-s 10.244.8.0/21', syn('10.244.16.0:1', VIP), false],
    ['-p tcp --dport 80', syn(CLIENT, VIP), true],
    ['-p udp --dport 80', syn(CLIENT, VIP), false],
    ['-p tcp --dport 79:81', syn(CLIENT, VIP), true],
    ['-p tcp -m multiport --dports 22,80', syn(CLIENT, VIP), true],
    ['-p tcp -m multiport ! --dports 22,80', syn(CLIENT, VIP), false],
    ['-p tcp --syn', syn(CLIENT, VIP), true],
    ['-p tcp ! --syn', syn(CLIENT, VIP), false],
    ['-i cni0', syn(CLIENT, VIP, { in: 'cni0' }), true],
    ['-i cni+', syn(CLIENT, VIP, { in: 'cni0' }), true],
    ['! -i cni0', syn(CLIENT, VIP, { in: 'cni0' }), false],
    ['-o eth0', syn(CLIENT, VIP, { in: 'cni0', out: 'eth1' }), false],
    ['-m addrtype --dst-type LOCAL', syn(CLIENT, '192.168.10.11:30080'), true],
    ['-m addrtype --dst-type LOCAL', syn(CLIENT, VIP), false],
    ['-m addrtype ! --dst-type LOCAL', syn(CLIENT, VIP), true],
    ['-m physdev --physdev-is-bridged', syn(CLIENT, VIP, { physIn: 'veth1', physOut: 'veth2' }), true],
    ['-m physdev --physdev-is-bridged', syn(CLIENT, VIP), false],
    ['-m physdev --physdev-in veth1', syn(CLIENT, VIP, { physIn: 'veth1' }), true],
    ['-p icmp --icmp-type 8', (lab: NetfilterLab) => lab.send(ping('10.0.0.1', '10.0.0.2'), FORWARD), true],
    ['-p icmp --icmp-type 3/3', (lab: NetfilterLab) => lab.send(ping('10.0.0.1', '10.0.0.2'), FORWARD), false],
    ['-m conntrack --ctstate NEW', syn(CLIENT, VIP), true],
    ['-m conntrack ! --ctstate NEW', syn(CLIENT, VIP), false],
    ['-m comment --comment "says nothing"', syn(CLIENT, VIP), true],
  ])('%s', (spec, send, expected) => {
    expect(matches(spec, send)).toBe(expected)
  })

  test('a set is looked up by what the directions say', () => {
    const lab = netfilterLab()
    lab.rules(
      '*filter\n-A FORWARD -m set --match-set VIPS dst,dst -j DROP\n-A FORWARD -m set --match-set NETS src -j DROP\nCOMMIT\n',
    )
    const set = (name: string, type: string, members: string[]) =>
      lab.world.put('nfSet', { id: `worker|${name}`, netns: 'worker', name, type, family: 'ipv4', members })
    set('VIPS', 'hash:ip,port', ['10.96.20.30,tcp:80'])
    set('NETS', 'hash:net', ['172.16.0.0/12', '172.16.5.0/24 nomatch'])
    expect(route(lab.send(tcp(CLIENT, VIP), FORWARD))).toMatch('drop')
    expect(lab.send(udp(CLIENT, VIP), FORWARD).kind).toBe('accept')
    expect(lab.send(tcp('172.16.9.9:1', '1.1.1.1:1'), FORWARD).kind).toBe('drop')
    expect(lab.send(tcp('172.16.5.9:1', '1.1.1.1:1'), FORWARD).kind).toBe('accept')
  })

  test('recent remembers a source for as long as it says', () => {
    const lab = netfilterLab()
    lab.rules(
      '*filter\n-A FORWARD -m recent --name X --rcheck --seconds 60 --reap -j DROP\n-A FORWARD -m recent --name X --set -j ACCEPT\nCOMMIT\n',
    )
    expect(lab.send(tcp(CLIENT, VIP), FORWARD).kind).toBe('accept')
    lab.pass(59)
    expect(lab.send(tcp(CLIENT, VIP), FORWARD).kind).toBe('drop')
    expect(lab.send(tcp('10.244.1.99:1', VIP), FORWARD).kind).toBe('accept')
    lab.pass(2)
    expect(lab.send(tcp(CLIENT, VIP), FORWARD).kind).toBe('accept')
  })

  test('statistic asks the dice with its odds, so that every outcome can be walked', () => {
    const lab = netfilterLab()
    lab.rules('*filter\n-A FORWARD -m statistic --mode random --probability 0.3333333333 -j DROP\nCOMMIT\n')
    const asked: unknown[] = []
    for (const [draw, expected] of [
      [0.2, 'drop'],
      [0.9, 'accept'],
    ] as const) {
      lab.dice = (stream, chances) => {
        asked.push([stream, chances])
        return draw
      }
      expect(lab.send(tcp(CLIENT, VIP), FORWARD).kind).toBe(expected)
    }
    expect(asked[0]).toEqual(['statistic/worker/FORWARD', { yes: 715_827_883 / 2 ** 31 }])
  })
})

describe('many rules', () => {
  const vip = (i: number) => `10.96.${i >> 8}.${i & 255}`
  const many = (lab: NetfilterLab, n: number) => {
    const numbers = Array.from({ length: n }, (_, i) => i)
    lab.rules(`*filter
:S - [0:0]
${numbers.map((i) => `:C${i} - [0:0]`).join('\n')}
-A FORWARD -j S
${numbers.map((i) => `-A S -d ${vip(i)} -p tcp --dport ${i % 2 ? 80 : 443} -j C${i}\n-A C${i} -j ${i % 3 ? 'DROP' : 'ACCEPT'}`).join('\n')}
-A S -p tcp --dport 80 -j REJECT
COMMIT
`)
  }

  test.each([0, 1, 3, 1999, 1998])(
    'packet to Service %i of 2000 meets the rule it would meet in order, and the step names it',
    (i) => {
      const lab = netfilterLab()
      many(lab, 2000)
      const result = lab.send(tcp(CLIENT, `${vip(i)}:${i % 2 ? 80 : 443}`), FORWARD)
      expect(result.kind).toBe(i % 3 ? 'drop' : 'accept')
      expect(lab.steps.at(-1)?.via?.at(-1)).toMatchObject({ id: 'worker|ipv4|filter|S', rule: i })
    },
  )

  test('what only a later rule without destination matches is still found', () => {
    const lab = netfilterLab()
    many(lab, 20)
    expect(lab.send(tcp(CLIENT, '10.99.0.1:80'), FORWARD)).toMatchObject({ kind: 'reject', by: { rule: 20 } })
    expect(lab.send(tcp(CLIENT, '10.99.0.1:81'), FORWARD).kind).toBe('accept')
  })
})

describe('conntrack', () => {
  const tracking = () => {
    const lab = netfilterLab()
    lab.rules('*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n')
    return lab
  }
  const life = (lab: NetfilterLab) =>
    lab.entries().map((row) => Math.round((row.expiresUs - lab.ctx.clock.now) / 1_000_000))

  test('TCP from SYN to TIME_WAIT, with the lifetime of each state', () => {
    const lab = tracking()
    const exchange: readonly [packet: 'there' | 'back', flags: string, state: string, seconds: number][] = [
      ['there', 'S', 'SYN_SENT', 120],
      ['back', 'S.', 'SYN_RECV', 60],
      ['there', '.', 'ESTABLISHED', 432_000],
      ['there', 'P.', 'ESTABLISHED', 432_000],
      ['there', 'F.', 'FIN_WAIT', 120],
      ['back', '.', 'CLOSE_WAIT', 60],
      ['back', 'F.', 'LAST_ACK', 30],
      ['there', '.', 'TIME_WAIT', 120],
    ]
    for (const [way, flags, state, seconds] of exchange) {
      lab.send(way === 'there' ? tcp(CLIENT, VIP, flags) : tcp(VIP, CLIENT, flags), FORWARD)
      expect([lab.entries()[0].tcp, ...life(lab)]).toEqual([state, seconds])
    }
    lab.send(tcp(CLIENT, VIP, 'S'), FORWARD)
    expect(
      lab.entries().map((row) => row.tcp),
      'a new SYN reopens it',
    ).toEqual(['SYN_SENT'])
  })

  test('UDP lives 30 s, 120 s once it is a stream', () => {
    const lab = tracking()
    lab.send(udp(CLIENT, VIP), FORWARD)
    expect(life(lab)).toEqual([30])
    lab.send(udp(VIP, CLIENT), FORWARD)
    lab.pass(3)
    lab.send(udp(CLIENT, VIP), FORWARD)
    expect(life(lab)).toEqual([120])
    lab.pass(121)
    expect(lab.entries()).toEqual([])
  })

  test('sysctls set the lifetimes', () => {
    const lab = tracking()
    const key = 'net.netfilter.nf_conntrack_udp_timeout'
    lab.world.put('sysctl', { id: `worker|${key}`, netns: 'worker', key, value: '5' })
    lab.send(udp(CLIENT, VIP), FORWARD)
    expect(life(lab)).toEqual([5])
  })

  test('a full table drops what would be new', () => {
    const lab = tracking()
    const key = 'net.netfilter.nf_conntrack_max'
    lab.world.put('sysctl', { id: `worker|${key}`, netns: 'worker', key, value: '1' })
    lab.send(udp(CLIENT, VIP), FORWARD)
    expect(route(lab.send(udp('10.244.1.10:40001', VIP), FORWARD))).toBe('drop ct.full')
    expect(lab.send(udp(CLIENT, VIP), FORWARD).kind).toBe('accept')
  })

  test('NOTRACK exempts, and zones keep equal tuples apart', () => {
    const lab = tracking()
    lab.rules('*raw\n-A PREROUTING -i none0 -j NOTRACK\n-A PREROUTING -i zone5 -j CT --zone 5\nCOMMIT\n')
    lab.send(udp(CLIENT, VIP), FORWARD, { in: 'none0' })
    expect(lab.entries()).toEqual([])
    lab.send(udp(CLIENT, VIP), FORWARD, { in: 'zone5' })
    lab.send(udp(CLIENT, VIP), FORWARD, { in: 'eth0' })
    expect(
      lab
        .entries()
        .map((row) => row.zone)
        .sort(),
    ).toEqual([0, 5])
  })

  test('a ping and its answer are one flow', () => {
    const lab = tracking()
    lab.send(ping('10.0.0.1', '10.0.0.2'), FORWARD)
    lab.send(ping('10.0.0.2', '10.0.0.1', 'echo-reply'), FORWARD)
    expect(lab.entries()).toMatchObject([{ status: expect.arrayContaining(['SEEN_REPLY']) }])
    expect(route(lab.send(ping('10.0.0.9', '10.0.0.1', 'echo-reply'), FORWARD))).toBe('drop ct.invalid')
  })

  test('connmarks are saved to the flow and restored from it', () => {
    const lab = netfilterLab()
    lab.rules(
      '*mangle\n-A PREROUTING -i eth0 -j CONNMARK --set-xmark 0x80/0xff\n-A PREROUTING ! -i eth0 -j CONNMARK --restore-mark\nCOMMIT\n',
    )
    lab.send(udp(CLIENT, VIP), FORWARD, { in: 'eth0' })
    expect(lab.send(udp(VIP, CLIENT), FORWARD, { in: 'veth1' })).toMatchObject({ skb: { mark: 0x80 } })
  })

  test('tuples stay unique whatever is sent', () => {
    const lab = web()
    lab.rules('*nat\n-A POSTROUTING -s 10.244.0.0/16 -o eth0 -j MASQUERADE --to-ports 1024-1031\nCOMMIT\n')
    for (let i = 0; i < 200; i++) {
      const from = `10.244.1.${(i * 7) % 5}:${40_000 + (i % 11)}`
      const to = i % 3 ? VIP : `203.0.113.${i % 4}:80`
      const sent = lab.send(i % 2 ? tcp(from, to) : udp(from, to), FORWARD, {
        in: 'cni0',
        out: i % 3 ? 'flannel.1' : 'eth0',
      })
      if (sent.kind === 'accept' && sent.skb.ip && i % 5 === 0) {
        expect(route(lab.send(answer(sent.skb.ip), FORWARD)), 'the answer finds its way back').toBe(`${to} > ${from}`)
      }
    }
    const keys = lab
      .entries()
      .flatMap((row) => [tupleKey(row.netns, row.zone, row.orig), tupleKey(row.netns, row.zone, row.reply)])
    expect(keys.length).toBeGreaterThan(50)
    expect(new Set(keys).size).toBe(keys.length)
  })
})
