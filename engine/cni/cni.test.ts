import { describe, expect, test } from 'vitest'
import type { Cidr } from '../net/address.ts'
import { writeFile } from '../kernel/file.ts'
import { iptablesSave } from '../kernel/netfilter/iptables-text.ts'
import { hostAdd, linkAdd, linkSet, netnsAdd } from '../kernel/netlink.ts'
import { type BareWorld, bareWorld } from '../testing/bare-world.ts'
import { cniStatus } from './conf-dir.ts'
import { chainName } from './ip-masq.ts'
import { type Attachment, cniAdd, cniCheck, cniDel } from './runtime.ts'

/** One host with eth0 and a configuration of its own; sandboxes are made by number. */
function node(conf: object, path = '/etc/cni/net.d/10-test.conflist'): BareWorld {
  const bare = bareWorld()
  const { tx } = bare.ctx
  hostAdd(tx, { id: 'n1', kind: 'node' })
  linkSet(tx, 'n1|lo', { up: true })
  linkAdd(tx, { netns: 'n1', name: 'eth0', kind: 'dummy', up: true })
  writeFile(tx, 'n1', path, JSON.stringify(conf), { owner: 'test' })
  return bare
}

function sandbox({ ctx }: BareWorld, n: number, more: Partial<Attachment> = {}): Attachment {
  const netnsId = `n1/cni-${n}`
  if (!ctx.tx.get('netns', netnsId)) netnsAdd(ctx.tx, { id: netnsId, host: 'n1', path: `/run/netns/cni-${n}` })
  return {
    host: 'n1',
    containerId: `c${n}`,
    netnsId,
    netnsPath: `/run/netns/cni-${n}`,
    ifName: 'eth0',
    pod: { namespace: 'default', name: `p${n}`, uid: `u${n}` },
    ...more,
  }
}

const bridgeConf = (subnet: string, more: object = {}) => ({
  cniVersion: '1.0.0',
  name: 'mynet',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isDefaultGateway: true,
      ...more,
      ipam: { type: 'host-local', ranges: [[{ subnet }]] },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
})
const address = (added: ReturnType<typeof cniAdd>) => (added.ok ? added.value.ips?.[0].address : added.error.msg)

// Recorded on Linux 6.18: `ip link set cni0 address` makes addr_assign_type 3 (NET_ADDR_SET), whatever ports come and go then.
describe('the MAC of a bridge', () => {
  test.each([
    { gateway: true, mac: 'own', why: 'ensureAddr sets the one it had before its first port joined' },
    { gateway: false, mac: 'lowest port', why: 'nobody sets it, and it follows the lowest of its ports' },
  ])('is its $mac: $why', ({ gateway, mac }) => {
    const bare = node(bridgeConf('10.1.0.0/24', { isDefaultGateway: gateway }))
    linkAdd(bare.ctx.tx, { netns: 'n1', name: 'cni0', kind: 'bridge' })
    const born = bare.world.get('link', 'n1|cni0')?.mac
    const seen = [1, 2, 3].map((n) => {
      const added = cniAdd(bare.ctx, sandbox(bare, n))
      const now = bare.world.get('link', 'n1|cni0')?.mac
      expect(added.ok && added.value.interfaces?.[0]).toMatchObject({ name: 'cni0', mac: now })
      return now
    })
    const ports = bare.world.by('link', 'master', 'n1|cni0').map((port) => port.mac)
    expect(ports).not.toContain(born)
    if (mac === 'own') expect(seen).toEqual([born, born, born])
    else expect(seen[2]).toBe([...ports].sort()[0])
    if (mac === 'own') expect(bare.world.get('link', 'n1|cni0')?.bridge?.macFixed).toBe(true)
  })
})

