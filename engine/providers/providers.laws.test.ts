import fc from 'fast-check'
import { expect, test } from 'vitest'
import { edit, world } from '../testing/reference-cluster.ts'

const RUNS = { numRuns: Math.ceil(Number(process.env.LAW_RUNS ?? 100) / 20) }

const NODES = ['a', 'b', 'c', 'd'].map(
  (name, i) => `    - {name: ${name}, address: 192.168.${i < 3 ? 10 : 20}.1${i}, podCIDR: 10.244.${i + 1}.0/24}`,
)
const cluster = (nodes: readonly string[], cni: string) =>
  `apiVersion: podwalk.dev/v1\nkind: Cluster\nmetadata: {name: c}\nspec:\n  nodes:\n${nodes.join('\n')}\n  underlay: {subnets: [{name: s1, cidr: 192.168.10.0/24}, {name: s2, cidr: 192.168.20.0/24}]}\n  networking: {cni: ${cni}}\n`

const DAEMONS = ['flanneld', 'kubenet', 'kindnetd', 'route-controller']

/** Rows that the network's daemons wrote, without what says when; pods may have been placed elsewhere. */
function dataPlane({ world: rows }: ReturnType<typeof world>): string[] {
  const text = (row: object) =>
    JSON.stringify(row, (key, value) => (/^(updatedUs|usedUs|seq|probes)$/.test(key) ? undefined : value))
  const tables = (['route', 'neigh', 'fdb', 'addr', 'file'] as const).flatMap((table) =>
    rows.rows(table).filter(({ owner }) => owner !== undefined && DAEMONS.includes(owner)),
  )
  const chains = rows.rows('nfChain').filter(({ name }) => /^(FLANNEL|KIND)-/.test(name))
  expect(tables.length).toBeGreaterThan(3)
  return [...tables, ...chains].map(text).sort()
}

test.each([
  '{name: flannel}',
  '{name: flannel, directRouting: true}',
  '{name: flannel, backend: host-gw}',
  'kubenet',
  'kindnet',
])(
  'law: %s ends in the same data plane in whatever order nodes join',
  (cni) => {
    const order = fc.tuple(fc.shuffledSubarray(NODES, { minLength: 4 }), fc.integer({ min: 1, max: 4 }))
    const wanted = dataPlane(world(cluster(NODES, cni)))
    fc.assert(
      fc.property(order, ([nodes, first]) => {
        const sim = world(cluster(nodes.slice(0, first), cni))
        for (let n = first + 1; n <= nodes.length; n++) edit(sim, cluster(nodes.slice(0, n), cni))
        expect(dataPlane(sim)).toEqual(wanted)
      }),
      RUNS,
    )
  },
  60_000,
)
