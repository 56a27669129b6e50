import { describe, expect, test } from 'vitest'
import { iptablesRestore, iptablesSave } from '../kernel/netfilter/iptables-text.ts'
import { kubeProxy } from './kube-proxy.ts'
import { proxyLab, type ProxyLab, webService, webSlice } from '../testing/proxy-lab.ts'

const saved = (lab: ProxyLab, node: string, table: 'nat' | 'filter' | 'mangle', family: 'ipv4' | 'ipv6' = 'ipv4') =>
  iptablesSave(lab.world, node, { table, family })
    .map(({ text }) => text)
    .filter((text) => !text.startsWith('#'))
const rules = (
  lab: ProxyLab,
  node: string,
  chain: RegExp,
  table: 'nat' | 'filter' = 'nat',
  family: 'ipv4' | 'ipv6' = 'ipv4',
) => saved(lab, node, table, family).filter((text) => chain.test(text.split(' ')[1] ?? '') && text.startsWith('-A'))

const THREE = [
  { ip: '10.244.1.11', node: 'n1' },
  { ip: '10.244.2.11', node: 'n2' },
  { ip: '10.244.3.11', node: 'n3' },
]

const web = (spec = {}, endpoints: Parameters<typeof webSlice>[0] = THREE, status = {}) => {
  const lab = proxyLab()
  lab.apply(webService(spec, status), webSlice(endpoints))
  lab.sync()
  return lab
}

describe('default/web with one endpoint prints as recorded on a real node', () => {
  // The ruleset of the recordings was fed to iptables-restore and printed back by iptables-save 1.8.9 on Linux 6.18.
  test('nat', () => {
    expect(saved(web({}, [{ ip: '10.244.2.11', node: 'n2' }]), 'n1', 'nat').join('\n')).toMatchInlineSnapshot(`
      "*nat
      :PREROUTING ACCEPT [0:0]
      :INPUT ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      :KUBE-EXT-CDGGSHYLG3RE2FKL - [0:0]
      :KUBE-MARK-MASQ - [0:0]
      :KUBE-NODEPORTS - [0:0]
      :KUBE-POSTROUTING - [0:0]
      :KUBE-PROXY-CANARY - [0:0]
      :KUBE-SEP-YYQCU4TCGTAHGAPQ - [0:0]
      :KUBE-SERVICES - [0:0]
      :KUBE-SVC-CDGGSHYLG3RE2FKL - [0:0]
      -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
      -A KUBE-EXT-CDGGSHYLG3RE2FKL -m comment --comment "masquerade traffic for default/web:http external destinations" -j KUBE-MARK-MASQ
      -A KUBE-EXT-CDGGSHYLG3RE2FKL -j KUBE-SVC-CDGGSHYLG3RE2FKL
      -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
      -A KUBE-NODEPORTS -p tcp -m comment --comment "default/web:http" -m tcp --dport 30080 -j KUBE-EXT-CDGGSHYLG3RE2FKL
      -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
      -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
      -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
      -A KUBE-SEP-YYQCU4TCGTAHGAPQ -s 10.244.2.11/32 -m comment --comment "default/web:http" -j KUBE-MARK-MASQ
      -A KUBE-SEP-YYQCU4TCGTAHGAPQ -p tcp -m comment --comment "default/web:http" -m tcp -j DNAT --to-destination 10.244.2.11:8080
      -A KUBE-SERVICES -d 10.96.20.30/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-CDGGSHYLG3RE2FKL
      -A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
      -A KUBE-SVC-CDGGSHYLG3RE2FKL ! -s 10.244.0.0/16 -d 10.96.20.30/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
      -A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.2.11:8080" -j KUBE-SEP-YYQCU4TCGTAHGAPQ
      COMMIT"
    `)
  })

  test('filter', () => {
    expect(saved(web({}, [{ ip: '10.244.2.11', node: 'n2' }]), 'n1', 'filter').join('\n')).toMatchInlineSnapshot(`
      "*filter
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :KUBE-EXTERNAL-SERVICES - [0:0]
      :KUBE-FIREWALL - [0:0]
      :KUBE-FORWARD - [0:0]
      :KUBE-NODEPORTS - [0:0]
      :KUBE-PROXY-CANARY - [0:0]
      :KUBE-PROXY-FIREWALL - [0:0]
      :KUBE-SERVICES - [0:0]
      -A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
      -A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
      -A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
      -A INPUT -j KUBE-FIREWALL
      -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
      -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
      -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
      -A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
      -A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A OUTPUT -j KUBE-FIREWALL
      -A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
      -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
      -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
      -A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      COMMIT"
    `)
  })
})

