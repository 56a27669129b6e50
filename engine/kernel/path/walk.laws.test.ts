import fc from 'fast-check'
import { expect, test } from 'vitest'
import { frameLength } from '../../net/length.ts'
import type { Frame } from '../../net/packet.ts'
import { flannelLab } from '../../testing/flannel-lab.ts'
import { Lab } from '../../testing/lab.ts'
import { fdbDel, linkSet, neighDel, routeDel } from '../netlink.ts'
import type { QueuedSkbRow } from '../tables.ts'
import type { Step } from '../trace/step.ts'
import type { Skb } from './skb.ts'

const RUNS = { numRuns: Number(process.env.LAW_RUNS ?? 100) }

/** A line of routers between two hosts, with wires of any size and something broken now and then. */
const line = fc.record({
  mtus: fc.array(fc.constantFrom(600, 1000, 1280, 1400, 1500), { minLength: 1, maxLength: 5 }),
  broken: fc.option(
    fc.record({ at: fc.nat(4), how: fc.constantFrom('route', 'forward', 'cut', 'down', 'blackhole', 'strict', 'arp') }),
  ),
  sends: fc.array(fc.record({ how: fc.constantFrom('udp', 'ping', 'tcp', 'closed', 'nobody'), bytes: fc.nat(3000) }), {
    minLength: 1,
    maxLength: 5,
  }),
})

type Line = typeof line extends fc.Arbitrary<infer T> ? T : never

function buildLine({ mtus, broken }: Line): Lab {
  const lab = new Lab()
  const hops = mtus.length
  for (let i = 0; i <= hops; i++)
    lab.host(`h${i}`, { kind: i === 0 || i === hops ? 'outside' : 'router', forward: i > 0 && i < hops })
  mtus.forEach((mtu, i) => {
    lab.wire({ netns: `h${i}`, name: 'right', mtu }, { netns: `h${i + 1}`, name: 'left', mtu })
    lab.addr(`h${i}`, 'right', `10.0.${i}.1/24`).addr(`h${i + 1}`, 'left', `10.0.${i}.2/24`)
  })
  for (let i = 0; i <= hops; i++) {
    for (let net = 0; net < hops; net++) {
      if (net > i) lab.route(`h${i}`, `10.0.${net}.0/24`, { via: `10.0.${i}.2` })
      if (net < i - 1) lab.route(`h${i}`, `10.0.${net}.0/24`, { via: `10.0.${i - 1}.1` })
    }
  }
  lab.echo(`h${hops}`, 'tcp', 80).echo(`h${hops}`, 'udp', 80)
  if (broken) breakLine(lab, `h${1 + (broken.at % hops)}`, hops, broken.how)
  return lab
}

function breakLine(lab: Lab, host: string, hops: number, how: string): void {
  switch (how) {
    case 'route':
      return void routeDel(lab.world, { netns: host, dst: `10.0.${hops - 1}.0/24` })
    case 'forward':
      return void lab.sysctl(host, 'net.ipv4.ip_forward', '0')
    case 'cut':
      return void linkSet(lab.world, `${host}|left`, { cut: true })
    case 'down':
      return void linkSet(lab.world, `${host}|left`, { up: false })
    case 'blackhole':
      return void lab.route(host, `10.0.${hops - 1}.2/32`, { type: 'blackhole' })
    case 'strict':
      return void lab
        .sysctl(host, 'net.ipv4.conf.all.rp_filter', '1')
        .route(host, '10.0.0.1/32', { type: 'unreachable' })
    case 'arp':
      return void linkSet(lab.world, `${host}|left`, { mac: '02:00:00:00:0a:01' as never })
  }
}

