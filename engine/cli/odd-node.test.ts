// A netns with a little of everything, and what iproute2 6.1 and procps 4.0 printed in one made by the same commands.
import { describe, expect, test } from 'vitest'
import { World } from '../core/world.ts'
import { linkId } from '../kernel/ids.ts'
import {
  addrAdd,
  fdbAdd,
  fdbAppend,
  hostAdd,
  linkAdd,
  linkSet,
  neighAdd,
  netnsAdd,
  routeAdd,
  ruleAdd,
  sysctlSet,
} from '../kernel/netlink.ts'
import { writeFile } from '../kernel/file.ts'
import type { Cidr, Ip, Mac } from '../net/address.ts'
import { TABLES } from '../tables.ts'
import { COMMANDS } from './registry.ts'
import { splitWords } from './run.ts'

const id = (name: string) => linkId('a', name)
const mac = (last: string) => `02:00:00:00:00:${last}` as Mac
const ip = (text: string) => text as Ip

/** Two machines with a pair between them; `a` has all that is shown. */
function oddNode(): World {
  const world = new World(TABLES)
  world.put('clock', { id: 'clock', now: 0, seq: 0, seed: 1 })
  hostAdd(world, { id: 'a', kind: 'node' })
  netnsAdd(world, { id: 'b', host: 'a', path: '/run/netns/b' })
  linkSet(world, id('lo'), { up: true })
  linkAdd(world, {
    kind: 'veth',
    netns: 'a',
    name: 'eth0',
    mac: mac('01'),
    peer: { netns: 'b', name: 'eth0', mac: mac('02'), up: true },
  })
  linkAdd(world, {
    kind: 'veth',
    netns: 'a',
    name: 'v0',
    mac: mac('04'),
    peer: { netns: 'a', name: 'v1', mac: mac('03') },
  })
  linkAdd(world, { kind: 'bridge', netns: 'a', name: 'br0' })
  linkAdd(world, {
    kind: 'vxlan',
    netns: 'a',
    name: 'vx',
    mac: mac('06'),
    vni: 5,
    port: 4789,
    local: ip('10.1.0.1'),
    dev: id('eth0'),
    learning: true,
  })
  linkSet(world, id('v0'), { master: id('br0'), up: true })
  linkSet(world, id('br0'), { up: true })
  addrAdd(world, { link: id('br0'), address: '10.9.0.1/24', broadcast: '+' })
  addrAdd(world, { link: id('eth0'), address: '10.1.0.1/24', broadcast: '+' })
  addrAdd(world, { link: id('eth0'), address: '10.1.0.2/24' })
  linkSet(world, id('eth0'), { up: true })
  addrAdd(world, { link: id('eth0'), address: 'fd00::1/64' })
  fill(world)
  return world
}

function fill(world: World): void {
  const via = ip('10.1.0.9')
  const add = (spec: Partial<Parameters<typeof routeAdd>[1]> & { dst: string }) => {
    const added = routeAdd(world, { netns: 'a', ...spec })
    if (!added.ok) throw new Error(`${spec.dst}: ${added.error.message}`)
  }
  add({ dst: '10.50.0.0/16', type: 'blackhole' })
  add({ dst: '10.51.0.0/16', type: 'unreachable', metric: 5 })
  add({ dst: '10.52.0.0/16', type: 'prohibit' })
  add({ dst: '10.53.0.0/16', type: 'throw', table: 100 })
  add({
    dst: '10.60.0.0/16',
    nexthops: [
      { dev: id('eth0'), via, weight: 2 },
      { dev: id('eth0'), via: ip('10.1.0.8') },
    ],
  })
  add({ dst: 'default', via })
  add({ dst: '10.70.0.0/16', via, mtu: 1400 })
  add({ dst: '10.71.0.0/16', via, src: ip('10.1.0.2'), metric: 50, proto: 'static' })
  add({ dst: '10.72.0.0/16', via, table: 100 })
  add({ dst: '10.74.0.0/16', via, proto: 'bird' })
  add({ dst: 'default', family: 'ipv6', via: ip('fd00::9') })
  add({ dst: 'fd50::/64', type: 'blackhole' })
  ruleAdd(world, { netns: 'a', fwmark: { value: 0x80, mask: 0x80 }, action: { lookup: 100 } })
  ruleAdd(world, {
    netns: 'a',
    priority: 50,
    from: '10.2.0.0/16' as Cidr,
    to: '10.3.0.1/32' as Cidr,
    iif: 'eth0',
    action: { lookup: 1000 },
  })
  ruleAdd(world, { netns: 'a', priority: 60, iif: 'nodev', action: 'unreachable' })
  ruleAdd(world, { netns: 'a', fwmark: { value: 7, mask: 0xffffffff }, action: 'blackhole' })
  ruleAdd(world, { netns: 'a', from: '1.2.3.4/32' as Cidr, action: 'prohibit' })
  neighAdd(world, { link: id('eth0'), address: ip('10.1.0.77'), lladdr: mac('77'), state: 'STALE' })
  neighAdd(world, { link: id('eth0'), address: ip('fd00::9'), lladdr: mac('02') })
  neighAdd(world, { link: id('eth0'), address: ip('10.1.0.76'), lladdr: mac('76'), state: 'NOARP' })
  neighAdd(world, { link: id('eth0'), address: ip('10.1.0.99'), proxy: true })
  fdbAppend(world, { link: id('vx'), mac: mac('aa'), dst: via })
  fdbAdd(world, { link: id('v0'), mac: mac('ab'), state: 'static' })
  sysctlSet(world, { netns: 'a', key: 'net.ipv4.conf.eth0.proxy_arp', value: '1' })
  writeFile(world, 'a', '/run/flannel/subnet.env', 'FLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n', { owner: 'flanneld' })
}