test('three endpoints are chosen with 1/3, 1/2 of the rest, and what is left', () => {
  expect(rules(web(), 'n1', /KUBE-SVC-/).slice(1)).toEqual([
    '-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.1.11:8080" -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-ELX6N4Z5RGB67TLC',
    '-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.2.11:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-YYQCU4TCGTAHGAPQ',
    '-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.3.11:8080" -j KUBE-SEP-TJH54CDJZXWUEF5H',
  ])
})

test('session affinity remembers the client in front of the lot', () => {
  const lab = web(
    { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } },
    THREE.slice(0, 1),
  )
  expect(rules(lab, 'n1', /KUBE-(SVC|SEP)-/)).toEqual([
    '-A KUBE-SEP-ELX6N4Z5RGB67TLC -s 10.244.1.11/32 -m comment --comment "default/web:http" -j KUBE-MARK-MASQ',
    '-A KUBE-SEP-ELX6N4Z5RGB67TLC -p tcp -m comment --comment "default/web:http" -m recent --set --name KUBE-SEP-ELX6N4Z5RGB67TLC --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.244.1.11:8080',
    '-A KUBE-SVC-CDGGSHYLG3RE2FKL ! -s 10.244.0.0/16 -d 10.96.20.30/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ',
    '-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.1.11:8080" -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-ELX6N4Z5RGB67TLC --mask 255.255.255.255 --rsource -j KUBE-SEP-ELX6N4Z5RGB67TLC',
    '-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.1.11:8080" -j KUBE-SEP-ELX6N4Z5RGB67TLC',
  ])
})

describe('who may answer', () => {
  const targets = (lab: ProxyLab, node: string) =>
    rules(lab, node, /KUBE-SEP-/).flatMap((text) => / --to-destination (\S+)/.exec(text)?.[1] ?? [])
  const notReady = { ready: false, serving: false, terminating: false }
  const ending = { ready: false, serving: true, terminating: true }

  test.each([
    ['ready ones', [{ ip: '10.244.1.11' }, { ip: '10.244.2.11', conditions: notReady }], ['10.244.1.11:8080']],
    [
      'ending ones only if nobody is ready',
      [{ ip: '10.244.1.11', conditions: ending }, { ip: '10.244.2.11' }],
      ['10.244.2.11:8080'],
    ],
    [
      'ending ones that serve if nobody is ready',
      [
        { ip: '10.244.1.11', conditions: ending },
        { ip: '10.244.2.11', conditions: notReady },
      ],
      ['10.244.1.11:8080'],
    ],
    ['absent conditions mean ready', [{ ip: '10.244.1.11', conditions: {} }], ['10.244.1.11:8080']],
  ])('%s', (_what, endpoints, expected) => {
    expect(targets(web({}, endpoints), 'n1')).toEqual(expected)
  })

  test('hints of zones hold if every ready endpoint has one and one is for this zone', () => {
    const lab = proxyLab(['n1', 'n2', 'n3'], { n1: 'a', n2: 'b', n3: 'c' })
    lab.apply(
      webService(),
      webSlice([
        { ip: '10.244.1.11', zone: 'a' },
        { ip: '10.244.2.11', zone: 'b' },
      ]),
    )
    lab.sync()
    expect(['n1', 'n2', 'n3'].map((node) => targets(lab, node))).toEqual([
      ['10.244.1.11:8080'],
      ['10.244.2.11:8080'],
      ['10.244.1.11:8080', '10.244.2.11:8080'],
    ])
  })

  test('a named port is found in the slice by its name', () => {
    const lab = proxyLab()
    lab.apply(
      webService(),
      webSlice([{ ip: '10.244.1.11' }], { portName: 'metrics', port: 9090 }),
      webSlice([{ ip: '10.244.1.12' }], { name: 'web-2', port: 8081 }),
    )
    lab.sync()
    expect(targets(lab, 'n1')).toEqual(['10.244.1.12:8081'])
  })
})