/** Two nodes with flannel, with something missing now and then. */
const tunnel = fc.record({
  podMtu: fc.constantFrom(1400, 1450, 1500),
  underlay: fc.constantFrom(1300, 1400, 1500),
  missing: fc.constantFrom('nothing', 'fdb', 'neigh', 'route', 'pod', 'port'),
  sends: fc.array(
    fc.record({
      how: fc.constantFrom('udp', 'ping', 'tcp', 'closed', 'nobody'),
      bytes: fc.nat(3000),
      to: fc.constantFrom('10.244.1.11', '10.244.2.11', '10.244.1.1', '192.168.10.12'),
    }),
    { minLength: 1, maxLength: 5 },
  ),
})

function buildTunnel({ podMtu, underlay, missing }: typeof tunnel extends fc.Arbitrary<infer T> ? T : never): Lab {
  const lab = flannelLab({ podMtu })
  for (const id of ['n1|eth0', 'lan|p-n1', 'lan|br0', 'lan|p-n2', 'n2|eth0']) linkSet(lab.world, id, { mtu: underlay })
  if (missing === 'fdb') fdbDel(lab.world, { link: 'n1|flannel.1', mac: '92:5b:65:01:ef:02' as never })
  if (missing === 'neigh') neighDel(lab.world, { link: 'n2|flannel.1', address: '10.244.1.0' as never })
  if (missing === 'route') routeDel(lab.world, { netns: 'n2', dst: '10.244.1.0/24' })
  if (missing === 'pod') linkSet(lab.world, 'web-b|eth0', { up: false })
  if (missing === 'port') linkSet(lab.world, 'n1|veth-web-a', { master: null })
  return lab
}

function sendAll(
  lab: Lab,
  from: string,
  sends: readonly { how: string; bytes: number; to?: string }[],
  dst: string,
): void {
  sends.forEach(({ how, bytes, to = dst }, i) => {
    const packet = `p${i}`
    if (how === 'udp') lab.udp(from, to, 80, { bytes, packet })
    if (how === 'closed') lab.udp(from, to, 81, { bytes, packet })
    if (how === 'nobody') lab.udp(from, to.replace(/\d+$/, '99'), 80, { bytes, packet })
    if (how === 'ping') lab.ping(from, to, { bytes, packet, seq: i })
    if (how === 'tcp') {
      const made = lab.tcp(from, to, 80, { packet })
      lab.run(lab.ctx.clock.now + 500_000)
      if ('id' in made) lab.say(made.id, bytes)
    }
    lab.run(lab.ctx.clock.now + 5_000_000)
  })
  lab.run(lab.ctx.clock.now + 300_000_000)
}

/** One disposition per leaf: a branch that did not go on in others has exactly one end, or it still waits in a queue. */
function checkDispositions(lab: Lab): void {
  const ends = new Map<string, number>()
  for (const step of lab.steps)
    ends.set(`${step.packet}|${step.branch}`, (ends.get(`${step.packet}|${step.branch}`) ?? 0) + (step.end ? 1 : 0))
  const parked = new Set(
    (lab.world.rows('queuedSkb') as readonly QueuedSkbRow[])
      .filter((row) => row.reason === 'neigh')
      .map((row) => `${(row.skb as Skb).packet}|${(row.skb as Skb).branch}`),
  )
  for (const [branch, count] of ends) {
    const children = [...ends.keys()].some(
      (other) => other.startsWith(`${branch}.f`) || (other.startsWith(`${branch}.`) && /\.\d+$/.test(other)),
    )
    const trace = lab.steps
      .filter((step) => `${step.packet}|${step.branch}` === branch)
      .map((step) => `${step.netns} ${step.stage} ${step.action} ${step.detail}`)
    if (children || parked.has(branch)) expect({ branch, ok: count <= 1, trace }).toMatchObject({ ok: true })
    else expect({ branch, count, trace }).toMatchObject({ count: 1 })
  }
}

