// Performs one run: changes, capture, probe, dump of the state while the connection is open.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { restore, sysctl } from './build.mjs'
import { startCapture } from './capture.mjs'
import { conntrackList, dumpAfter, iptablesSave, zeroCounters } from './dump.mjs'
import { stripCounters } from './rules-text.mjs'
import { sleep, spawnInside } from './sh.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const program = (name, argument) => [process.execPath, join(here, name), JSON.stringify(argument)]

/** Starts the echo servers; the function it returns stops them, its `seen` grows with each accept. */
export async function startListeners(listeners) {
  const seen = []
  const netnss = [...new Set(listeners.map((listener) => listener.netns))]
  const children = await Promise.all(netnss.map((netns) => startOne(netns, listeners, seen)))
  const stop = () => Promise.all(children.map(finish))
  stop.seen = seen
  return stop
}

function startOne(netns, listeners, seen) {
  const mine = listeners.filter((listener) => listener.netns === netns)
  const child = spawnInside(netns, program('listen.mjs', mine), { stdio: ['pipe', 'pipe', 'inherit'] })
  return new Promise((resolve) => {
    lines(child, (line) => (line === 'ready' ? resolve(child) : seen.push({ netns, ...JSON.parse(line) })))
  })
}

export async function performRun(scenario, run, seen) {
  const rooted = machines(scenario)
  const pauseSeconds = run.pauseSeconds ?? 0
  await sleep(pauseSeconds * 1000)
  const change = run.change.map((one) => applyChange(one))
  for (const netns of rooted) zeroCounters(netns, scenario.ipv6)
  const conntrackBefore = conntrackTexts(scenario, rooted)
  const alreadySeen = seen.length
  const stopCapture = await startCapture(run.watch ?? scenario.watch)
  const { client, close } = run.probe.proto === 'icmp' ? await ping(run.probe) : await connect(run.probe)
  await sleep(run.settleMs ?? 150)
  const rules = ruleTexts(scenario)
  const conntrack = conntrackTexts(scenario, rooted)
  const all = scenario.hosts.flatMap((host) => host.netns.map((ns) => ns.name))
  const state = Object.fromEntries(all.map((netns) => [netns, dumpAfter(netns)]))
  const pcapng = await stopCapture()
  await close()
  const { name, probe } = run
  const server = seen.slice(alreadySeen)
  return {
    run: { name, pauseSeconds, change, probe, client, server, after: state },
    pcapng,
    texts: { rules, conntrack, 'conntrack-before': conntrackBefore },
  }
}

function applyChange(change) {
  if (change.kind === 'sysctl') {
    sysctl(change.netns, change.key, change.value)
    return change
  }
  restore(change.netns, change.restore)
  return { kind: 'iptables', netns: change.netns, iptables: stripCounters(iptablesSave(change.netns)) }
}

/** Pods have no rules; their machines may. */
const machines = (scenario) => scenario.hosts.map((host) => host.netns[0].name)

export function ruleTexts(scenario) {
  const rules = {}
  for (const netns of machines(scenario)) {
    const text = iptablesSave(netns)
    const text6 = scenario.ipv6 ? iptablesSave(netns, 6) : ''
    if (text !== '') rules[`${netns} iptables-save -c`] = text
    if (text6 !== '') rules[`${netns} ip6tables-save -c`] = text6
  }
  return rules
}

function conntrackTexts(scenario, netnss) {
  const lists = netnss.map((netns) => [`${netns} conntrack -L -o extended`, conntrackList(netns, scenario.ipv6)])
  return Object.fromEntries(lists.filter(([, text]) => text !== ''))
}

async function connect(probe) {
  const child = spawnInside(probe.netns, program('client.mjs', probe), { stdio: ['pipe', 'pipe', 'inherit'] })
  const client = await new Promise((resolve) => lines(child, (line) => resolve(JSON.parse(line))))
  return { client, close: () => finish(child) }
}

async function ping(probe) {
  const argv = ['ping', '-n', '-c', '1', '-W', '4', '-s', `${probe.payloadBytes}`]
  if (probe.ttl) argv.push('-t', `${probe.ttl}`)
  if (probe.pmtu) argv.push('-M', probe.pmtu)
  const began = process.hrtime.bigint()
  const child = spawnInside(probe.netns, [...argv, probe.dst], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (data) => (said += data))
  child.stderr.on('data', (data) => (said += data))
  await new Promise((resolve) => child.on('exit', resolve))
  const ms = Number(process.hrtime.bigint() - began) / 1e6
  const result = pingResult(said)
  // ping lingers for a second after an error of its own socket.
  return { client: { result, ms: result === 'EMSGSIZE' ? 0 : ms, said }, close: () => undefined }
}

function pingResult(said) {
  if (/ 1 received/.test(said)) return 'reply'
  if (/essage too long/.test(said)) return 'EMSGSIZE'
  if (/unreachable$/.test(said.split('\n')[0])) return 'ENETUNREACH'
  return /^From /m.test(said) ? 'icmp-error' : 'timeout'
}

function lines(child, take) {
  let rest = ''
  child.stdout.on('data', (data) => {
    rest += data
    const whole = rest.split('\n')
    rest = whole.pop()
    for (const line of whole) take(line)
  })
}

function finish(child) {
  if (child.exitCode !== null) return undefined
  return new Promise((resolve) => {
    child.on('exit', resolve)
    child.stdin.end()
  })
}