const world = oddNode()

function run(command: string) {
  const [name, ...args] = splitWords(command)
  const tool = COMMANDS.find((candidate) => candidate.name === name)
  if (!tool) throw new Error(`no tool ${name}`)
  const { lines, stderr, exitCode } = tool.run(world, { netns: 'a', host: 'a' }, args)
  return { text: lines.map((line) => `${line.text}\n`).join('') + stderr, exitCode }
}

const MAIN = `default via 10.1.0.9 dev eth0 
10.1.0.0/24 dev eth0 proto kernel scope link src 10.1.0.1 
10.9.0.0/24 dev br0 proto kernel scope link src 10.9.0.1 linkdown 
blackhole 10.50.0.0/16 
unreachable 10.51.0.0/16 metric 5 
prohibit 10.52.0.0/16 
10.60.0.0/16 
	nexthop via 10.1.0.9 dev eth0 weight 2 
	nexthop via 10.1.0.8 dev eth0 weight 1 
10.70.0.0/16 via 10.1.0.9 dev eth0 mtu 1400 
10.71.0.0/16 via 10.1.0.9 dev eth0 proto static src 10.1.0.2 metric 50 
10.74.0.0/16 via 10.1.0.9 dev eth0 proto bird 
`

describe('what is shown', () => {
  test.each([
    ['ip route', MAIN],
    ['ip ro ls', MAIN],
    [
      'ip route show dev eth0',
      'default via 10.1.0.9 \n10.1.0.0/24 proto kernel scope link src 10.1.0.1 \n10.70.0.0/16 via 10.1.0.9 mtu 1400 \n10.71.0.0/16 via 10.1.0.9 proto static src 10.1.0.2 metric 50 \n10.74.0.0/16 via 10.1.0.9 proto bird \n',
    ],
    ['ip route show table 100', 'throw 10.53.0.0/16 \n10.72.0.0/16 via 10.1.0.9 dev eth0 \n'],
    ['ip route show 10.70.0.0/16', '10.70.0.0/16 via 10.1.0.9 dev eth0 mtu 1400 \n'],
    [
      'ip route show to match 10.70.1.1',
      'default via 10.1.0.9 dev eth0 \n10.70.0.0/16 via 10.1.0.9 dev eth0 mtu 1400 \n',
    ],
    [
      'ip route show proto kernel',
      '10.1.0.0/24 dev eth0 scope link src 10.1.0.1 \n10.9.0.0/24 dev br0 scope link src 10.9.0.1 linkdown \n',
    ],
    [
      'ip -d route show 10.71.0.0/16',
      'unicast 10.71.0.0/16 via 10.1.0.9 dev eth0 proto static scope global src 10.1.0.2 metric 50 \n',
    ],
    [
      'ip -6 route',
      'fd00::/64 dev eth0 proto kernel metric 256 pref medium\nblackhole fd50::/64 dev lo metric 1024 pref medium\nfe80::/64 dev eth0 proto kernel metric 256 pref medium\nfe80::/64 dev v0 proto kernel metric 256 linkdown pref medium\nfe80::/64 dev br0 proto kernel metric 256 linkdown pref medium\ndefault via fd00::9 dev eth0 metric 1024 pref medium\n',
    ],
    ['ip route get 10.1.0.1', 'local 10.1.0.1 dev lo table local src 10.1.0.1 uid 0 \n    cache <local> \n'],
    ['ip route get 10.70.1.1', '10.70.1.1 via 10.1.0.9 dev eth0 src 10.1.0.1 uid 0 \n    cache mtu 1400 \n'],
    ['ip route get 10.71.0.1', '10.71.0.1 via 10.1.0.9 dev eth0 src 10.1.0.2 uid 0 \n    cache \n'],
    ['ip route get 99.9.9.9 from 10.1.0.2', '99.9.9.9 from 10.1.0.2 via 10.1.0.9 dev eth0 uid 0 \n    cache \n'],
    ['ip route get 99.9.9.9 mark 0x80', '99.9.9.9 via 10.1.0.9 dev eth0 src 10.1.0.1 mark 0x80 uid 0 \n    cache \n'],
    [
      'ip route get 10.72.0.1 mark 128',
      '10.72.0.1 via 10.1.0.9 dev eth0 table 100 src 10.1.0.1 mark 0x80 uid 0 \n    cache \n',
    ],
    [
      'ip route get 10.1.0.255',
      'broadcast 10.1.0.255 dev eth0 table local src 10.1.0.1 uid 0 \n    cache <local,brd> \n',
    ],
    [
      'ip route get 10.1.0.1 from 10.1.0.9 iif eth0',
      'local 10.1.0.1 from 10.1.0.9 dev lo table local \n    cache <local> iif eth0 \n',
    ],
    ['ip route get fd99::1', 'fd99::1 from :: via fd00::9 dev eth0 src fd00::1 metric 1024 pref medium\n'],
    [
      'ip rule',
      '0:\tfrom all lookup local\n48:\tfrom 1.2.3.4 prohibit\n49:\tfrom all fwmark 0x7 blackhole\n50:\tfrom 10.2.0.0/16 to 10.3.0.1 iif eth0 lookup 1000\n60:\tfrom all iif nodev [detached] unreachable\n32765:\tfrom all fwmark 0x80/0x80 lookup 100\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n',
    ],
    ['ip rule list table 100', '32765:\tfrom all fwmark 0x80/0x80 lookup 100\n'],
    [
      'ip neigh',
      '10.1.0.77 dev eth0 lladdr 02:00:00:00:00:77 STALE \nfd00::9 dev eth0 lladdr 02:00:00:00:00:02 PERMANENT \n',
    ],
    [
      'ip neigh show dev eth0',
      '10.1.0.77 lladdr 02:00:00:00:00:77 STALE \nfd00::9 lladdr 02:00:00:00:00:02 PERMANENT \n',
    ],
    ['ip neigh show proxy', '10.1.0.99 dev eth0 proxy \n'],
    [
      'ip -4 neigh show nud all',
      '10.1.0.76 dev eth0 lladdr 02:00:00:00:00:76 NOARP \n10.1.0.77 dev eth0 lladdr 02:00:00:00:00:77 STALE \n',
    ],
    [
      'ip -br neigh',
      '10.1.0.77                               eth0             02:00:00:00:00:77\nfd00::9                                 eth0             02:00:00:00:00:02\n',
    ],
    [
      'ip addr show dev eth0',
      '2: eth0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000\n    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netns b\n    inet 10.1.0.1/24 brd 10.1.0.255 scope global eth0\n       valid_lft forever preferred_lft forever\n    inet 10.1.0.2/24 scope global secondary eth0\n       valid_lft forever preferred_lft forever\n    inet6 fd00::1/64 scope global \n       valid_lft forever preferred_lft forever\n    inet6 fe80::ff:fe00:1/64 scope link \n       valid_lft forever preferred_lft forever\n',
    ],
    [
      'ip -br addr show eth0',
      'eth0@if2         UP             10.1.0.1/24 10.1.0.2/24 fd00::1/64 fe80::ff:fe00:1/64 \n',
    ],
    [
      'ip link show v0',
      '3: v0@v1: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> mtu 1500 qdisc noqueue master br0 state LOWERLAYERDOWN mode DEFAULT group default qlen 1000\n    link/ether 02:00:00:00:00:04 brd ff:ff:ff:ff:ff:ff\n',
    ],
    [
      'ip link show v1',
      '4: v1@v0: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN mode DEFAULT group default qlen 1000\n    link/ether 02:00:00:00:00:03 brd ff:ff:ff:ff:ff:ff\n',
    ],
    ['ip -br link show type vxlan', 'vx               DOWN           02:00:00:00:00:06 <BROADCAST,MULTICAST> \n'],
    [
      'ip link show master br0',
      '3: v0@v1: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> mtu 1500 qdisc noqueue master br0 state LOWERLAYERDOWN mode DEFAULT group default qlen 1000\n    link/ether 02:00:00:00:00:04 brd ff:ff:ff:ff:ff:ff\n',
    ],
    ['bridge fdb show dev vx', '02:00:00:00:00:aa dst 10.1.0.9 self permanent\n'],
    [
      'bridge fdb show brport v0',
      '02:00:00:00:00:ab master br0 static\n02:00:00:00:00:04 master br0 permanent\n33:33:00:00:00:01 self permanent\n01:00:5e:00:00:01 self permanent\n33:33:ff:00:00:04 self permanent\n',
    ],
    ['sysctl -n net.ipv4.conf.eth0.proxy_arp net.ipv4.ip_forward', '1\n0\n'],
    ['sysctl net/ipv4/conf/eth0/proxy_arp', 'net.ipv4.conf.eth0.proxy_arp = 1\n'],
    ['sysctl net.ipv4.ip_local_port_range', 'net.ipv4.ip_local_port_range = 32768\t60999\n'],
    ['cat /run/flannel/subnet.env', 'FLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n'],
    ['cat /proc/sys/net/ipv4/conf/eth0/proxy_arp', '1\n'],
    ['hostname', 'a\n'],
  ])('%s', (command, text) => {
    expect(run(command)).toEqual({ text, exitCode: 0 })
  })
})

