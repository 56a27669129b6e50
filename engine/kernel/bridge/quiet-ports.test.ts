import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Lab } from '../../testing/lab.ts'
import { linkSet } from '../netlink.ts'

const RUNS = { numRuns: Number(process.env.LAW_RUNS ?? 100) }

/** What a pod beside the asker may be to its request. */
const ROLES = [
  'nobody',
  'knows the asker',
  'answers for all',
  'has a proxy entry',
  'routes it locally',
  'down',
] as const
type Role = (typeof ROLES)[number]

/** p2 asks for an address; p3 and those after it are its neighbours on the bridge. */
function ask(roles: readonly Role[], target: string, walked: boolean): Lab {
  const lab = new Lab()
    .host('h')
    .link({ netns: 'h', name: 'br0', kind: 'bridge', up: true })
    .addr('h', 'br0', '10.0.0.1/24')
  const names = ['p2', ...roles.map((_, i) => `p${i + 3}`)]
  names.forEach((name, i) => lab.pod('h', name, { bridge: 'br0', address: `10.0.0.${i + 2}/24`, via: '10.0.0.1' }))
  roles.forEach((role, i) => {
    const name = `p${i + 3}`
    const asker = lab.world.get('link', 'p2|eth0')?.mac ?? ''
    if (role === 'knows the asker') lab.neigh(name, 'eth0', '10.0.0.2', asker)
    if (role === 'answers for all' || role === 'has a proxy entry') {
      // Somewhere else to forward to, or nobody stands in.
      lab.link({ netns: name, name: 'out', kind: 'dummy', up: true }).addr(name, 'out', '192.0.2.1/24')
      lab.sysctl(name, 'net.ipv4.ip_forward', '1').route(name, '10.0.0.99/32', { dev: 'out' })
    }
    if (role === 'answers for all') lab.sysctl(name, 'net.ipv4.conf.eth0.proxy_arp', '1')
    if (role === 'has a proxy entry')
      lab.world.put('neigh', {
        id: `${name}|eth0|10.0.0.99|proxy`,
        netns: name,
        link: `${name}|eth0`,
        address: '10.0.0.99',
        state: 'PERMANENT',
        proxy: true,
        updatedUs: 0,
      } as never) // as `ip neigh add proxy` writes it
    if (role === 'routes it locally') lab.addr(name, 'lo', '10.0.0.99/32')
    if (role === 'down') linkSet(lab.world, `${name}|eth0`, { up: false })
  })
  // Where a program is attached anywhere, nothing is taken for granted and every copy is walked.
  if (walked)
    lab.world.put('hook', {
      id: 'idle',
      netns: 'h',
      link: 'h|lo',
      hook: 'xdp',
      priority: 0,
      program: 'none',
      owner: 'test',
    })
  lab.ping('p2', target, { packet: 'p' })
  return lab.run(500_000)
}

/** Who got the request, what became of it there, and what everyone knows afterwards. */
function outcome(lab: Lab) {
  const { world } = lab
  const copies = lab.steps.filter((step) => step.end && step.stage !== 'bridge')
  return {
    ends: copies.map(({ branch, netns, dev, end }) => `${branch} ${netns} ${dev} ${end?.disposition}`).sort(),
    sent: lab.steps
      .flatMap(({ action, branch, dev, netns }) => (action === 'sent' ? [`${branch} ${netns} ${dev}`] : []))
      .sort(),
    neigh: world.rows('neigh').map(({ id, state, lladdr }) => `${id} ${state} ${lladdr}`),
    fdb: world.rows('fdb').map(({ id, link }) => `${id} ${link}`),
    counters: world
      .rows('linkStat')
      .map(({ id, rxPackets, rxBytes, txPackets, txBytes }) => [id, rxPackets, rxBytes, txPackets, txBytes]),
  }
}

describe('copies of a flooded ARP request that are reported without walking them', () => {
  test('come to what the walk of every copy comes to', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...ROLES), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('10.0.0.1', '10.0.0.3', '10.0.0.99'),
        (roles, target) => {
          expect(outcome(ask(roles, target, false))).toEqual(outcome(ask(roles, target, true)))
        },
      ),
      RUNS,
    )
  })

  test('are those of pods that the request does not concern', () => {
    const heard = (lab: Lab, netns: string) =>
      lab.steps.filter((step) => step.netns === netns && step.stage === 'arp').length
    const lab = ask(['nobody', 'knows the asker', 'nobody'], '10.0.0.3', false)
    expect(['p3', 'p4', 'p5'].map((name) => heard(lab, name) > 0)).toEqual([true, true, false])
    expect(lab.steps.some(({ netns, end }) => netns === 'p5' && end?.disposition === 'absorbed')).toBe(true)
  })

  test('follow the tables: who takes the address over is heard the next time', () => {
    const lab = ask(['nobody', 'nobody'], '10.0.0.99', false)
    lab.addr('p4', 'lo', '10.0.0.99/32').ping('p2', '10.0.0.99', { packet: 'later' })
    lab.run(1_000_000)
    expect(lab.world.get('neigh', 'p2|eth0|10.0.0.99')?.lladdr).toBe(lab.world.get('link', 'p4|eth0')?.mac)
  })
})
