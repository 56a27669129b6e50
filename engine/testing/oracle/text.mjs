#!/usr/bin/env node
// Records what the tools print inside a flannel node and a pod, as root:  node text.mjs
// The simulator's own formatters are compared with these. text/index.json says which command made which file.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, tearDown } from './lib/build.mjs'
import { cluster } from './lib/cluster.mjs'
import { versions } from './lib/dump.mjs'
import { print } from './lib/print.mjs'
import { nodeRules, web } from './lib/rules.mjs'
import { performRun, startListeners } from './lib/run.mjs'
import { pingProbe, tcpListener, tcpProbe, udpListener, udpProbe } from './lib/scenario.mjs'
import { PREFIX, real } from './lib/sh.mjs'

const folder = join(dirname(fileURLToPath(import.meta.url)), 'text')

const dns = ['10.244.2.5', '10.244.3.5']
const services = [
  web(['192.168.10.10:6443'], {
    name: 'default/kubernetes:https',
    clusterIP: '10.96.0.1',
    port: 443,
    nodePort: undefined,
  }),
  ...[
    ['dns', 'udp', 53],
    ['dns-tcp', 'tcp', 53],
    ['metrics', 'tcp', 9153],
  ].map(([name, protocol, port]) =>
    web(
      dns.map((ip) => `${ip}:${port}`),
      { name: `kube-system/kube-dns:${name}`, protocol, clusterIP: '10.96.0.10', port, nodePort: undefined },
    ),
  ),
  web(['10.244.1.11:8080', '10.244.2.11:8080', '10.244.3.11:8080']),
  web([], { name: 'default/empty', clusterIP: '10.96.20.40', nodePort: undefined }),
]

const rules = Object.fromEntries([1, 2, 3].map((number) => [`n${number}`, nodeRules(number, services)]))
const pods = ['client', 'web-a', 'web-b', 'web-c']
const scenario = {
  // Devices have their link-local addresses, as on a real node.
  ipv6: true,
  hosts: cluster({ pods, outside: true, rules }),
  listeners: [
    ...['web-a', 'web-b', 'web-c'].map((pod) => tcpListener(pod)),
    udpListener('web-a', '10.244.1.11', 8053),
    tcpListener('client', 9090, '::'),
    tcpListener('client', 8080),
    udpListener('client', '0.0.0.0', 5353),
    tcpListener('n1', 10250, '::'),
    tcpListener('n1', 10248, '127.0.0.1'),
    tcpListener('external', 80),
  ],
  watch: ['client/eth0'],
  runs: [],
}

const BOTH = [
  'ip addr',
  'ip -4 addr',
  'ip -br addr',
  'ip link',
  'ip -d link',
  'ip -s link',
  'ip -br link',
  'ip route',
  'ip -d route',
  'ip -6 route',
  'ip route show table all',
  'ip rule',
  'ip -6 rule',
  'ip neigh',
  'ip -s neigh',
  'ss -ltnup',
  'ss -tan',
]
const COMMANDS = {
  n1: [
    ...BOTH,
    'ip addr show dev cni0',
    'ip -d link show dev flannel.1',
    'ip route get 10.244.2.11',
    'ip route get 10.244.2.11 from 10.244.1.10 iif cni0',
    'ip route get 10.96.20.30',
    'bridge fdb show',
    'bridge fdb show br cni0',
    'bridge fdb show dev flannel.1',
    'bridge link',
    'bridge -d link',
    'iptables-save',
    'iptables-save -c',
    'iptables-save -t nat',
    'iptables -t nat -L -n -v',
    'iptables -t nat -L KUBE-SERVICES -n --line-numbers',
    'iptables -t nat -S POSTROUTING',
    'iptables -L -n',
    'conntrack -L',
    'conntrack -L -o extended',
    'conntrack -L -d 10.96.20.30',
    'sysctl net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables',
    'cat /proc/sys/net/netfilter/nf_conntrack_count',
  ],
  client: [
    ...BOTH,
    'ip route get 10.96.20.30',
    'ip route get 10.244.1.11',
    'ping -n -c 2 -i 0.2 10.244.2.11',
    'ping -n -c 1 10.96.20.30',
    'ping -n -c 1 -W 1 10.244.2.99',
    'ping -n -c 1 10.244.1.77',
    'ping -n -c 1 -t 1 10.244.2.11',
    'ping -n -c 1 -M do -s 1472 203.0.113.50',
    'ping -n -c 1 203.0.113.50',
  ],
}

/** What a terminal would show: both streams, and how it ended. */
function shown(netns, command) {
  const quoted = `${command} 2>&1`
  const done = spawnSync('ip', ['netns', 'exec', real(netns), 'sh', '-c', quoted], { encoding: 'utf8' })
  return { text: done.stdout.replaceAll(PREFIX, ''), status: done.status }
}

tearDown()
try {
  build(scenario)
  const stop = await startListeners(scenario.listeners)
  const probes = [
    tcpProbe('client', '10.96.20.30', 80),
    tcpProbe('client', '10.244.2.11', 8080, { sport: 40001 }),
    tcpProbe('client', '203.0.113.50', 80, { sport: 40002 }),
    tcpProbe('external', '192.168.10.11', 30080, { sport: 40003 }),
    tcpProbe('n1', '10.96.20.30', 80, { sport: 40004 }),
    udpProbe('client', '10.244.1.11', 8053, { sport: 40005 }),
    pingProbe('client', '10.244.3.11'),
    tcpProbe('n1', '10.244.1.99', 80, { sport: 40006 }),
    tcpProbe('client', '10.244.2.11', 8080, { sport: 40007 }),
  ]
  for (const probe of probes) await performRun(scenario, { name: 'warm', change: [], probe }, stop.seen)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const index = []
  for (const [netns, commands] of Object.entries(COMMANDS)) {
    for (const command of commands) {
      const file = `${netns}.${command.replace(/[^\w.-]+/g, '_')}.txt`
      const { text, status } = shown(netns, command)
      writeFileSync(join(folder, file), text)
      index.push({ file, netns, command, status })
    }
  }
  writeFileSync(join(folder, 'index.json'), `${print({ ...versions(), files: index }, 140)}\n`)
  await stop()
} finally {
  tearDown()
}
process.exit(0)