describe('host-local', () => {
  test('the first pod gets the address behind the gateway’s, each next one the next', () => {
    const bare = node(bridgeConf('10.1.0.0/29'))
    expect([1, 2, 3].map((n) => address(cniAdd(bare.ctx, sandbox(bare, n))))).toEqual([
      '10.1.0.2/29',
      '10.1.0.3/29',
      '10.1.0.4/29',
    ])
    expect(bare.world.get('file', 'n1|/var/lib/cni/networks/mynet/10.1.0.3')?.text).toBe('c2\r\neth0')
    expect(bare.world.get('file', 'n1|/var/lib/cni/networks/mynet/last_reserved_ip.0')?.text).toBe('10.1.0.4')
  })

  test('a freed address is the last to be given out again: round-robin', () => {
    const bare = node(bridgeConf('10.1.0.0/29'))
    const first = sandbox(bare, 1)
    cniAdd(bare.ctx, first)
    cniDel(bare.ctx, first)
    expect([2, 3, 4, 5, 6].map((n) => address(cniAdd(bare.ctx, sandbox(bare, n))))).toEqual([
      '10.1.0.3/29',
      '10.1.0.4/29',
      '10.1.0.5/29',
      '10.1.0.6/29',
      '10.1.0.2/29',
    ])
  })

  test('a full range says so, and the failed ADD leaves nothing behind', () => {
    const bare = node(bridgeConf('10.1.0.0/30'))
    cniAdd(bare.ctx, sandbox(bare, 1))
    const rows = bare.world.dump(['link', 'addr', 'route', 'file', 'nfChain'])
    const failed = cniAdd(bare.ctx, sandbox(bare, 2))
    expect(failed).toEqual({
      ok: false,
      error: {
        cniVersion: '1.0.0',
        code: 999,
        msg: 'plugin type="bridge" failed (add): failed to allocate for range 0: no IP addresses available in range set: 10.1.0.1-10.1.0.2',
      },
    })
    const lo = (text: string) => text.split('\n').filter((line) => !line.includes('n1/cni-2'))
    expect(lo(bare.world.dump(['link', 'addr', 'route', 'file', 'nfChain']))).toEqual(rows.split('\n'))
  })

  test('a second ADD of one container is a duplicate', () => {
    const bare = node(bridgeConf('10.1.0.0/24'))
    cniAdd(bare.ctx, sandbox(bare, 1))
    expect(address(cniAdd(bare.ctx, { ...sandbox(bare, 1), netnsId: sandbox(bare, 9).netnsId }))).toMatch(
      /10\.1\.0\.2 has been allocated to c1, duplicate allocation is not allowed/,
    )
  })

  test('a range with host bits set is refused', () => {
    const bare = node(bridgeConf('10.1.0.7/24'))
    expect(address(cniAdd(bare.ctx, sandbox(bare, 1)))).toMatch(
      /Network has host bits set\. For a subnet mask of length 24 the network address is 10\.1\.0\.0/,
    )
  })
})

describe('the runtime', () => {
  test('takes the lexically first valid file', () => {
    const bare = node(bridgeConf('10.1.0.0/24'), '/etc/cni/net.d/20-late.conflist')
    const { tx } = bare.ctx
    expect(cniStatus(tx, 'n1')).toEqual({ ready: true })
    writeFile(tx, 'n1', '/etc/cni/net.d/00-broken.conflist', '{', {})
    writeFile(tx, 'n1', '/etc/cni/net.d/05-readme.txt', JSON.stringify(bridgeConf('10.9.0.0/24')), {})
    writeFile(tx, 'n1', '/etc/cni/net.d/10-first.conflist', JSON.stringify(bridgeConf('10.2.0.0/24')), {})
    expect(address(cniAdd(bare.ctx, sandbox(bare, 1)))).toBe('10.2.0.2/24')
  })

  test('without a configuration the network is not ready, in containerd’s words', () => {
    const { ctx } = node({})
    expect(cniStatus(ctx.tx, 'n1')).toEqual({
      ready: false,
      message: 'Network plugin returns error: cni plugin not initialized',
    })
  })

  test('names a plugin that is not installed', () => {
    const bare = node({ cniVersion: '1.0.0', name: 'x', plugins: [{ type: 'calico' }] })
    expect(address(cniAdd(bare.ctx, sandbox(bare, 1)))).toBe(
      'plugin type="calico" failed (add): failed to find plugin "calico" in path [/opt/cni/bin]',
    )
  })

  test('gives each plugin what the specification says, and keeps it to be looked at', () => {
    const bare = node(bridgeConf('10.1.0.0/24'))
    cniAdd(bare.ctx, sandbox(bare, 1, { portMappings: [{ hostPort: 8081, containerPort: 80, protocol: 'tcp' }] }))
    const runs = bare.world.get('cniExec', 'n1|c1')?.runs ?? []
    expect(runs.map(({ type, depth, exitCode }) => `${type} ${depth} ${exitCode}`)).toEqual([
      'host-local 1 0',
      'bridge 0 0',
      'portmap 0 0',
    ])
    expect(runs[1].env).toEqual({
      CNI_COMMAND: 'ADD',
      CNI_CONTAINERID: 'c1',
      CNI_NETNS: '/run/netns/cni-1',
      CNI_IFNAME: 'eth0',
      CNI_ARGS:
        'IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=p1;K8S_POD_INFRA_CONTAINER_ID=c1;K8S_POD_UID=u1',
      CNI_PATH: '/opt/cni/bin',
    })
    expect(runs[1].stdin).toMatchObject({ cniVersion: '1.0.0', name: 'mynet', type: 'bridge' })
    expect(runs[1].stdin).not.toHaveProperty('runtimeConfig')
    expect(runs[2].stdin).toMatchObject({
      runtimeConfig: { portMappings: [{ hostPort: 8081 }] },
      prevResult: { ips: [{ address: '10.1.0.2/24', gateway: '10.1.0.1', interface: 2 }] },
    })
    expect(runs[1].stdout).toMatchObject({
      interfaces: [
        { name: 'cni0' },
        { name: expect.stringMatching(/^veth[0-9a-f]{8}$/) },
        { name: 'eth0', sandbox: '/run/netns/cni-1' },
      ],
      routes: [{ dst: '0.0.0.0/0', gw: '10.1.0.1' }],
    })
  })

  test('CHECK of what was never added is an error; DEL of it is none', () => {
    const bare = node(bridgeConf('10.1.0.0/24'))
    expect(cniCheck(bare.ctx, sandbox(bare, 7))).toMatchObject({ ok: false, error: { code: 3 } })
    expect(cniDel(bare.ctx, sandbox(bare, 7))).toEqual({ ok: true, value: undefined })
  })

  test('DEL runs the configuration of its ADD, whatever stands in the directory by now', () => {
    const bare = node(bridgeConf('10.1.0.0/24'))
    cniAdd(bare.ctx, sandbox(bare, 1))
    writeFile(
      bare.ctx.tx,
      'n1',
      '/etc/cni/net.d/00-other.conflist',
      JSON.stringify({ ...bridgeConf('10.2.0.0/24'), name: 'other' }),
      {},
    )
    cniDel(bare.ctx, sandbox(bare, 1))
    expect(bare.world.get('file', 'n1|/var/lib/cni/networks/mynet/10.1.0.2')).toBeUndefined()
    expect(bare.world.by('link', 'master', 'n1|cni0')).toEqual([])
  })
})