describe('policies', () => {
  test('nobody at all: REJECT for every address, and no chains', () => {
    const lab = web({}, [])
    expect(rules(lab, 'n1', /KUBE-(EXTERNAL-)?SERVICES/, 'filter')).toEqual([
      '-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "default/web:http has no endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j REJECT --reject-with icmp-port-unreachable',
      '-A KUBE-SERVICES -d 10.96.20.30/32 -p tcp -m comment --comment "default/web:http has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable',
    ])
    expect(rules(lab, 'n1', /KUBE-(SVC|SEP|EXT)/)).toEqual([])
  })

  test('internalTrafficPolicy Local: own endpoints by KUBE-SVL, DROP elsewhere', () => {
    const lab = web(
      { type: 'ClusterIP', internalTrafficPolicy: 'Local', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
      [{ ip: '10.244.2.11', node: 'n2' }],
    )
    expect(rules(lab, 'n2', /^KUBE-SERVICES/)[0]).toMatch('-j KUBE-SVL-CDGGSHYLG3RE2FKL')
    expect(rules(lab, 'n1', /^KUBE-SERVICES/, 'filter')).toEqual([
      '-A KUBE-SERVICES -d 10.96.20.30/32 -p tcp -m comment --comment "default/web:http has no local endpoints" -m tcp --dport 80 -j DROP',
    ])
    expect(rules(lab, 'n1', /^KUBE-S(VC|VL|EP)-/)).toEqual([])
  })

  test('externalTrafficPolicy Local', () => {
    const lab = web({ externalTrafficPolicy: 'Local' }, [{ ip: '10.244.2.11', node: 'n2' }])
    const head = [
      '-A KUBE-EXT-CDGGSHYLG3RE2FKL -s 10.244.0.0/16 -m comment --comment "pod traffic for default/web:http external destinations" -j KUBE-SVC-CDGGSHYLG3RE2FKL',
      '-A KUBE-EXT-CDGGSHYLG3RE2FKL -m comment --comment "masquerade LOCAL traffic for default/web:http external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ',
      '-A KUBE-EXT-CDGGSHYLG3RE2FKL -m comment --comment "route LOCAL traffic for default/web:http external destinations" -m addrtype --src-type LOCAL -j KUBE-SVC-CDGGSHYLG3RE2FKL',
    ]
    expect(rules(lab, 'n1', /KUBE-EXT-/)).toEqual(head)
    expect(rules(lab, 'n2', /KUBE-EXT-/)).toEqual([
      ...head,
      '-A KUBE-EXT-CDGGSHYLG3RE2FKL -j KUBE-SVL-CDGGSHYLG3RE2FKL',
    ])
    expect(rules(lab, 'n1', /KUBE-EXTERNAL-SERVICES/, 'filter')).toEqual([
      '-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "default/web:http has no local endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j DROP',
    ])
    expect(rules(lab, 'n2', /KUBE-EXTERNAL-SERVICES/, 'filter')).toEqual([])
  })

  test('load balancer addresses with source ranges go through KUBE-FW, external IPs do not; mode Proxy is left alone', () => {
    const spec = {
      type: 'LoadBalancer',
      externalIPs: ['198.51.100.7'],
      loadBalancerSourceRanges: ['203.0.113.0/24', '192.168.10.0/24'],
    }
    const ingress = [{ ip: '198.51.100.8' }, { ip: '198.51.100.9', ipMode: 'Proxy' }]
    const lab = web(spec, THREE.slice(0, 1), { loadBalancer: { ingress } })
    expect(rules(lab, 'n1', /KUBE-(SERVICES|FW-)/).filter((text) => /198\.51|KUBE-FW/.test(text))).toEqual([
      '-A KUBE-FW-CDGGSHYLG3RE2FKL -s 203.0.113.0/24 -m comment --comment "default/web:http loadbalancer IP" -j KUBE-EXT-CDGGSHYLG3RE2FKL',
      '-A KUBE-FW-CDGGSHYLG3RE2FKL -s 192.168.10.0/24 -m comment --comment "default/web:http loadbalancer IP" -j KUBE-EXT-CDGGSHYLG3RE2FKL',
      '-A KUBE-FW-CDGGSHYLG3RE2FKL -s 198.51.100.8/32 -m comment --comment "default/web:http loadbalancer IP" -j KUBE-EXT-CDGGSHYLG3RE2FKL',
      '-A KUBE-FW-CDGGSHYLG3RE2FKL -m comment --comment "other traffic to default/web:http will be dropped by KUBE-PROXY-FIREWALL"',
      '-A KUBE-SERVICES -d 198.51.100.7/32 -p tcp -m comment --comment "default/web:http external IP" -m tcp --dport 80 -j KUBE-EXT-CDGGSHYLG3RE2FKL',
      '-A KUBE-SERVICES -d 198.51.100.8/32 -p tcp -m comment --comment "default/web:http loadbalancer IP" -m tcp --dport 80 -j KUBE-FW-CDGGSHYLG3RE2FKL',
    ])
    expect(rules(lab, 'n1', /KUBE-PROXY-FIREWALL/, 'filter')).toEqual([
      '-A KUBE-PROXY-FIREWALL -d 198.51.100.8/32 -p tcp -m comment --comment "default/web:http traffic not accepted by KUBE-FW-CDGGSHYLG3RE2FKL" -m tcp --dport 80 -j DROP',
    ])
  })

  test('headless and ExternalName Services have no rules', () => {
    const lab = proxyLab()
    lab.apply(webService({ type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'] }), webSlice(THREE))
    lab.sync()
    expect(rules(lab, 'n1', /KUBE-SERVICES/)).toHaveLength(1)
  })

  test('dual stack: each family has its own address and endpoints', () => {
    const lab = proxyLab()
    const v6 = webSlice([{ ip: 'fd00:10:244:2::11' }], { name: 'web-v6' })
    lab.apply(webService({ clusterIPs: ['10.96.20.30', 'fd00:10:96::30'] }), webSlice(THREE.slice(0, 1)), v6)
    lab.sync()
    expect(rules(lab, 'n1', /KUBE-SEP/, 'nat', 'ipv6')).toEqual([
      '-A KUBE-SEP-RITEZVI73MRX25IH -s fd00:10:244:2::11/128 -m comment --comment "default/web:http" -j KUBE-MARK-MASQ',
      '-A KUBE-SEP-RITEZVI73MRX25IH -p tcp -m comment --comment "default/web:http" -m tcp -j DNAT --to-destination [fd00:10:244:2::11]:8080',
    ])
    expect(rules(lab, 'n1', /KUBE-SEP/)).toHaveLength(2)
  })
})

describe('laws', () => {
  test('a second sync writes nothing', () => {
    const lab = web({ externalTrafficPolicy: 'Local' })
    const before = lab.world.position
    lab.sync()
    expect(lab.world.changes(before)).toEqual([])
  })

  test('nodes share their rules', () => {
    const lab = web()
    const [a, b] = ['n1', 'n2'].map((node) => lab.world.by('nfChain', 'netnsTable', `${node}|ipv4|nat`))
    expect(a.length).toBeGreaterThan(10)
    for (const [i, row] of a.entries()) {
      if (!row.hook) expect(row.rules).toBe(b[i].rules)
      for (const [k, rule] of row.rules.entries()) expect(rule).toBe(b[i].rules[k])
    }
  })

  test('in steps or at once, the ruleset is the same', () => {
    const stepwise = web({}, [])
    for (const endpoints of [THREE.slice(0, 2), THREE, THREE.slice(1), THREE.slice(1, 2), []]) {
      stepwise.apply(webSlice(endpoints))
      stepwise.sync()
      const atOnce = web({}, endpoints)
      for (const table of ['nat', 'filter', 'mangle'] as const)
        expect(saved(stepwise, 'n1', table)).toEqual(saved(atOnce, 'n1', table))
    }
    stepwise.api.delete('Service', 'default', 'web')
    stepwise.sync()
    expect(rules(stepwise, 'n1', /KUBE-(SVC|SEP|EXT)/)).toEqual([])
  })

  test('a change of one endpoint touches the chains that name it, and no others', () => {
    const lab = web()
    const before = lab.world.position
    lab.apply(webSlice(THREE.slice(0, 2)))
    lab.sync()
    const touched = lab.world
      .changes(before)
      .filter(({ table }) => table === 'nfChain')
      .map(({ id }) => id)
    expect(touched.sort()).toEqual([
      'n1|ipv4|nat|KUBE-SEP-TJH54CDJZXWUEF5H',
      'n1|ipv4|nat|KUBE-SVC-CDGGSHYLG3RE2FKL',
      'n2|ipv4|nat|KUBE-SEP-TJH54CDJZXWUEF5H',
      'n2|ipv4|nat|KUBE-SVC-CDGGSHYLG3RE2FKL',
    ])
  })

  test('what iptables-save prints can be restored to the same text', () => {
    const lab = web({ sessionAffinity: 'ClientIP', externalTrafficPolicy: 'Local', externalIPs: ['198.51.100.7'] })
    for (const table of ['nat', 'filter', 'mangle'] as const) {
      const text = iptablesSave(lab.world, 'n1', { table })
        .map((line) => line.text)
        .join('\n')
      lab.world.put('netns', { id: 'copy', host: 'n1', nextIfindex: 2 })
      expect(iptablesRestore(lab.world, 'copy', text, { owner: 'by hand' })).toMatchObject({ ok: true })
      expect(
        iptablesSave(lab.world, 'copy', { table })
          .map((line) => line.text)
          .join('\n'),
      ).toBe(text)
    }
  })

  test('rules of others stay where they are', () => {
    const lab = proxyLab(['n1'])
    iptablesRestore(lab.world, 'n1', '*filter\n-A INPUT -s 1.2.3.4 -j DROP\n-A FORWARD -j ACCEPT\nCOMMIT\n', {
      owner: 'by hand',
      noflush: true,
    })
    lab.apply(webService(), webSlice(THREE))
    lab.sync()
    expect(rules(lab, 'n1', /^INPUT/, 'filter').at(-1)).toBe('-A INPUT -s 1.2.3.4/32 -j DROP')
    expect(rules(lab, 'n1', /^FORWARD/, 'filter').at(-1)).toBe('-A FORWARD -j ACCEPT')
  })
})

test('every rule leads back to a field of the Service', () => {
  const lab = web()
  const field = (chain: string, rule: number) => lab.world.get('nfChain', `n1|ipv4|nat|${chain}`)?.rules[rule].cause
  const web80 = { kind: 'Service', namespace: 'default', name: 'web', cluster: 'kubernetes' }
  expect(field('KUBE-SERVICES', 0)).toEqual({ ...web80, field: 'spec.ports[0].port' })
  expect(field('KUBE-NODEPORTS', 0)).toEqual({ ...web80, field: 'spec.ports[0].nodePort' })
  expect(field('KUBE-SVC-CDGGSHYLG3RE2FKL', 1)).toEqual({ ...web80, field: 'spec.selector' })
  expect(field('KUBE-SEP-ELX6N4Z5RGB67TLC', 1)).toEqual({ ...web80, field: 'spec.ports[0].targetPort' })
})

test('UDP entries that lead to an endpoint that is gone are deleted, others and those of TCP stay', () => {
  const lab = proxyLab(['n1'])
  const spec = { ports: [{ name: 'http', protocol: 'UDP', port: 53 }] }
  lab.apply(webService(spec), webSlice(THREE, { protocol: 'UDP' }))
  lab.sync()
  const entry = (proto: 'udp' | 'tcp', sport: number, to: string) =>
    lab.world.put('conntrack', {
      id: `${proto}${sport}`,
      ...{
        netns: 'n1',
        zone: 0,
        family: 'ipv4',
        keys: [],
        status: ['CONFIRMED'],
        mark: 0,
        createdUs: 0,
        expiresUs: 1e12,
      },
      orig: { proto, src: '10.244.1.10' as never, dst: '10.96.20.30' as never, sport, dport: 53 },
      reply: { proto, src: to as never, dst: '10.244.1.10' as never, sport: 8080, dport: sport },
    })
  entry('udp', 1, '10.244.2.11')
  entry('udp', 2, '10.244.3.11')
  entry('udp', 3, '10.96.20.30')
  entry('tcp', 4, '10.244.3.11')
  lab.apply(webSlice(THREE.slice(0, 2), { protocol: 'UDP' }))
  lab.sync()
  expect(lab.world.rows('conntrack').map(({ id }) => id)).toEqual(['tcp4', 'udp1'])
})

test('when somebody flushes the tables, the node is synced again', () => {
  const lab = web()
  lab.world.patch('host', 'n1', { cluster: 'kubernetes' })
  const before = rules(lab, 'n1', /./)
  const from = lab.world.position
  iptablesRestore(lab.world, 'n1', '*nat\nCOMMIT\n*filter\nCOMMIT\n*mangle\nCOMMIT\n', { owner: 'by hand' })
  expect(rules(lab, 'n1', /./)).toEqual([])
  const keys = lab.world
    .changes(from)
    .flatMap((change) => (change.table === 'nfChain' ? (kubeProxy.keysForRow?.(change, lab.ctx) ?? []) : []))
  expect(new Set(keys.map(({ cluster, key }) => `${cluster} ${key}`))).toEqual(new Set(['kubernetes n1']))
  lab.sync()
  expect(rules(lab, 'n1', /./)).toEqual(before)
})
