import { describe, expect, test } from 'vitest'
import { cniAdd, cniCheck, cniDel } from '../cni/runtime.ts'
import type { Attachment } from '../cni/runtime.ts'
import { netnsAdd } from '../kernel/netlink.ts'
import { ask } from '../testing/ask.ts'
import { podText, world } from '../testing/reference-cluster.ts'
import { PROVIDERS } from './registry.ts'

/** What every network must do, whatever way it does it: the model of Kubernetes, and the laws of CNI. */

const NETWORKS: readonly [string, string][] = [
  ['flannel vxlan', '{name: flannel}'],
  ['flannel host-gw', '{name: flannel, backend: host-gw}'],
  ['flannel vxlan with DirectRouting', '{name: flannel, directRouting: true}'],
  ['kubenet', 'kubenet'],
  ['kindnet', 'kindnet'],
]

const cluster = (cni: string) => `
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {name: c}
spec:
  nodes:
    - {name: n1, podCIDR: 10.244.1.0/24}
    - {name: n2, podCIDR: 10.244.2.0/24}
  networking: {cni: ${cni}}
`
const SERVICES = `
apiVersion: v1
kind: Service
metadata: {name: self}
spec: {selector: {app: client}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: far}
spec: {type: NodePort, selector: {app: far}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}
`
const FAR = podText('far', 'n2')
  .replace('{app: web}', '{app: far}')
  .replace('containerPort: 8080', 'containerPort: 8080, hostPort: 8088')
const PODS = [podText('client', 'n1'), podText('web-a', 'n1'), podText('web-b', 'n2'), FAR, SERVICES].join('---')

test('every provider of the list is tested here', () => {
  const tested = new Set(NETWORKS.map(([name]) => name.split(' ')[0]))
  expect(PROVIDERS.map(({ name }) => name).filter((name) => name !== 'none' && !tested.has(name))).toEqual([])
})