describe('bridge', () => {
  test('is the gateway, forwards, and keeps the MAC that it had when it got its address', () => {
    const bare = node(bridgeConf('10.1.0.0/24', { mtu: 1400, hairpinMode: true }))
    for (const n of [1, 2, 3]) cniAdd(bare.ctx, sandbox(bare, n))
    const macs = bare.world.by('link', 'master', 'n1|cni0').map(({ mac }) => mac)
    const bridge = bare.world.get('link', 'n1|cni0')
    expect(bridge).toMatchObject({ kind: 'bridge', mtu: 1400, up: true, bridge: { macFixed: true } })
    expect(
      bare.world
        .by('addr', 'link', 'n1|cni0')
        .map(({ address, prefixLen, scope }) => `${address}/${prefixLen} ${scope}`),
    ).toContain('10.1.0.1/24 global')
    expect(bare.world.by('link', 'master', 'n1|cni0').every(({ port }) => port?.hairpin)).toBe(true)
    expect(bare.world.get('sysctl', 'n1|net.ipv4.ip_forward')?.value).toBe('1')
    expect(macs).toHaveLength(3)
  })

  test('refuses hairpin and promiscuous together, and a bridge that has another address', () => {
    const both = node(bridgeConf('10.1.0.0/24', { hairpinMode: true, promiscMode: true }))
    expect(address(cniAdd(both.ctx, sandbox(both, 1)))).toMatch(
      /cannot set hairpin mode and promiscuous mode at the same time/,
    )
    const moved = node(bridgeConf('10.1.0.0/24'))
    cniAdd(moved.ctx, sandbox(moved, 1))
    writeFile(moved.ctx.tx, 'n1', '/etc/cni/net.d/10-test.conflist', JSON.stringify(bridgeConf('10.2.0.0/24')), {})
    expect(address(cniAdd(moved.ctx, sandbox(moved, 2)))).toBe(
      'plugin type="bridge" failed (add): failed to set bridge addr: "cni0" already has an IP address different from 10.2.0.1/24',
    )
  })

  test('ipMasq: a chain per container, gone with it', () => {
    const bare = node(bridgeConf('10.1.0.0/24', { ipMasq: true }))
    cniAdd(bare.ctx, sandbox(bare, 1))
    const chain = chainName('mynet', 'c1')
    expect(chain).toMatch(/^CNI-[0-9a-f]{24}$/)
    const lines = () =>
      iptablesSave(bare.world, 'n1', {})
        .map(({ text }) => text)
        .filter((text) => text.startsWith('-A'))
    expect(lines()).toEqual([
      `-A POSTROUTING -s 10.1.0.2/32 -m comment --comment "name: \\"mynet\\" id: \\"c1\\"" -j ${chain}`,
      `-A ${chain} -d 10.1.0.0/24 -m comment --comment "name: \\"mynet\\" id: \\"c1\\"" -j ACCEPT`,
      `-A ${chain} ! -d 224.0.0.0/4 -m comment --comment "name: \\"mynet\\" id: \\"c1\\"" -j MASQUERADE`,
    ])
    cniDel(bare.ctx, sandbox(bare, 1))
    expect(lines()).toEqual([])
  })
})