/** Sent = delivered + dropped with a reason + in flight. */
function checkAccounts(lab: Lab): void {
  for (const step of lab.steps) {
    if (step.end?.disposition === 'dropped' || step.end?.disposition === 'rejected')
      expect(step).toMatchObject({ end: { reason: expect.any(String) } })
  }
  const sent = new Set(
    lab.steps.filter((step) => step.stage === 'socket' || step.stage === 'icmp').map((step) => step.packet),
  )
  const over = new Set(lab.steps.filter((step) => step.end).map((step) => step.packet))
  const waiting = new Set(
    (lab.world.rows('queuedSkb') as readonly QueuedSkbRow[]).map((row) => (row.skb as Skb).packet),
  )
  expect([...sent].filter((packet) => !over.has(packet) && !waiting.has(packet))).toEqual([])
}

function checkSizes(lab: Lab): void {
  for (const step of lab.steps) {
    if (step.stage !== 'xmit' || step.action !== 'sent') continue
    const mtu = lab.world.get('link', `${step.netns}|${step.dev}`)?.mtu ?? 0
    expect({
      step: `${step.netns} ${step.dev} ${step.summary}`,
      fits: frameLength(step.headers as Frame) - 14 <= mtu,
    }).toMatchObject({ fits: true })
  }
}

/** The TTL falls by one at each `forwarded`, and nowhere else. */
function checkTtl(lab: Lab): void {
  const ttlOf = (step: Step) => {
    const headers = step.headers as Frame | { kind: 'ip'; ttl: number } // the walk puts one of these there
    return 'kind' in headers ? headers.ttl : headers.body.kind === 'ip' ? headers.body.ttl : undefined
  }
  const byBranch = new Map<string, Step[]>()
  for (const step of lab.steps) {
    const key = `${step.packet}|${step.branch}`
    byBranch.set(key, [...(byBranch.get(key) ?? []), step])
  }
  for (const steps of byBranch.values()) {
    const flat = steps.filter((step) => !step.summary.includes('VXLAN'))
    for (let i = 1; i < flat.length; i++) {
      const [before, after] = [ttlOf(flat[i - 1]), ttlOf(flat[i])]
      if (before === undefined || after === undefined || flat[i].action === 'reassembled') continue // its fragments fell
      expect({ step: flat[i].detail, fell: before - after }).toMatchObject({
        fell: flat[i].action === 'forwarded' ? 1 : 0,
      })
    }
  }
}

function checkAll(lab: Lab): void {
  checkDispositions(lab)
  checkAccounts(lab)
  checkSizes(lab)
  checkTtl(lab)
}

test('law: a line of routers, whatever is broken', () => {
  fc.assert(
    fc.property(line, (network) => {
      const lab = buildLine(network)
      sendAll(lab, 'h0', network.sends, `10.0.${network.mtus.length - 1}.2`)
      checkAll(lab)
    }),
    RUNS,
  )
})

test('law: bridges and a tunnel, whatever is missing', () => {
  fc.assert(
    fc.property(tunnel, (network) => {
      const lab = buildTunnel(network)
      sendAll(lab, 'client', network.sends, '10.244.2.11')
      checkAll(lab)
    }),
    RUNS,
  )
})

test('law: undoing everything that packets did leaves no trace', () => {
  fc.assert(
    fc.property(tunnel, (network) => {
      const lab = buildTunnel(network)
      const [position, before] = [lab.world.position, lab.world.dump()]
      sendAll(lab, 'client', network.sends, '10.244.2.11')
      const after = lab.world.dump()
      lab.world.seek(position)
      expect(lab.world.dump()).toBe(before)
      lab.world.seek(lab.world.end)
      expect(lab.world.dump()).toBe(after)
    }),
    { numRuns: Math.ceil(RUNS.numRuns / 5) },
  )
})

test('law: same network, same packets, same bytes', () => {
  fc.assert(
    fc.property(line, (network) => {
      const run = () => {
        const lab = buildLine(network)
        sendAll(lab, 'h0', network.sends, `10.0.${network.mtus.length - 1}.2`)
        return JSON.stringify(lab.steps) + lab.world.dump()
      }
      expect(run()).toBe(run())
    }),
    { numRuns: Math.ceil(RUNS.numRuns / 5) },
  )
})
