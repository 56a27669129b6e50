import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answer, FORWARD, netfilterLab, route, tcp, udp } from '../../testing/netfilter-lab.ts'
import type { NfRule } from '../tables.ts'
import { compileRules } from './compile.ts'
import { iptablesRestore, iptablesSave } from './iptables-text.ts'
import { tupleKey } from './tuple.ts'

const RUNS = { numRuns: Number(process.env.LAW_RUNS ?? 100) }

/** Few hosts and few ports, so that tuples collide. */
const client = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1024, max: 1028 }))
  .map(([host, port]) => `10.244.1.${host}:${port}`)
const server = fc.constantFrom('10.96.0.1:80', '10.96.0.2:80', '203.0.113.5:80', '203.0.113.6:443')
const sent = fc.record({ from: client, to: server, proto: fc.constantFrom('tcp', 'udp'), pass: fc.nat(40) })

const NAT = `*nat
:VIP1 - [0:0]
:VIP2 - [0:0]
-A PREROUTING -d 10.96.0.1 -j VIP1
-A PREROUTING -d 10.96.0.2 -j VIP2
-A VIP1 -m statistic --mode random --probability 0.5 -p tcp -j DNAT --to-destination 10.244.2.1:8080
-A VIP1 -p tcp -j DNAT --to-destination 10.244.2.2:8080
-A VIP1 -p udp -j DNAT --to-destination 10.244.2.1:8080
-A VIP2 -p tcp -j DNAT --to-destination 10.244.2.1:8080
-A VIP2 -p udp -j DNAT --to-destination 10.244.2.2:8080
-A POSTROUTING -d 203.0.113.0/24 -p tcp -j MASQUERADE --to-ports 2000-2007
-A POSTROUTING -d 203.0.113.0/24 -p udp -j MASQUERADE --random-fully
-A POSTROUTING -d 10.244.2.1 -j MASQUERADE
COMMIT
`

test('law: tuples are unique, and an answer comes back from where the request was sent to', () => {
  fc.assert(
    fc.property(fc.array(sent, { minLength: 1, maxLength: 40 }), fc.nat(), (packets, seed) => {
      const lab = netfilterLab('worker', seed)
      lab.address('eth0', '192.168.10.11', 24)
      lab.rules(NAT)
      for (const { from, to, proto, pass } of packets) {
        const there = lab.send(proto === 'tcp' ? tcp(from, to) : udp(from, to), FORWARD, { in: 'cni0', out: 'eth0' })
        if (there.kind === 'drop') {
          expect(there.reason, 'only eight ports are left to it').toBe('snat.ports-exhausted')
          continue
        }
        if (there.kind !== 'accept' || !there.skb.ip) throw new Error(there.kind)
        expect(route(lab.send(answer(there.skb.ip), FORWARD, { in: 'eth0', out: 'cni0' }))).toBe(`${to} > ${from}`)
        const keys = lab
          .entries()
          .flatMap((row) => [tupleKey(row.netns, row.zone, row.orig), tupleKey(row.netns, row.zone, row.reply)])
        expect(new Set(keys).size).toBe(keys.length)
        lab.pass(pass)
      }
    }),
    RUNS,
  )
})

/** Rules with and without a destination, a protocol, a port: some may be looked up, some must be tried in turn. */
const spec = fc.tuple(
  fc.option(fc.constantFrom('10.96.0.1', '10.96.0.2', '10.96.0.0/24', '0.0.0.0/0')),
  fc.option(fc.constantFrom('tcp', 'udp')),
  fc.option(fc.constantFrom(80, 443)),
  fc.constantFrom('ACCEPT', 'DROP', 'RETURN', 'MARK --set-mark 0x1', 'MARK --xor-mark 0x3'),
)
const specText = spec.map(
  ([dst, proto, port, target]) =>
    `${dst ? `-d ${dst} ` : ''}${proto ? `-p ${proto} ${port ? `--dport ${port} ` : ''}` : ''}-j ${target}`,
)

test('law: looking destinations up finds what trying every rule in turn finds', () => {
  fc.assert(
    fc.property(fc.array(specText, { maxLength: 60 }), server, fc.boolean(), (specs, to, isTcp) => {
      const verdicts = [true, false].map((hashed) => {
        const lab = netfilterLab()
        // A rule that can never be looked up between any two breaks every run.
        const lines = specs.flatMap((text) => (hashed ? [`-A C ${text}`] : [`-A C ${text}`, '-A C -i nowhere -j DROP']))
        lab.rules(`*mangle\n:C - [0:0]\n-A PREROUTING -j C\n${lines.join('\n')}\nCOMMIT\n`)
        const rules = lab.world.get('nfChain', 'worker|ipv4|mangle|C')?.rules as readonly NfRule[]
        if (!hashed) expect(compileRules(rules).some((segment) => 'byKey' in segment)).toBe(false)
        const result = lab.send(isTcp ? tcp('10.244.1.1:1', to) : udp('10.244.1.1:1', to), ['prerouting'], {
          in: 'eth0',
        })
        return result.kind === 'accept' ? result.skb.mark : result.kind
      })
      expect(verdicts[0]).toBe(verdicts[1])
    }),
    RUNS,
  )
})

test('law: what is saved, restored and saved again is the same text', () => {
  const extra = fc.constantFrom(
    ...[
      '-m comment --comment "a \\"b\\" c"',
      '-m conntrack --ctstate NEW,RELATED',
      '-m addrtype --dst-type LOCAL',
      '-m mark ! --mark 0x4000/0x4000',
    ],
    ...[
      '-m statistic --mode random --probability 0.123456789',
      '-m recent --name X --rcheck --seconds 9 --reap',
      '-i eth+ ! -o cni0',
      '-m physdev --physdev-is-bridged',
      '',
    ],
  )
  const line = fc.tuple(specText, extra).map(([text, more]) => `${more} ${text}`)
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
      const lab = netfilterLab()
      lab.rules(`*mangle\n:C - [0:0]\n${lines.map((text) => `-A C ${text}`).join('\n')}\nCOMMIT\n`)
      const text = (netns: string) =>
        iptablesSave(lab.world, netns)
          .map((one) => one.text)
          .join('\n')
      expect(iptablesRestore(lab.world, 'copy', text('worker'), { owner: 'by hand' })).toMatchObject({ ok: true })
      expect(text('copy')).toBe(text('worker'))
    }),
    RUNS,
  )
})