describe('what is refused', () => {
  test.each([
    ['ip foo', 1, 'Object "foo" is unknown, try "ip help".\n'],
    ['ip addr foo', 255, 'Command "foo" is unknown, try "ip address help".\n'],
    ['ip neigh foo', 255, 'Command "foo" is unknown, try "ip neigh help".\n'],
    ['ip -foo addr', 255, 'Option "-foo" is unknown, try "ip -help".\n'],
    ['ip -j addr', 2, 'not modelled: -j\n'],
    ['ip route add 10.0.0.0/8 via 10.1.0.9', 2, 'not modelled: ip route add\n'],
    ['ip xfrm', 2, 'not modelled: ip xfrm\n'],
    ['ip addr show dev nodev', 1, 'Device "nodev" does not exist.\n'],
    ['ip link show nodev', 1, 'Device "nodev" does not exist.\n'],
    ['ip addr show eth0 v0', 255, 'Error: either "dev" is duplicate, or "v0" is a garbage.\n'],
    ['ip neigh show dev nodev', 1, 'Cannot find device "nodev"\n'],
    ['ip neigh show nud foo', 255, 'Error: argument "foo" is wrong: nud state is bad\n'],
    ['ip route show table foo', 255, 'Error: argument "foo" is wrong: table id value is invalid\n\n'],
    ['ip route get', 1, 'need at least a destination address\n'],
    ['ip route get foo', 1, 'Error: any valid prefix is expected rather than "foo".\n'],
    ['ip route get 10.50.1.1', 2, 'RTNETLINK answers: Invalid argument\n'],
    ['ip route get 10.51.1.1', 2, 'RTNETLINK answers: No route to host\n'],
    ['ip route get 10.52.1.1', 2, 'RTNETLINK answers: Permission denied\n'],
    ['ip route get 8.8.8.8 from 7.7.7.7', 2, 'RTNETLINK answers: Network is unreachable\n'],
    ['ip route get 99.1.1.1 from 10.1.0.9 iif eth0', 2, 'RTNETLINK answers: No route to host\n'],
    ['bridge foo', 255, 'Object "foo" is unknown, try "bridge help".\n'],
    ['bridge fdb foo', 255, 'Command "foo" is unknown, try "bridge fdb help".\n'],
    ['bridge -foo fdb', 255, 'Option "-foo" is unknown, try "bridge help".\n'],
    ['bridge fdb show br nodev', 255, 'Cannot find bridge device "nodev"\n'],
    ['bridge link show dev nodev', 255, 'Cannot find device "nodev"\n'],
    ['sysctl net.ipv4.nope', 1, 'sysctl: cannot stat /proc/sys/net/ipv4/nope: No such file or directory\n'],
    ['sysctl -p', 2, 'not modelled: -p\n'],
    ['sysctl net.ipv4.ip_forward=1', 2, 'not modelled: sysctl -w net.ipv4.ip_forward=1\n'],
    ['cat /nope', 1, 'cat: /nope: No such file or directory\n'],
    ['cat /run/flannel', 1, 'cat: /run/flannel: Is a directory\n'],
  ])('%s', (command, exitCode, text) => {
    expect(run(command)).toEqual({ text, exitCode })
  })

  test('an unknown setting does not hide the others', () => {
    const { text, exitCode } = run('sysctl -n net.ipv4.nope net.ipv4.ip_forward')
    expect(text).toBe('0\nsysctl: cannot stat /proc/sys/net/ipv4/nope: No such file or directory\n')
    expect(exitCode).toBe(1)
  })
})
