import fc from 'fast-check'
import { expect, test } from 'vitest'
import { writeFile } from '../kernel/file.ts'
import { hostAdd, linkAdd, netnsAdd } from '../kernel/netlink.ts'
import { bareWorld } from '../testing/bare-world.ts'
import { type Attachment, cniAdd, cniCheck, cniDel } from './runtime.ts'

const RUNS = { numRuns: Number(process.env.LAW_RUNS ?? 100) }

const IPAM = { type: 'host-local', ranges: [[{ subnet: '10.1.0.0/28' }]], routes: [{ dst: '0.0.0.0/0' }] }
const MAIN = {
  bridge: { type: 'bridge', isGateway: true, ipMasq: true, hairpinMode: true, ipam: IPAM },
  ptp: { type: 'ptp', ipMasq: true, ipam: IPAM },
} as const

/** What a step does to one of few containers, so that they meet each other. */
const steps = fc.array(fc.record({ verb: fc.constantFrom('ADD', 'ADD', 'DEL', 'CHECK'), n: fc.nat(19) }), {
  maxLength: 60,
})

test.each(['bridge', 'ptp'] as const)(
  'law: whatever the order of ADD and DEL with %s, live pods have addresses of their own, CHECK agrees, and the last DEL leaves nothing',
  (type) => {
    fc.assert(
      fc.property(steps, (script) => {
        const { ctx, world } = bareWorld()
        hostAdd(ctx.tx, { id: 'n1', kind: 'node' })
        linkAdd(ctx.tx, { netns: 'n1', name: 'eth0', kind: 'dummy', up: true })
        const plugins = [MAIN[type], { type: 'portmap', capabilities: { portMappings: true } }]
        const list = { cniVersion: '1.0.0', name: 'net', plugins }
        writeFile(ctx.tx, 'n1', '/etc/cni/net.d/10-net.conflist', JSON.stringify(list), {})
        const live = new Map<number, string>()
        for (const { verb, n } of script) {
          const to = attachment(n)
          if (verb === 'ADD') {
            if (!ctx.tx.get('netns', to.netnsId)) netnsAdd(ctx.tx, { id: to.netnsId, host: 'n1', path: to.netnsPath })
            if (live.has(n)) continue
            const added = cniAdd(ctx, to)
            // The range holds 13 pods: all but network, broadcast and gateway.
            expect(added.ok).toBe(live.size < 13)
            if (added.ok) live.set(n, added.value.ips?.[0].address ?? '')
          } else if (verb === 'DEL') {
            expect(cniDel(ctx, to).ok).toBe(true)
            expect(cniDel(ctx, to).ok).toBe(true)
            live.delete(n)
          } else expect(cniCheck(ctx, to).ok).toBe(live.has(n))
          expect(new Set(live.values()).size).toBe(live.size)
          for (const [id, address] of live) {
            expect(world.by('addr', 'link', `n1/cni-${id}|eth0`).some((row) => address.startsWith(row.address))).toBe(
              true,
            )
          }
        }
        for (const n of live.keys()) cniDel(ctx, attachment(n))
        expect(world.rows('file').filter(({ path }) => !/net\.d|last_reserved/.test(path))).toEqual([])
        expect(world.rows('link').filter(({ kind }) => kind === 'veth')).toEqual([])
        expect(world.rows('nfChain').filter(({ name }) => /^CNI-(DN-)?[0-9a-f]{20}/.test(name))).toEqual([])
        expect(
          world
            .rows('nfChain')
            .flatMap(({ rules }) => rules)
            .filter(({ cause }) => cause),
        ).toEqual([])
      }),
      RUNS,
    )
  },
)

function attachment(n: number): Attachment {
  return {
    host: 'n1',
    containerId: `container-${n}`,
    netnsId: `n1/cni-${n}`,
    netnsPath: `/run/netns/cni-${n}`,
    ifName: 'eth0',
    pod: { namespace: 'default', name: `pod-${n}`, uid: `uid-${n}` },
    ...(n % 3 === 0 ? { portMappings: [{ hostPort: 9000 + n, containerPort: 80, protocol: 'tcp' as const }] } : {}),
  }
}
