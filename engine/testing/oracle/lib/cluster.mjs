// The reference cluster as namespaces: nodes n1 to n3 on one switch, flannel (vxlan), pods, a router and an outside host.
import { createHash } from 'node:crypto'

const NODES = {
  n1: { number: 1, ip: '192.168.10.11', mac: '52:54:00:00:00:11', vtep: '4e:11:aa:00:00:01' },
  n2: { number: 2, ip: '192.168.10.12', mac: '52:54:00:00:00:12', vtep: '92:5b:65:01:ef:02' },
  n3: { number: 3, ip: '192.168.10.13', mac: '52:54:00:00:00:13', vtep: '5a:f1:a5:73:e4:03' },
}
const PODS = { client: [1, 10], 'web-a': [1, 11], 'web-b': [2, 11], 'web-c': [3, 11] }

const hex = (n) => n.toString(16).padStart(2, '0')
export const podIp = (pod) => `10.244.${PODS[pod].join('.')}`
const macOf = (a, b, c, d) => `0a:58:${[a, b, c, d].map(hex).join(':')}`
export const vethOf = (pod) => `veth${createHash('sha1').update(pod).digest('hex').slice(0, 8)}`

/**
 * options: pods; nodes (numbers, where pods do not say); hairpin (default true); mtu of pods and tunnel (1450); tunnelMtu;
 * laterUnderlayMtu (set once the tunnel exists); outside (router and external host); rules: { n1: [texts] }; sysctls: { n1: {...} }; routes and
 * addrs: { n1: [more] }; tunnel (default: when there are two nodes), tunnelNeigh and tunnelFdb (false: left out);
 * ipv6: also fd00:10:244:N::/64 (neigh6: with the tunnel's neighbours), nodes fd00:192:168:10::1N; rules6: { n1: [texts for ip6tables-restore] }.
 */
export function cluster(options) {
  const pods = options.pods
  const numbers = [...new Set(pods.map((pod) => PODS[pod][0])), ...(options.nodes ?? [])]
  const names = [...new Set(numbers)].sort().map((number) => `n${number}`)
  const wired = names.length > 1 || options.outside
  const hosts = names.map((name) => node(name, names, wired, pods, options))
  if (options.outside) hosts.push(router(options), external(options))
  return wired ? [lan(), ...hosts] : hosts
}

function node(name, names, wired, pods, options) {
  const { number, ip, mac, vtep } = NODES[name]
  const mtu = options.mtu ?? 1450
  const tunnelMtu = options.tunnelMtu ?? mtu
  const others = options.tunnel === false ? [] : names.filter((other) => other !== name).map((other) => NODES[other])
  const mine = pods.filter((pod) => PODS[pod][0] === number)
  const v6 = options.ipv6 ? [`fd00:10:244:${number}::1/64 dev cni0`] : []
  const root = {
    name,
    sysctls: {
      'net.ipv4.ip_forward': '1',
      'net.bridge.bridge-nf-call-iptables': '1',
      ...(options.ipv6 ? { 'net.ipv6.conf.all.forwarding': '1' } : {}),
      ...options.sysctls?.[name],
    },
    links: [...(wired ? [uplink(name, mac, options.laterUnderlayMtu)] : [])],
    addrs: wired
      ? [`${ip}/24 brd + dev eth0`, ...(options.ipv6 ? [`fd00:192:168:10::1${number}/64 dev eth0`] : [])]
      : [],
    routes: wired ? ['default via 192.168.10.1 dev eth0'] : [],
    neigh: [],
    fdb: [],
    iptables: options.rules?.[name] ?? [],
    ip6tables: options.rules6?.[name] ?? [],
  }
  if (others.length > 0) {
    const vxlan = { vni: 1, port: 8472, local: ip, dev: 'eth0', learning: false }
    root.links.push({ name: 'flannel.1', kind: 'vxlan', mac: vtep, mtu: tunnelMtu, vxlan })
    root.addrs.push(`10.244.${number}.0/32 dev flannel.1`)
  }
  root.links.push({ name: 'cni0', kind: 'bridge', mac: macOf(10, 244, number, 1), mtu })
  root.addrs.push(`10.244.${number}.1/24 brd + dev cni0`, ...v6)
  for (const other of others) {
    const net = `10.244.${other.number}.0`
    root.routes.push(`${net}/24 via ${net} dev flannel.1 onlink`)
    if (options.tunnelNeigh !== false) root.neigh.push(`${net} dev flannel.1 lladdr ${other.vtep}`)
    if (options.neigh6) root.neigh.push(`fd00:10:244:${other.number}:: dev flannel.1 lladdr ${other.vtep}`)
    if (options.tunnelFdb !== false) root.fdb.push(`${other.vtep} dev flannel.1 dst ${other.ip}`)
  }
  root.routes.push(...(options.routes?.[name] ?? []))
  for (const pod of mine) root.links.push(podVeth(pod, mtu, options))
  return { name, netns: [root, ...mine.map((pod) => podNetns(pod, options))] }
}