describe.each(NETWORKS)('%s', (_name, cni) => {
  const sim = world(cluster(cni), PODS)
  const ipOf = (pod: string): string => sim.world.get('object', `Pod/default/${pod}`)?.object.status?.podIP

  test.each([
    ['on the same node', 'web-a'],
    ['on another node', 'web-b'],
  ])('a pod reaches a pod %s without NAT', (_where, to) => {
    const answer = ask(sim, { from: 'default/client', to: `default/${to}`, port: 8080 })
    expect(answer).toMatchObject({
      verdict: 'delivered',
      at: `default/${to}`,
      source: ipOf('client'),
      translated: false,
    })
  })

  test.each([
    ['its own pods', 'default/web-a'],
    ['pods of another node', 'default/web-b'],
  ])('a node reaches %s', (_whose, to) => {
    expect(ask(sim, { from: 'node/n1', to, port: 8080 })).toMatchObject({ verdict: 'delivered', at: to })
  })

  test('a pod pings a pod of another node', () => {
    expect(ask(sim, { from: 'default/client', to: 'default/web-b', protocol: 'ICMP' })).toMatchObject({
      verdict: 'delivered',
      source: ipOf('client'),
    })
  })

  test('what leaves for outside takes the node’s address', () => {
    const answer = ask(sim, { from: 'default/client', to: 'external', port: 443 })
    expect(answer).toMatchObject({ verdict: 'delivered', source: '192.168.10.10' })
  })

  test('any other public address is unreachable, says the router', () => {
    expect(ask(sim, { from: 'default/client', to: '8.8.8.8', port: 443 })).toMatchObject({
      verdict: 'unreachable',
      clientSees: 'unreachable',
    })
  })

  test('a pod reaches itself by its own address', () => {
    expect(ask(sim, { from: 'default/client', to: 'default/client', port: 8080 })).toMatchObject({
      verdict: 'delivered',
    })
  })

  test('a pod reaches itself by its Service', () => {
    const answer = ask(sim, { from: 'default/client', to: 'svc/self.default', port: 80 })
    expect(answer).toMatchObject({ verdict: 'delivered', at: 'default/client' })
  })

  test.each([
    ['a Service’s pod on another node', { from: 'default/client', to: 'svc/far.default', port: 80 }],
    ['a NodePort of a node without an endpoint, from outside', { from: 'external', to: 'node/n1', port: 30080 }],
    ['a hostPort from outside', { from: 'external', to: 'node/n2', port: 8088 }],
    ['a hostPort from a pod of another node', { from: 'default/client', to: 'node/n2', port: 8088 }],
  ])('%s is reached', (_what, question) => {
    expect(ask(sim, question)).toMatchObject({ verdict: 'delivered', at: 'default/far' })
  })

  test('a large answer fits: no frame is above its link’s MTU', () => {
    expect(ask(sim, { from: 'default/client', to: 'default/web-b', port: 8080, size: 8000 })).toMatchObject({
      verdict: 'delivered',
    })
  })

  test('every node is Ready, and no network is said to be unavailable', () => {
    for (const { object } of sim.world.by('object', 'kind', 'c|Node')) {
      const conditions: { type: string; status: string }[] = object.status.conditions
      expect(conditions.find(({ type }) => type === 'Ready')?.status).toBe('True')
      expect(conditions.find(({ type }) => type === 'NetworkUnavailable')?.status ?? 'False').toBe('False')
    }
  })

  test('no two live pods share an address', () => {
    const ips = sim.world
      .by('object', 'kind', 'c|Pod')
      .filter(({ object }) => !object.spec?.hostNetwork)
      .map(({ object }) => object.status?.podIP)
    expect(new Set(ips).size).toBe(ips.length)
  })

  describe('CNI', () => {
    const to: Attachment = {
      host: 'n2',
      containerId: 'f00d',
      netnsId: 'n2/cni-f00d',
      netnsPath: '/run/netns/cni-f00d',
      ifName: 'eth0',
      pod: { namespace: 'default', name: 'extra', uid: 'u' },
      portMappings: [{ hostPort: 8081, containerPort: 80, protocol: 'tcp' }],
    }
    const TABLES = ['link', 'addr', 'route', 'neigh', 'fdb', 'sysctl', 'nfChain', 'file', 'netns'] as const
    const inTrial = (
      body: (run: (step: (ctx: Parameters<Parameters<typeof sim.transact>[1]>[0]) => void) => void) => void,
    ) => sim.explain((trial) => body((step) => void trial.transact('cni', step)))

    test('ADD then CHECK passes, DEL twice passes, and DEL leaves what was there before but for what is shared', () => {
      inTrial((run) => {
        run((ctx) => void netnsAdd(ctx.tx, { id: to.netnsId, host: 'n2', path: to.netnsPath }))
        const before = new Set(sim.world.dump(TABLES).split('\n'))
        run((ctx) => {
          const added = cniAdd(ctx, to)
          expect(added).toMatchObject({ ok: true })
          expect(cniCheck(ctx, to)).toEqual({ ok: true, value: undefined })
        })
        expect(sim.world.get('cniExec', 'n2|f00d')?.runs.length).toBeGreaterThan(1)
        run((ctx) => {
          expect(cniDel(ctx, to)).toEqual({ ok: true, value: undefined })
          expect(cniDel(ctx, to)).toEqual({ ok: true, value: undefined })
        })
        const left = sim.world
          .dump(TABLES)
          .split('\n')
          .filter((line) => !before.has(line))
        // A bridge's next ifindex, the last reserved address and portmap's shared chains stay, as they do in Linux.
        const shared =
          /last_reserved_ip|nextIfindex|CNI-HOSTPORT|"name":"(PREROUTING|OUTPUT|POSTROUTING)"|route_localnet|ip_forward/
        expect(left.filter((line) => !shared.test(line))).toEqual([])
        expect(left.filter((line) => !line.startsWith('netns ')).join()).not.toContain('f00d')
      })
    })

    test('CHECK fails when somebody took the address away', () => {
      inTrial((run) => {
        run((ctx) => {
          netnsAdd(ctx.tx, { id: to.netnsId, host: 'n2', path: to.netnsPath })
          cniAdd(ctx, to)
          for (const row of ctx.tx.by('addr', 'link', `${to.netnsId}|eth0`)) ctx.tx.delete('addr', row.id)
          expect(cniCheck(ctx, to)).toMatchObject({
            ok: false,
            error: { msg: expect.stringMatching(/Failed to match addr 10\.244\.2\.\d+\/24 on interface eth0/) },
          })
        })
      })
    })

    test('ADD without a netns fails, and leaves no lease', () => {
      inTrial((run) => {
        const leases = () => sim.world.rows('file').filter(({ text }) => text.startsWith('f00d')).length
        run((ctx) => void expect(cniAdd(ctx, to)).toMatchObject({ ok: false, error: { code: 999 } }))
        expect(leases()).toBe(0)
      })
    })
  })
})