test('portmap: the shared chains, one chain per container, marks before the DNAT', () => {
  const bare = node(bridgeConf('10.1.0.0/24'))
  cniAdd(bare.ctx, sandbox(bare, 1, { portMappings: [{ hostPort: 8081, containerPort: 80, protocol: 'tcp' }] }))
  const chain = chainName('mynet', 'c1', 'DN-')
  const lines = iptablesSave(bare.world, 'n1', {})
    .map(({ text }) => text)
    .filter((text) => text.startsWith('-A'))
  expect(lines).toEqual([
    '-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    '-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    '-A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
    `-A ${chain} -s 10.1.0.0/24 -p tcp -m tcp --dport 8081 -j CNI-HOSTPORT-SETMARK`,
    `-A ${chain} -s 127.0.0.1/32 -p tcp -m tcp --dport 8081 -j CNI-HOSTPORT-SETMARK`,
    `-A ${chain} -p tcp -m tcp --dport 8081 -j DNAT --to-destination 10.1.0.2:80`,
    `-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"mynet\\" id: \\"c1\\"" -m multiport --dports 8081 -j ${chain}`,
    '-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE',
    '-A CNI-HOSTPORT-SETMARK -m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark 0x2000/0x2000',
  ])
  cniDel(bare.ctx, sandbox(bare, 1))
  expect(iptablesSave(bare.world, 'n1', {}).some(({ text }) => text.includes(chain))).toBe(false)
})

test('ptp: the gateway is on-link and nothing else; the host routes a /32', () => {
  const bare = node({
    cniVersion: '1.0.0',
    name: 'k',
    plugins: [
      {
        type: 'ptp',
        ipam: { type: 'host-local', ranges: [[{ subnet: '10.1.0.0/24' as Cidr }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
    ],
  })
  cniAdd(bare.ctx, sandbox(bare, 1))
  const main = (netns: string) =>
    bare.world
      .by('route', 'netnsFamily', `${netns}|ipv4`)
      .filter(({ table }) => table === 254)
      .map(({ dst, nexthops: [hop], src }) => `${dst}${hop.via ? ` via ${hop.via}` : ''}${src ? ` src ${src}` : ''}`)
  expect(main('n1/cni-1')).toEqual([
    '0.0.0.0/0 via 10.1.0.1',
    '10.1.0.0/24 via 10.1.0.1 src 10.1.0.2',
    '10.1.0.1/32 src 10.1.0.2',
  ])
  expect(main('n1')).toEqual(['10.1.0.2/32'])
})

test('flannel: without subnet.env it says whom to ask', () => {
  const bare = node({
    cniVersion: '0.3.1',
    name: 'cbr0',
    plugins: [{ type: 'flannel', delegate: { isDefaultGateway: true } }],
  })
  expect(address(cniAdd(bare.ctx, sandbox(bare, 1)))).toBe(
    'plugin type="flannel" failed (add): failed to load flannel \'subnet.env\' file: open /run/flannel/subnet.env: no such file or directory. Check the flannel pod log for this node.',
  )
})

test('flannel: what it makes of subnet.env for the bridge plugin', () => {
  const bare = node({
    cniVersion: '0.3.1',
    name: 'cbr0',
    plugins: [{ type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } }],
  })
  writeFile(
    bare.ctx.tx,
    'n1',
    '/run/flannel/subnet.env',
    'FLANNEL_NETWORK=10.1.0.0/16\nFLANNEL_SUBNET=10.1.17.1/24\nFLANNEL_MTU=1472\nFLANNEL_IPMASQ=true\n',
    {},
  )
  cniAdd(bare.ctx, sandbox(bare, 1))
  expect(JSON.parse(bare.world.get('file', 'n1|/var/lib/cni/flannel/c1')?.text ?? '')).toEqual({
    cniVersion: '0.3.1',
    hairpinMode: true,
    ipMasq: false,
    ipam: { ranges: [[{ subnet: '10.1.17.0/24' }]], routes: [{ dst: '10.1.0.0/16' }], type: 'host-local' },
    isDefaultGateway: true,
    isGateway: true,
    mtu: 1472,
    name: 'cbr0',
    type: 'bridge',
  })
})
