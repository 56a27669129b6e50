// Makes expect.json out of a recording's raw files alone: the same files always give the same text.
import { conntrackRows } from './conntrack-text.mjs'
import { decode } from './frames.mjs'
import { readPcapng } from './pcap.mjs'
import { rulesHit } from './rules-text.mjs'
import { topologyOf } from './topology.mjs'

/** raw: { versions, state, runs: [{ run, pcapng, rules, conntrackBefore, conntrack }] } */
export function expectOf(scenario, raw) {
  const { name, title, settles, needs } = scenario
  return {
    name,
    title,
    settles,
    needs,
    ...raw.versions,
    topology: topologyOf(scenario, raw.state),
    listeners: scenario.listeners,
    runs: raw.runs.map((one) => runOf(scenario, one)),
  }
}

function runOf(scenario, one) {
  const { run } = one
  const stable = stablePorts(scenario, one.rules)
  const { points, packets } = readPcapng(one.pcapng)
  const decoded = packets
    .map((packet) => ({ point: packet.point, dir: packet.dir, ...decode(packet.data) }))
    .filter((frame) => frame.eth !== undefined)
    .map((frame) => maskPorts(frame, stable))
  const frames = distinct(decoded.filter(isOfProbe)).map((frame, order) => ({ order, ...frame }))
  return {
    name: run.name,
    pauseSeconds: run.pauseSeconds,
    change: run.change,
    probe: run.probe,
    expect: {
      client: clientOf(run, frames),
      server: run.server.map((seen) => maskPorts(seen, stable)),
      watched: points,
      frames,
      arp: distinct(resolutions(decoded.map(arpOf).filter(Boolean), arpAsks)),
      nd: distinct(resolutions(decoded.map(ndOf).filter(Boolean), ndAsks)),
      conntrack: once(conntrackOf(one, run.probe).map((row) => maskPorts(row, stable))),
      rulesHit: Object.entries(one.rules).flatMap(([netns, { iptables, ip6tables }]) => [
        ...rulesHit(netns, 'inet', iptables),
        ...rulesHit(netns, 'inet6', ip6tables),
      ]),
      neigh: Object.entries(run.after).flatMap(([netns, after]) => neighOf(netns, after.neigh)),
      fdb: Object.entries(run.after).flatMap(([netns, after]) => fdbOf(netns, after.fdb)),
    },
  }
}

/** Of TCP only what opens or refuses; everything of UDP and ICMP; trailing fragments too. */
function isOfProbe(frame) {
  const carried = frame.inner ?? frame
  if (!carried.ip) return false
  if (!carried.tcp) return true
  return /SYN|RST/.test(carried.tcp.flags)
}

function arpOf(frame) {
  const { point, dir } = frame
  if (frame.arp) return { point, dir, eth: frame.eth, ...frame.arp }
  if (!frame.inner?.arp) return undefined
  const outer = { src: frame.ip.src, dst: frame.ip.dst, vni: frame.vxlan.vni }
  return { point, dir, eth: frame.inner.eth, ...frame.inner.arp, outer }
}

function ndOf({ point, dir, eth, nd }) {
  return nd && { point, dir, eth, ...nd }
}

const arpAsks = (frame) =>
  frame.op === 'request' && { group: frame.eth.dst === 'ff:ff:ff:ff:ff:ff', ip: frame.target.ip }
const ndAsks = (frame) => frame.op === 'solicitation' && { group: frame.eth.dst.startsWith('33:33'), ip: frame.target }

/**
 * Questions to everybody and their answers. The kernel also asks a neighbour it already knows, five seconds after it
 * used a stale entry; whether that falls into a run is chance.
 */
function resolutions(frames, asks) {
  const asked = new Set()
  return frames.filter((frame) => {
    const question = asks(frame)
    if (question) {
      if (question.group) asked.add(`${frame.point} ${question.ip}`)
      return question.group
    }
    return asked.has(`${frame.point} ${frame.sender?.ip ?? frame.target}`)
  })
}

const once = (rows) => [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()]

function distinct(frames) {
  const seen = new Map()
  for (const frame of frames) {
    const key = JSON.stringify(frame)
    if (seen.has(key)) seen.get(key).times += 1
    else seen.set(key, { frame, times: 1 })
  }
  return [...seen.values()].map(({ frame, times }) => {
    const { point, dir, ...rest } = frame
    return times === 1 ? frame : { point, dir, times, ...rest }
  })
}

/** Ports that someone chose; the others came from the kernel's random number generator. */
function stablePorts(scenario, rules) {
  const probes = scenario.runs.map((run) => run.probe)
  const chosen = [...probes.flatMap((probe) => [probe.sport, probe.dport]), ...scenario.listeners.map((l) => l.port)]
  const texts = Object.values(rules).flatMap(({ iptables, ip6tables }) => [iptables, ip6tables])
  const translated = texts.flatMap((text) => [...text.matchAll(/--to-destination \S+:(\d+)/g)].map((m) => Number(m[1])))
  return new Set([...chosen, ...translated, 8472].filter((port) => port !== undefined))
}

function maskPorts(value, stable) {
  if (Array.isArray(value) || value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key !== 'sport' && key !== 'dport') return [key, maskPorts(inner, stable)]
      return [key, typeof inner === 'number' && !stable.has(inner) ? 'random' : inner]
    }),
  )
}

function clientOf(run, frames) {
  const { result, ms } = run.client
  const out = { result, afterSeconds: Math.round(ms / 1000) }
  const error = frames.find((frame) => isErrorFor(run.probe, frame))
  if (!error) return out
  const { type, code, mtu } = error.icmp
  out.icmp = { from: error.ip.src, type, code, ...(mtu === undefined ? {} : { mtu }) }
  return out
}

const isErrorFor = (probe, frame) =>
  frame.dir === 'in' &&
  frame.point.startsWith(`${probe.netns}/eth`) &&
  frame.icmp?.quoted !== undefined &&
  frame.icmp.quoted.dst === probe.dst

/** New entries, and the probe's own if it was there before. */
function conntrackOf(one, probe) {
  return Object.entries(one.conntrack).flatMap(([netns, text]) => {
    const key = (row) => JSON.stringify([row.proto, row.orig])
    const old = new Set(conntrackRows(netns, one.conntrackBefore[netns] ?? '').map(key))
    const own = (row) => probe.sport !== undefined && row.proto === probe.proto && row.orig.sport === probe.sport
    return conntrackRows(netns, text)
      .filter((row) => own(row) || !old.has(key(row)))
      .sort(byText)
  })
}

/** The kernel lists by hash; a recording should not change with its seed. */
const byText = (a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)

function neighOf(netns, rows) {
  return rows
    .filter((row) => !row.state.includes('PERMANENT') && !row.state.includes('NOARP'))
    .map((row) => ({
      netns,
      dev: row.dev,
      ip: row.dst,
      ...(row.lladdr ? { mac: row.lladdr } : {}),
      state: row.state[0],
    }))
    .sort(byText)
}

function fdbOf(netns, rows) {
  return rows
    .filter((row) => row.master && !['permanent', 'static'].includes(row.state))
    .map((row) => ({ netns, dev: row.ifname, master: row.master, mac: row.mac }))
    .sort(byText)
}