function podVeth(pod, mtu, options) {
  const [number, last] = PODS[pod]
  return {
    name: vethOf(pod),
    kind: 'veth',
    mac: `a6:00:00:00:${hex(number)}:${hex(last)}`,
    mtu,
    master: 'cni0',
    hairpin: options.hairpin ?? true,
    peer: { netns: pod, name: 'eth0', mac: macOf(10, 244, number, last), mtu },
  }
}

function podNetns(pod, options) {
  const [number, last] = PODS[pod]
  const gateway = `10.244.${number}.1`
  return {
    name: pod,
    sysctls: options.sysctls?.[pod] ?? {},
    addrs: [
      `10.244.${number}.${last}/24 brd + dev eth0`,
      ...(options.ipv6 ? [`fd00:10:244:${number}::${last}/64 dev eth0`] : []),
      ...(options.addrs?.[pod] ?? []),
    ],
    routes: [
      `default via ${gateway} dev eth0`,
      `10.244.0.0/16 via ${gateway} dev eth0`,
      ...(options.ipv6 ? [`default via fd00:10:244:${number}::1 dev eth0`] : []),
    ],
  }
}

function uplink(name, mac, laterMtu) {
  const last = name === 'router' ? 'ff' : hex(NODES[name].number)
  const peer = { netns: 'lan', name: `p-${name}`, mac: `52:54:00:aa:00:${last}`, master: 'br0' }
  return { name: 'eth0', kind: 'veth', mac, mtu: 1500, laterMtu, peer }
}

/** A switch: a bridge that looks at nothing but MAC addresses. */
function lan() {
  const links = [{ name: 'br0', kind: 'bridge', mac: '52:54:00:aa:00:00', mtu: 1500 }]
  const sysctls = { 'net.bridge.bridge-nf-call-iptables': '0', 'net.bridge.bridge-nf-call-ip6tables': '0' }
  return { name: 'lan', netns: [{ name: 'lan', sysctls, links }] }
}

function router(options) {
  const links = [
    uplink('router', '52:54:00:00:00:01'),
    {
      name: 'eth1',
      kind: 'veth',
      mac: '52:54:00:00:01:01',
      mtu: 1500,
      peer: { netns: 'external', name: 'eth0', mac: '52:54:00:00:01:50' },
    },
  ]
  const v6 = options.ipv6 ? ['fd00:192:168:10::1/64 dev eth0'] : []
  const addrs = ['192.168.10.1/24 brd + dev eth0', '203.0.113.1/24 brd + dev eth1', ...v6]
  const forward6 = options.ipv6 ? { 'net.ipv6.conf.all.forwarding': '1' } : {}
  const sysctls = { 'net.ipv4.ip_forward': '1', ...forward6, ...options.sysctls?.router }
  const netns = { name: 'router', sysctls, links, addrs, routes: options.routes?.router ?? [] }
  return { name: 'router', netns: [netns] }
}

function external(options) {
  const netns = {
    name: 'external',
    sysctls: options.sysctls?.external ?? {},
    addrs: ['203.0.113.50/24 brd + dev eth0'],
    routes: ['default via 203.0.113.1 dev eth0'],
  }
  return { name: 'external', netns: [netns] }
}
